import HoldfastLog
import HoldfastTestSupport
import Testing
import WalletModel

@testable import HoldfastWallet

@Suite("Random streams of commands")
struct StreamTests {
    @Test("are answered as the naive model answers them", arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func agree(seed: UInt64) throws {
        let ledger = TestLedger(batchBytes: seed % 2 == 0 ? 8192 : 1 << 16)
        var naive = NaiveLedger()
        try run(seed: seed, lines: 4_000, ledger, &naive)
        Agreement.checkPlayers(ledger, naive)
        try Agreement.checkRows(ledger, naive)
        try Agreement.checkLaws(ledger)
    }

    @Test("are answered alike over several lanes", arguments: [11, 12, 13] as [UInt64])
    func agreeOverLanes(seed: UInt64) throws {
        let ledger = TestLedger(lanes: 3, batchBytes: 8192)
        var naive = NaiveLedger()
        try run(seed: seed, lines: 3_000, ledger, &naive)
        ledger.passTime(to: naive.now)
        Agreement.checkPlayers(ledger, naive)
        try Agreement.checkRows(ledger, naive)
        try Agreement.checkLaws(ledger)
    }

    @Test("rebuild the same state from the records alone", arguments: [21, 22, 23] as [UInt64])
    func replay(seed: UInt64) throws {
        let ledger = TestLedger()
        var naive = NaiveLedger()
        var random = SplitMix64(seed: seed)
        var commands = CommandGenerator(seed: seed)
        for _ in 0..<6 {
            try run(&commands, lines: 500, ledger, &naive)
            let replayed = try ledger.replayed()
            #expect(TestLedger.players(of: replayed) == ledger.players())
            let broken = replayed.withState { $0.brokenInvariant() }
            #expect(broken == nil)
            // Half of the time the stream goes on with the machine that was rebuilt: nobody may notice.
            if random.next() % 2 == 0 { ledger.replace(replayed) }
        }
        try Agreement.checkLaws(ledger)
    }

    @Test("go on unnoticed from snapshots taken between the commands", arguments: 31...38 as ClosedRange<UInt64>)
    func snapshots(seed: UInt64) throws {
        let ledger = TestLedger(batchBytes: 8192)
        var naive = NaiveLedger()
        var random = SplitMix64(seed: seed)
        var commands = CommandGenerator(seed: seed)
        for _ in 0..<4 {
            try run(&commands, lines: 300 + Int(random.next() % 300), ledger, &naive)
            ledger.commit()
            let start = ledger.lane.nextAddress
            ledger.machine.beginSnapshot()
            var pieces: [[UInt8]] = []
            while true {
                var piece: [UInt8] = []
                guard ledger.machine.snapshotChunk(into: &piece) else { break }
                pieces.append(piece)
                try run(&commands, lines: Int(random.next() % 60), ledger, &naive)
            }
            #expect(pieces.count >= 3)
            try run(&commands, lines: Int(random.next() % 60), ledger, &naive)
            ledger.commit()
            let loaded = TestLedger.machine(ledger.assets)
            for piece in pieces {
                try piece.withUnsafeBytes { try loaded.loadSnapshotChunk($0) }
            }
            try loaded.finishLoading(end: .max >> 16)
            try ledger.lane.forEachRecord(from: start) { (record, address) throws(LogError) in
                try loaded.apply(record, at: address)
            }
            #expect(TestLedger.players(of: loaded) == ledger.players())
            let broken = loaded.withState { $0.brokenInvariant() }
            #expect(broken == nil)
            #expect(loaded.latestTime <= ledger.machine.latestTime)
            ledger.replace(loaded)
        }
        Agreement.checkPlayers(ledger, naive)
        try Agreement.checkRows(ledger, naive)
    }

    private func run(seed: UInt64, lines: Int, _ ledger: TestLedger, _ naive: inout NaiveLedger) throws {
        var commands = CommandGenerator(seed: seed)
        try run(&commands, lines: lines, ledger, &naive)
    }

    /// Hands over one to forty lines at a time and compares every answer.
    private func run(
        _ commands: inout CommandGenerator, lines: Int, _ ledger: TestLedger, _ naive: inout NaiveLedger
    ) throws {
        var left = lines
        while left > 0 {
            let group = (0..<min(left, 1 + left % 40)).map { _ in commands.next() }
            left -= group.count
            let answers = ledger.apply(group)
            for (line, answer) in zip(group, answers) {
                let expected = naive.apply(line: line)
                try #require(answer == expected, "\(line)\n got \(answer.text)\nwant \(expected.text)")
            }
        }
    }
}
