import HoldfastTestSupport
import Testing
import WalletModel

@testable import HoldfastLog
@testable import HoldfastWallet

@Suite("Recovery")
struct RecoveryTests {
    private func ledger(lines: Int = 400, seed: UInt64 = 5) -> TestLedger {
        let ledger = TestLedger(batchBytes: 8192)
        var commands = CommandGenerator(seed: seed)
        for _ in 0..<lines { _ = ledger.apply(commands.next()) }
        ledger.commit()
        return ledger
    }

    @Test("takes records in groups as well as one by one")
    func groups() throws {
        let ledger = ledger(lines: 1_500)
        var records: [PlacedRecord] = []
        ledger.lane.forEachRecord { records.append(PlacedRecord(record: $0, address: $1)) }
        let machine = TestLedger.machine(ledger.assets)
        try records.withUnsafeBufferPointer { try machine.apply($0) }
        #expect(TestLedger.players(of: machine) == ledger.players())
        #expect(machine.withState { $0.eventsTaken } == UInt64(records.count))
        let remembered = machine.withState { $0.rememberedRequestCount }
        let plain = try ledger.replayed()
        #expect(remembered == plain.withState { $0.rememberedRequestCount })
        // Records that it has already change nothing.
        let before = TestLedger.players(of: machine)
        try records.withUnsafeBufferPointer { try machine.apply($0) }
        #expect(TestLedger.players(of: machine) == before)
    }

    @Test("names player and seq where the log has a gap")
    func gap() {
        let ledger = ledger()
        let machine = TestLedger.machine(ledger.assets)
        var seen: Set<[UInt8]> = []
        let error = #expect(throws: LogError.self) {
            try ledger.lane.forEachRecord { record, address in
                // Leave out each player's second event.
                if record.revision == 2, seen.insert(Array(record.key)).inserted { return }
                try machine.apply(record, at: address)
            }
        }
        #expect(error?.description.contains("it is number 3 of the player's log, and follows number 1") == true)
    }

    @Test("refuses an event whose balance does not follow")
    func balance() {
        let ledger = ledger()
        let machine = TestLedger.machine(ledger.assets)
        let error = #expect(throws: LogError.self) {
            try ledger.lane.forEachRecord { record, address in
                guard record.type == EventKind.debited.rawValue else { return try machine.apply(record, at: address) }
                let room = UnsafeMutableRawBufferPointer.allocate(byteCount: record.size, alignment: 16)
                defer { room.deallocate() }
                room.copyBytes(from: UnsafeRawBufferPointer(start: record.base, count: record.size))
                room[RecordLayout.headerBytes + record.keyCount + 24] ^= 1
                try machine.apply(RecordView(room.baseAddress!), at: address)
            }
        }
        #expect(error?.description.contains("which does not follow from") == true)
    }

    @Test("a snapshot cut short or altered is refused or harmless, never a crash")
    func malformedSnapshots() throws {
        let ledger = ledger()
        ledger.machine.beginSnapshot()
        var pieces: [[UInt8]] = []
        while true {
            var piece: [UInt8] = []
            guard ledger.machine.snapshotChunk(into: &piece) else { break }
            pieces.append(piece)
        }
        #expect(pieces.count == 3)
        func load(_ pieces: some Sequence<[UInt8]>, end: UInt64 = 1 << 40) -> LogError? {
            let machine = TestLedger.machine(ledger.assets)
            do {
                for piece in pieces { try piece.withUnsafeBytes { try machine.loadSnapshotChunk($0) } }
                try machine.finishLoading(end: end)
                return nil
            } catch {
                return error as? LogError
            }
        }
        #expect(load(pieces) == nil)
        for index in pieces.indices {
            for cut in stride(from: 0, to: pieces[index].count - 1, by: 1 + pieces[index].count / 40) {
                var short = pieces
                short[index].removeSubrange(cut...)
                // A piece of players may end after any of them.
                if index == 1 { _ = load(short) } else { #expect(load(short) != nil) }
            }
        }
        #expect(load(pieces.dropLast()) != nil, "all requests are missing")
        // At 5 of a piece stands what addresses its requests are up to, at 13 from where on they are guarded.
        var ahead = pieces
        ahead[2].replaceSubrange(
            5..<21, with: [UInt8](repeating: 0x11, count: 6) + [0, 0] + [UInt8](repeating: 0x11, count: 6) + [0, 0])
        #expect(load(ahead, end: 1 << 30) != nil, "its window begins behind the end of the log")
        #expect(load(pieces + pieces.suffix(1)) != nil, "all requests are there twice")
        var random = SplitMix64(seed: 1)
        var refused = 0
        for _ in 0..<150 {
            var altered = pieces
            let piece = Int(random.next() % 3)
            let place = Int(random.next() % UInt64(altered[piece].count))
            altered[piece][place] ^= UInt8(1 << (random.next() % 8))
            if load(altered) != nil { refused += 1 }
        }
        #expect(refused > 20)
    }

    @Test("a snapshot of another hash seed is refused")
    func otherSeed() {
        let assets = AssetRegistry()
        let other = WalletMachine(WalletConfiguration(assets: assets, seed: 8, capacity: .init()))
        other.beginSnapshot()
        var piece: [UInt8] = []
        #expect(other.snapshotChunk(into: &piece))
        #expect(throws: LogError.self) {
            try piece.withUnsafeBytes { try TestLedger.machine(assets).loadSnapshotChunk($0) }
        }
    }
}
