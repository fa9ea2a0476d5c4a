import HoldfastLog
import Testing
import WalletModel

@testable import HoldfastWallet

@Suite("The machine")
struct MachineTests {
    private static let assets = AssetRegistry()

    private func credit(_ player: String, _ id: String, asset: String = "BRL") -> String {
        #"{"op":"credit","tenant":"t","player":"\#(player)","request_id":"\#(id)","asset":"\#(asset)","amount":9}"#
    }

    private func authorise(_ player: String, _ id: String) -> String {
        #"{"op":"authorise","tenant":"t","player":"\#(player)","request_id":"\#(id)","asset":"BRL","amount":1}"#
    }

    @Test("refuses to grow beyond its bounds, and goes on with what it has")
    func bounds() {
        let ledger = TestLedger()
        ledger.replace(
            TestLedger.machine(ledger.assets) { capacity in
                capacity.players = 2
                capacity.furtherPurses = 3
                capacity.openHolds = 1
            })
        #expect(ledger.apply(credit("a", "1"))["ok"] == true)
        #expect(ledger.apply(credit("b", "1"))["ok"] == true)
        #expect(ledger.apply(credit("c", "1"))["failed"] == true)
        #expect(ledger.failure?.description.contains("a lane holds at most 2 of them") == true)
        #expect(ledger.apply(credit("a", "2"))["seq"] == 2)

        #expect(ledger.apply(authorise("a", "3"))["ok"] == true)
        #expect(ledger.apply(authorise("a", "4"))["failed"] == true)
        #expect(ledger.apply(authorise("a", "3"))["duplicate"] == true)
        let release = #"{"op":"rollback","tenant":"t","player":"a","request_id":"5","target":"3"}"#
        #expect(ledger.apply(release)["ok"] == true)
        #expect(ledger.apply(authorise("a", "4"))["ok"] == true)

        #expect(ledger.apply(credit("a", "6", asset: "USD"))["ok"] == true)
        #expect(ledger.apply(credit("a", "7", asset: "JPY"))["ok"] == true)
        #expect(ledger.apply(credit("a", "8", asset: "EUR"))["failed"] == true)
        #expect(ledger.players().count == 2)
        let broken = ledger.machine.withState { $0.brokenInvariant() }
        #expect(broken == nil)
    }

    @Test("resumes a batch where the log's batch was full, and knows each event's position")
    func positions() {
        let ledger = TestLedger(batchBytes: 4096)
        var builder = CommandBuilder(assets: ledger.assets, seed: TestLedger.seed, clockIsGiven: false)
        let batch = CommandBatch(commandsExpected: 1)
        let texts = TextKeeper()
        var command = PreparedCommand()
        for number in 0..<150 {
            // Each third one is a duplicate of the one before it.
            var form = CommandForm.read(credit("p\(number % 7)", "r\(number - (number % 3 == 2 ? 7 : 0))"), texts)!.form
            #expect(builder.prepare(&form, into: &command) == nil)
            batch.append(&command)
        }
        var turn = ledger.lane.openTurn(now: 5)
        var committed = 0
        while ledger.machine.decide(batch, on: &turn) == .batchIsFull {
            batch.committed(batch: turn.batch.address, firstPosition: 1_000 * UInt64(committed + 1))
            committed += 1
            ledger.lane.commit(turn.batch)
            turn = ledger.lane.openTurn(now: 5)
        }
        batch.committed(batch: turn.batch.address, firstPosition: 1_000 * UInt64(committed + 1))
        #expect(committed >= 3)
        var positions: [UInt64] = []
        for index in 0..<150 {
            let outcome = batch.outcome(index)
            #expect(outcome.status == .accepted)
            #expect((batch.position(index) == nil) == outcome.isDuplicate)
            if let position = batch.position(index) { positions.append(position) }
        }
        #expect(positions == positions.sorted())
        #expect(Set(positions).count == positions.count)
        #expect(positions.first == 1_000)
        #expect(positions.last! >= 4_000)
    }

    @Test("answers a query after the commands of its batch, with holds expired")
    func query() {
        let ledger = TestLedger()
        _ = ledger.apply(credit("a", "1"))
        _ = ledger.apply(authorise("a", "2"))
        let batch = CommandBatch()
        nonisolated(unsafe) var seen: PlayerView?
        nonisolated(unsafe) var done = 0
        batch.query = { state, _ in seen = state.view(tenant: "t", player: "a") }
        batch.whenDone = { _, _ in done += 1 }
        var turn = ledger.lane.openTurn(now: 29_999)
        #expect(ledger.machine.decide(batch, on: &turn) == .finished)
        #expect(seen?.holds.count == 1)
        #expect(seen?.purses == [.init(asset: AssetName("BRL")!, balance: 9, held: 1)])
        #expect(ledger.machine.earliestDue != nil)
        turn.now = 30_000
        #expect(ledger.machine.decide(batch, on: &turn) == .finished)
        #expect(seen?.holds == [])
        #expect(seen?.seq == 3)
        #expect(ledger.machine.earliestDue == nil)
        batch.finish(nil)
        batch.finish(nil)
        #expect(done == 1)
        let stranger = ledger.machine.withState { $0.view(tenant: "t", player: "nobody") }
        #expect(stranger == nil)
    }

    @Test("expires holds of one moment in the order of the log, also after a restart", arguments: [false, true])
    func expiryOrder(restarts: Bool) throws {
        let ledger = TestLedger()
        let players = ["z", "m", "a", "q", "b"]
        for player in players { _ = ledger.apply(credit(player, "c")) }
        for player in players.reversed() { _ = ledger.apply(authorise(player, "h")) }
        if restarts { ledger.replace(try ledger.replayed()) }
        ledger.passTime(to: 99_000)
        ledger.commit()
        var order: [String] = []
        ledger.lane.forEachRecord { record, _ in
            guard record.type == EventKind.holdExpired.rawValue else { return }
            order.append(String(decoding: record.key, as: UTF8.self))
        }
        #expect(order == players.reversed().map { "t/" + $0 })
    }

    @Test("a transfer between lanes is laid down in both or in neither")
    func transferBetweenLanes() throws {
        let ledger = TestLedger(lanes: 2, batchBytes: 4096)
        let players = (0..<20).map { "p\($0)" }
        for player in players { _ = ledger.apply(credit(player, "c")) }
        for (number, player) in players.enumerated() {
            for (other, to) in players.enumerated() where to != player {
                let answer = ledger.apply(
                    #"{"op":"transfer","tenant":"t","player":"\#(player)","request_id":"x\#(number)-\#(other)","#
                        + #""asset":"BRL","amount":1,"to":"\#(to)"}"#)
                #expect(answer["ok"] != nil)
                let totals = ledger.players().reduce(0) { $0 + $1.purses.reduce(0) { $0 + $1.balance } }
                #expect(totals == 9 * 20)
            }
        }
        let unknown = ledger.apply(
            #"{"op":"transfer","tenant":"t","player":"p1","request_id":"u","asset":"BRL","amount":1,"to":"no"}"#)
        #expect(unknown["error"] == "unknown_recipient")
        let again = ledger.apply(
            #"{"op":"transfer","tenant":"t","player":"p1","request_id":"x1-2","asset":"BRL","amount":1,"to":"p2"}"#)
        #expect(again["duplicate"] == true)
        try Agreement.checkLaws(ledger)
        for lane in 0..<2 {
            let replayed = try ledger.replayed(lane)
            #expect(TestLedger.players(of: replayed) == TestLedger.players(of: ledger.machines[lane]))
        }
    }

    @Test("an undeclared asset is refused, and time passes")
    func undeclared() {
        let ledger = TestLedger()
        _ = ledger.apply(credit("a", "1"))
        _ = ledger.apply(authorise("a", "2"))
        let line = credit("a", "3", asset: "ZZZZ").dropLast() + #","at":30000}"#
        #expect(ledger.apply(String(line))["error"] == "unknown_asset")
        #expect(ledger.players()[0].holds == [])
        #expect(ledger.players()[0].seq == 3)
    }

    @Test("totals go over every purse of every player")
    func totals() {
        let ledger = TestLedger()
        for number in 0..<10 {
            _ = ledger.apply(credit("p\(number)", "1"))
            _ = ledger.apply(credit("p\(number)", "2", asset: number % 2 == 0 ? "USD" : "BRL"))
        }
        var totals: [String: Int64] = [:]
        ledger.machine.withState { state in
            state.forEachPurse { _, _, asset, facts in totals[asset.description, default: 0] += facts.balance }
        }
        #expect(totals == ["BRL": 135, "USD": 45])
    }
}
