import HoldfastWallet
import SimulatedDisk
import Testing
import WalletModel

import struct HoldfastText.JSONWriter

@testable import Holdfast
@testable import HoldfastLog

@Suite("Proofs")
struct ProofTests {
    /// A ledger that fills a few segments of 64 KiB in each lane, and the roots that were published on the way.
    private static func story(lanes: Int, groups: Int = 24) throws -> (SimulatedDisk, [PublishedRoots]) {
        let disk = SimulatedDisk()
        let ledger = try LedgerByHand(on: disk, lanes: lanes, seed: 5)
        var commands = CommandGenerator(seed: UInt64(lanes) + 40)
        var published: [PublishedRoots] = []
        published.append(try Prover(LedgerFiles(LedgerByHand.path, on: disk)).rootsOfNow())
        for _ in 0..<groups {
            _ = ledger.send((0..<100).map { _ in commands.next() })
            published.append(try Prover(LedgerFiles(LedgerByHand.path, on: disk)).rootsOfNow())
        }
        ledger.close()
        return (disk, published)
    }

    private static func bytes(_ json: consuming JSONWriter) -> [UInt8] { json.withBytes { Array($0) } }

    private static func events(_ files: LedgerFiles) throws -> [(player: Player, seq: UInt64, position: UInt64)] {
        var all: [(Player, UInt64, UInt64)] = []
        let reader = try files.reader(from: 1)
        while try reader.readBatch({ (record, position, _, _) throws(LedgerError) in
            let event = try LedgerEvent(record)
            all.append((event.player, event.seq, position))
        }) > 0 {}
        return all
    }

    @Test("every event is proven against the roots of now, closed segment or open", arguments: [1, 3])
    func everyEvent(lanes: Int) throws {
        let (disk, published) = try Self.story(lanes: lanes)
        let now = published.last!
        #expect(now.heads.contains { $0.segments > 1 }, "the story is long enough to close segments")
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let reread = try PublishedRoots(reading: Self.bytes(now.json))
        #expect(reread == now)
        for event in try Self.events(prover.files).enumerated().filter({ $0.offset % 17 == 0 }).map(\.element) {
            let proof = try prover.inclusion(of: event.player, seq: event.seq)
            let file = try ProofFile(reading: Self.bytes(proof.json()))
            #expect(file == .inclusion(proof))
            try file.check(against: reread)
            #expect(try proof.withRows { $0.first.position } == event.position)
        }
    }

    @Test("an older root proves what was there then, and refuses what came later", arguments: [1, 3])
    func olderRoots(lanes: Int) throws {
        let (disk, published) = try Self.story(lanes: lanes)
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let events = try Self.events(prover.files)
        for roots in published.enumerated().filter({ $0.offset % 5 == 2 }).map(\.element) {
            guard case .moment(_, let position, _) = roots.detail else { return }
            for event in events.enumerated().filter({ $0.offset % 101 == 0 }).map(\.element) {
                if event.position <= position {
                    let proof = try prover.inclusion(of: event.player, seq: event.seq, in: roots)
                    try ProofFile.inclusion(proof).check(against: roots)
                } else {
                    #expect(throws: LedgerError.self) {
                        try prover.inclusion(of: event.player, seq: event.seq, in: roots)
                    }
                }
            }
        }
    }

    @Test("sealing changes no root and no proof; even a segment that is sealed before it is full can be proven")
    func sealing() throws {
        let (disk, published) = try Self.story(lanes: 2)
        disk.makeDirectory(behindTheBack: "/roots")
        let open = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let before = try RootPublisher.publish(open, into: "/roots", on: disk)
        let events = try Self.events(open.files)
        let proofs = try events.enumerated().filter { $0.offset % 151 == 0 }.map { event in
            try open.inclusion(of: event.element.player, seq: event.element.seq)
        }
        _ = try LogDirectory.ledger(at: LedgerByHand.path, on: disk).sealAll()
        let sealed = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        #expect(sealed.files.logs.allSatisfy { $0.openSegments.isEmpty })
        #expect(try sealed.rootsOfNow() == published.last)
        let after = try RootPublisher.publish(sealed, into: "/roots", on: disk)
        #expect(after.differing.isEmpty && after.unchanged == before.written.count)
        #expect(after.written.count == 2, "the last segment of each lane is closed now")
        for (event, proof) in zip(events.enumerated().filter({ $0.offset % 151 == 0 }).map(\.element), proofs) {
            #expect(try sealed.inclusion(of: event.player, seq: event.seq) == proof)
        }
        for old in published {
            try ProofFile.consistency(sealed.consistency(from: old)).check(against: published.last, since: old)
        }
        let last = try sealed.roots(ofSegment: sealed.tree(of: 0).roots.last!.number, lane: 0)
        let first = try sealed.roots(ofSegment: 0, lane: 0)
        try ProofFile.consistency(sealed.consistency(from: first, to: last)).check(against: last, since: first)
    }

    @Test("every published root is proven to begin every later one", arguments: [1, 3])
    func consistency(lanes: Int) throws {
        let (disk, published) = try Self.story(lanes: lanes)
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        for (index, old) in published.enumerated() {
            for new in published[index...].enumerated().filter({ $0.offset % 4 == index % 4 }).map(\.element) {
                let proof = try prover.consistency(from: old, to: new)
                let file = try ProofFile(reading: Self.bytes(proof.json))
                #expect(file == .consistency(proof))
                try file.check(against: new, since: old)
                if new != old {
                    #expect(throws: ProofFailure.self) { try file.check(against: old, since: new) }
                    #expect(throws: LedgerError.self) { try prover.consistency(from: new, to: old) }
                }
            }
        }
        let segment = try prover.roots(ofSegment: 1, lane: 0)
        #expect(try PublishedRoots(reading: Self.bytes(segment.json)) == segment)
        let proof = try prover.consistency(from: segment)
        try ProofFile(reading: Self.bytes(proof.json)).check(against: published.last, since: segment)
    }

    @Test("no digit of a proof can be changed unnoticed, and no row shown beside it")
    func tampering() throws {
        let (disk, published) = try Self.story(lanes: 2)
        let now = published.last!
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let events = try Self.events(prover.files)
        let inclusions = try [events[10], events.last!].map { event in
            Self.bytes(try prover.inclusion(of: event.player, seq: event.seq).json())
        }
        let old = published[3]
        for (step, bytes) in zip([1, 5], inclusions) {
            try refusesEveryChange(of: bytes, root: now, old: nil, step: step)
        }
        try refusesEveryChange(of: Self.bytes(prover.consistency(from: old).json), root: now, old: old, step: 3)
    }

    private func refusesEveryChange(
        of proof: [UInt8], root: PublishedRoots, old: PublishedRoots?, step: Int = 1
    ) throws {
        let original = try ProofFile(reading: proof)
        try original.check(against: root, since: old)
        for at in stride(from: 0, to: proof.count, by: step) {
            var changed = proof
            switch proof[at] {
            case UInt8(ascii: "0")...UInt8(ascii: "8"), UInt8(ascii: "a")...UInt8(ascii: "y"): changed[at] += 1
            case UInt8(ascii: "9"), UInt8(ascii: "z"): changed[at] -= 1
            default: continue
            }
            guard let file = try? ProofFile(reading: changed) else { continue }
            let holds = (try? file.check(against: root, since: old)) != nil
            #expect(!holds, "byte \(at): \(String(decoding: changed[max(0, at - 40)...at], as: UTF8.self))")
        }
    }

    @Test("one lane shown twice does not stand for the other, in a proof or in a root file")
    func laneTwice() throws {
        let (disk, published) = try Self.story(lanes: 2)
        let (old, now) = (published[3], published.last!)
        let whole = try Prover(LedgerFiles(LedgerByHand.path, on: disk)).consistency(from: old, to: now)
        let forged = ConsistencyProof(log: whole.log, lanes: [whole.lanes[0], whole.lanes[0]])
        try forged.check()
        #expect(throws: ProofFailure.self) { try forged.check(from: old, to: now) }
        try whole.check(from: old, to: now)
        let twice = PublishedRoots(
            log: now.log, heads: [now.heads[0], now.heads[1], published[2].heads[0]], detail: now.detail)
        #expect(throws: ProofFailure.self) { try PublishedRoots(reading: Self.bytes(twice.json)) }
    }

    @Test("a root that says less than the older one is refused, also where the open segment had no event yet")
    func lessThanBefore() throws {
        let disk = SimulatedDisk()
        let first = try LedgerByHand(on: disk, seed: 5)
        var commands = CommandGenerator(seed: 41)
        _ = first.send((0..<100).map { _ in commands.next() })
        first.close()
        _ = try LogDirectory.ledger(at: LedgerByHand.path, on: disk).sealAll()
        // Whoever opens it begins a segment, which has no event until a command comes.
        try LedgerByHand(on: disk).close()
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let begun = try prover.rootsOfNow()
        #expect(begun.heads[0].segments == 1 && begun.heads[0].open?.events == 0)
        let closed = try prover.roots(ofSegment: 0, lane: 0)
        #expect(throws: LedgerError.self) { try prover.consistency(from: begun, to: closed) }
        try prover.consistency(from: closed, to: begun).check(from: closed, to: begun)
    }

    @Test("a log that was changed, even with all sums made right again, has lost its published roots")
    func rewritten() throws {
        let (disk, published) = try Self.story(lanes: 1)
        // The same story again with one other command at its beginning: another log that looks just as good.
        let other = SimulatedDisk()
        let ledger = try LedgerByHand(on: other, lanes: 1, seed: 5)
        var commands = CommandGenerator(seed: 41)
        _ = ledger.send([
            #"{"op":"credit","tenant":"evian","player":"mallory","request_id":"m","asset":"BRL","amount":1,"at":5}"#
        ])
        for _ in 0..<24 { _ = ledger.send((0..<100).map { _ in commands.next() }) }
        ledger.close()
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: other))
        #expect(prover.log == published[5].log)
        #expect(throws: LedgerError.self) { try prover.consistency(from: published[5]) }
        let honest = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        _ = try honest.consistency(from: published[5])
    }

    @Test("root files are the same whoever publishes and whenever, and are never overwritten", arguments: [1, 3])
    func publishing(lanes: Int) throws {
        let disk = SimulatedDisk()
        disk.makeDirectory(behindTheBack: "/early")
        disk.makeDirectory(behindTheBack: "/late")
        let ledger = try LedgerByHand(on: disk, lanes: lanes, seed: 5)
        var commands = CommandGenerator(seed: 8)
        var time: Int64 = 1_763_683_200_000
        var early = 0
        for number in 0..<6 {
            _ = ledger.send((0..<150).map { _ in commands.next() })
            let report = try RootPublisher.publish(
                Prover(LedgerFiles(LedgerByHand.path, on: disk)), into: "/early", on: disk)
            #expect(report.differing.isEmpty)
            early += report.written.count
            // A day or two go by.
            time = max(time, ledger.latestTime) + 86_400_000 * Int64(1 + number % 2)
            ledger.passTime(to: time)
        }
        ledger.close()
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let late = try RootPublisher.publish(prover, into: "/late", on: disk)
        #expect(late.written.count >= early)
        #expect(late.written.contains { $0.hasPrefix("day-") } && late.written.contains { $0.hasPrefix("segment-") })
        let again = try RootPublisher.publish(prover, into: "/early", on: disk)
        #expect(again.unchanged == early && again.differing.isEmpty)
        for name in late.written {
            #expect(disk.contents("/early/" + name) == disk.contents("/late/" + name))
            let roots = try PublishedRoots(reading: disk.contents("/late/" + name)!)
            try ProofFile.consistency(prover.consistency(from: roots)).check(against: prover.rootsOfNow(), since: roots)
        }
        let victim = "/late/" + late.written[0]
        disk.flip(0, of: disk.contents(victim)!.count - 40, in: victim)
        let spoilt = disk.contents(victim)
        #expect(try RootPublisher.publish(prover, into: "/late", on: disk).differing == [late.written[0]])
        #expect(disk.contents(victim) == spoilt)
    }

    @Test("says what is missing: a player, an event, a root of this log")
    func missing() throws {
        let (disk, published) = try Self.story(lanes: 1, groups: 2)
        let prover = Prover(try LedgerFiles(LedgerByHand.path, on: disk))
        let event = try Self.events(prover.files).first!
        #expect(throws: LedgerError.self) { try prover.inclusion(of: Player("nobody", of: "evian"), seq: 1) }
        #expect(throws: LedgerError.self) { try prover.inclusion(of: event.player, seq: 1_000_000) }
        let foreign = PublishedRoots(log: "00", heads: published[1].heads, detail: published[1].detail)
        #expect(throws: LedgerError.self) { try prover.inclusion(of: event.player, seq: event.seq, in: foreign) }
        for text in ["", "{}", "[]", #"{"holdfast":"roots","version":2}"#, #"{"holdfast":"x","version":1}"#] {
            #expect(throws: ProofFailure.self) { try ProofFile(reading: Array(text.utf8)) }
            #expect(throws: ProofFailure.self) { try PublishedRoots(reading: Array(text.utf8)) }
        }
    }
}
