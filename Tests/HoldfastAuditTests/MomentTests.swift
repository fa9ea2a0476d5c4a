import Holdfast
import HoldfastLog
import HoldfastText
import HoldfastWallet
import Testing
import WalletModel

import enum WalletModel.JSONValue

@testable import HoldfastAudit

@Suite("Stories, statements and differences")
struct MomentTests {
    private static let lines = [
        #"{"op":"credit","tenant":"evian","player":"p1","request_id":"d1","asset":"BRL","amount":5000,"at":1000}"#,
        #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b1","asset":"BRL","amount":1200,"at":2000}"#,
        #"{"op":"confirm","tenant":"evian","player":"p1","request_id":"c1","target":"b1","amount":1000,"at":3000}"#,
        #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b2","asset":"BRL","amount":100,"ttl_ms":500,"at":4000}"#,
        #"{"op":"rollback","tenant":"evian","player":"p1","request_id":"r1","target":"b1","at":5000}"#,
        #"{"op":"rollback","tenant":"evian","player":"p1","request_id":"r9","target":"late","at":5000}"#,
        #"{"op":"debit","tenant":"evian","player":"p1","request_id":"x1","asset":"BRL","amount":9000,"at":5500}"#,
        #"{"op":"credit","tenant":"evian","player":"p2","request_id":"d1","asset":"BRL","amount":1,"at":6000}"#,
        #"{"op":"transfer","tenant":"evian","player":"p1","request_id":"t1","asset":"BRL","amount":800,"to":"p2","at":7000}"#,
        #"{"op":"authorise","tenant":"evian","player":"p1","request_id":"b3","asset":"BRL","amount":7,"ttl_ms":60000,"at":8000}"#,
    ]
    private let p1 = Player("p1", of: "evian")

    @Test(
        "a request's story ends in what it has become",
        arguments: [
            ("d1", "credited", 1), ("b1", "rolled_back", 3), ("c1", "confirmed", 3), ("b2", "hold_expired", 2),
            ("late", "tombstoned", 1), ("x1", "refused", 1), ("t1", "transferred", 1), ("b3", "open_hold", 1),
        ])
    func storiesEnd(id: String, state: String, steps: Int) async throws {
        let ledger = try await AuditedLedger(Self.lines, lanes: 2)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let story = try #require(try RequestStory(of: id, player: p1, in: files))
        #expect(story.state == state)
        #expect(story.steps.count == steps)
        #expect(story.expiresAt == (id == "b3" ? 68_000 : nil))
        #expect(try RequestStory(of: "nothing", player: p1, in: files) == nil)
        let value = try JSONValue(parsing: story.json().text)
        #expect(value["state"]?.string == state)
        #expect(story.lines(files).first?.contains(id) == true)
    }

    @Test("every step of a story carries the proof that it stands there, in JSON and in words")
    func storiesAreProven() async throws {
        let ledger = try await AuditedLedger(Self.lines, lanes: 2)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let prover = Prover(files)
        let roots = try prover.rootsOfNow()
        let story = try #require(try RequestStory(of: "b1", player: p1, in: files, provenBy: prover))
        #expect(story.steps.count == 3)
        let text = try story.json().text
        let lines = story.lines(files)
        for step in story.steps {
            let proof = try #require(step.proof)
            try proof.check()
            try proof.check(against: roots)
            try proof.withRows { rows throws(ProofFailure) in #expect(rows.first.position == step.line.position) }
            let file = try proof.json().text.dropLast()
            #expect(text.contains("\"proof\":" + file))
            #expect(try ProofFile(reading: Array(file.utf8)) == .inclusion(proof))
            for hash in proof.segment.path + [proof.segment.root] {
                #expect(lines.contains { $0.contains(hash.hexadecimal) })
            }
        }
        let bare = try #require(try RequestStory(of: "b1", player: p1, in: files))
        #expect(bare.steps.allSatisfy { $0.proof == nil })
        #expect(try !bare.json().text.contains("proof"))
    }

    @Test("every step of a story names the batch that holds it, by number, hash, file and byte")
    func storiesNamePlaces() async throws {
        let ledger = try await AuditedLedger.random(1_500, seed: 21)
        let files = try ledger.files
        var checked = 0
        for lane in files.logs {
            let cursor = try lane.batches(from: lane.firstAddress, upTo: lane.tail.address)
            while let batch = try cursor.next() {
                var named: (Player, String, UInt64, UInt64)?
                try batch.forEachRecord { (record, address) throws(LedgerError) in
                    let event = try WalletEvent(reading: record)
                    guard event.requestID.count > 0 else { return }
                    let player = Player(EventWords.text(event.player), of: EventWords.text(event.tenant))
                    named = (player, EventWords.text(event.requestID), record.position, address)
                }
                guard let (player, id, position, address) = named, checked < 40 else { continue }
                let (number, hash) = (batch.header.number, batch.hash.hexadecimal)
                let story = try #require(try RequestStory(of: id, player: player, in: files))
                let step = try #require(story.steps.first { $0.line.position == position })
                #expect(step.location.lane == lane.at.lane && step.location.batch == number)
                #expect(step.location.batchHash == hash && step.location.address == address)
                #expect(step.location.file.hasPrefix(ledger.path))
                checked += 1
            }
        }
        #expect(checked > 10)
    }

    @Test("a statement adds up: opening, changes, closing, for every player and any period")
    func statementsAddUp() async throws {
        let ledger = try await AuditedLedger.random(2_000, seed: 22)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let middle: Int64 = 1_763_683_200_000 + 3_600_000
        for player in try await players(of: files) {
            for (from, to) in [(nil, nil), (middle, nil), (nil, middle)] as [(Int64?, Int64?)] {
                var balances: [AssetName: Int64] = [:]
                var seqs: [UInt64] = []
                var sums: [AssetName: Int64] = [:]
                let statement = try #require(
                    try Statement(of: player, in: files, from: from, to: to) { line in
                        seqs.append(line.seq)
                        for change in line.changes {
                            balances[change.asset] = change.balance
                            sums[change.asset, default: 0] += change.delta
                        }
                    })
                #expect(seqs == seqs.sorted() && statement.lines == seqs.count)
                for (asset, balance) in balances {
                    let opening = statement.opening.first { $0.asset == asset }?.balance ?? 0
                    #expect(opening + sums[asset]! == balance)
                    let closing = statement.closing?.funds.first { $0.asset == asset.description }
                    // A refusal may name an asset that the wallet never had.
                    #expect(closing?.balance ?? 0 == balance)
                }
                var effects: [AssetName: Int128] = [:]
                for flow in statement.flows { effects[flow.asset, default: 0] += flow.effect }
                for (asset, sum) in sums { #expect(effects[asset] ?? 0 == Int128(sum)) }
            }
        }
    }

    @Test("a statement is readable: money with its decimals, holds with their end, refusals with their reason")
    func statementsRead() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        var isKnown = false
        let text = try written { isKnown = try StatementText.print(p1, of: files, from: nil, to: nil, to: &$0) }
        #expect(isKnown)
        for part in [
            "+50.00 BRL", "Hold b1 confirmed, 10.00 of 12.00 BRL (c1)", "Hold b2 expired, released",
            "Hold b1 rolled back, paid back (r1)", "Refused: debit of 90.00 BRL, insufficient funds (x1)",
            "Transfer to p2 (t1)", "open hold b3  0.07 BRL, ends 1970-01-01 00:01:08.000",
            "closing  42.00 BRL, of that held 0.07, available 41.93",
        ] { #expect(text.contains(part), "\(part) is missing in\n\(text)") }
    }

    @Test("two moments of a player differ by what lies between them")
    func playerDifference() async throws {
        let ledger = try await AuditedLedger(Self.lines)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let whole = try #require(
            try WalletDifference(of: p1, in: files, from: .time(0), to: .end))
        #expect(whole.before == nil && whole.after?.seq == 10 && whole.events == 10)
        let part = try #require(
            try WalletDifference(of: p1, in: files, from: .time(2_500), to: .time(4_600)))
        #expect(part.events == 3)
        #expect(part.purses.map(\.before.held) == [1_200] && part.purses.map(\.after.held) == [0])
        #expect(part.holdsEnded.map(\.requestID) == ["b1"] && part.holdsOpened.isEmpty)
        let bySeq = try #require(
            try WalletDifference(of: p1, in: files, from: .seq(3), to: .seq(4)))
        #expect(bySeq.holdsOpened.map(\.requestID) == ["b2"] && bySeq.events == 1)
        #expect(try JSONValue(parsing: bySeq.json.text)["events"] == 1)
    }

    @Test("the moments of a whole ledger compose: what moved in two parts moved in both together", arguments: [1, 3])
    func ledgerDifference(lanes: Int) async throws {
        let ledger = try await AuditedLedger.random(2_000, seed: 23, lanes: lanes)
        defer { withExtendedLifetime(ledger) {} }
        let files = try ledger.files
        let middle = Moment.position(files.lastPosition / 2)
        let first = try LedgerDifference(of: files, from: .position(0), to: middle)
        let second = try LedgerDifference(of: files, from: middle, to: .end)
        let whole = try LedgerDifference(of: files, from: .position(0), to: .end)
        #expect(first.after.events == second.before.events && first.after.totals == second.before.totals)
        #expect(first.before.events == 0 && whole.after.totals == second.after.totals)
        for asset in whole.assets {
            func effect(_ difference: LedgerDifference) -> Int128 {
                difference.flows.filter { $0.asset == asset }.reduce(0) { $0 + $1.effect }
            }
            #expect(effect(first) + effect(second) == effect(whole))
            #expect(whole.after.totals[asset]?.balance ?? 0 == effect(whole))
            #expect(second.before.totals[asset]?.balance ?? 0 == effect(first))
        }
        #expect(whole.playersChanged == whole.after.players)
        #expect(try JSONValue(parsing: whole.json.text)["events_after"]?.integer == Int64(files.lastPosition))
    }

    @Test(
        "a moment that is none says what one looks like", arguments: ["seq:x", "yesterday", "position:", "2025-11-21"])
    func moments(text: String) {
        #expect(throws: UsageError.self) { try Moment(text) }
    }

    private func players(of files: LedgerFiles) async throws -> [Player] {
        var players: [Player] = []
        for (machine, _) in try files.recoverStates() {
            machine.withState { state in
                state.forEachPlayer { players.append(Player($0.player, of: $0.tenant)) }
            }
        }
        return players
    }
}
