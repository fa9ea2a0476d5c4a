import SimulatedDisk
import Testing

@testable import HoldfastLog

/// A store against a dictionary: random appends, conflicts, atomic appends, snapshots, crashes and openings.
@Suite struct ModelTests {
    /// What the store must hold: for each stream its events. Events that were asked for and never answered may be
    /// there or not; a crash decides, and the model takes over what it finds.
    private struct Model {
        var streams: [String: [String]] = [:]
        var count: Int { streams.values.reduce(0) { $0 + $1.count } }
    }

    /// One append that waits for its answer.
    private struct Asked {
        let appends: [(stream: String, expected: ExpectedRevision, texts: [String])]
        let answer: StoreUnderTest.Answer
    }

    @Test("a store behaves like a dictionary that survives crashes", arguments: [1, 3], 0..<8)
    func randomHistory(lanes: Int, seed: Int) throws {
        var run = Run(lanes: lanes, seed: UInt64(seed))
        for _ in 0..<12 { try run.life() }
        #expect(run.model.count > 100)
    }

    private struct Run {
        let lanes: Int
        var generator: SplitMix
        var disk = SimulatedDisk()
        var model = Model()
        var texts = 0

        init(lanes: Int, seed: UInt64) {
            self.lanes = lanes
            generator = SplitMix(seed: seed)
        }

        /// From one opening to the crash or the close that ends it.
        mutating func life() throws {
            let test = try disk.reopen(lanes: lanes)
            try check(test)
            let crashes = Int.random(in: 0..<4, using: &generator) > 0
            if crashes { disk.crash(atOperation: disk.operations + Int.random(in: 1..<60, using: &generator)) }
            var asked: [Asked] = []
            for _ in 0..<Int.random(in: 1..<30, using: &generator) {
                for _ in 0..<Int.random(in: 1..<8, using: &generator) { asked.append(ask(test)) }
                if Int.random(in: 0..<9, using: &generator) == 0 {
                    _ = try? test.store.engine.startSnapshots(at: test.store.directory.places, on: disk)
                }
                if Int.random(in: 0..<4, using: &generator) > 0 {
                    test.run()
                } else {
                    test.store.engine.runLane(Int.random(in: 0..<lanes, using: &generator))
                }
            }
            if crashes {
                let before = disk.afterCrash(.randomSectors(seed: generator.next()))
                try settle(asked, with: try before.reopen(lanes: lanes))
                disk = before.afterCrash(.nothing)
            } else {
                test.run()
                test.close()
                try settle(asked, with: try disk.copy().reopen(lanes: lanes))
            }
        }

        private mutating func ask(_ test: StoreUnderTest) -> Asked {
            let first = stream()
            var appends = [(first, expectation(first), newTexts())]
            if Int.random(in: 0..<4, using: &generator) == 0 {
                let lane = self.lane(first, test)
                for _ in 0..<20 where appends.count < 3 {
                    let other = stream()
                    if self.lane(other, test) == lane, !appends.contains(where: { $0.0 == other }) {
                        appends.append((other, expectation(other), newTexts()))
                    }
                }
            }
            var batch = AppendBatch()
            try! batch.atomically(
                appends.map { StreamAppend($0.2.map { Event($0) }, to: StreamKey($0.0), expecting: $0.1) })
            let answer = test.offer(batch, lane: lane(first, test))
            return Asked(appends: appends.map { ($0.0, $0.1, $0.2) }, answer: answer)
        }

        private func lane(_ stream: String, _ test: StoreUnderTest) -> Int {
            StreamKey(stream).bytes.withUnsafeBytes { test.store.lane(of: $0) }
        }

        private mutating func stream() -> String { "s\(Int.random(in: 0..<12, using: &generator))" }

        private mutating func expectation(_ stream: String) -> ExpectedRevision {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: .none
            case 1: .exact(UInt64(model.streams[stream]?.count ?? 0))
            case 2: .exact(UInt64.random(in: 0..<20, using: &generator))
            default: .any
            }
        }

        private mutating func newTexts() -> [String] {
            (0..<Int.random(in: 1..<4, using: &generator)).map { _ in
                texts += 1
                return "\(texts)" + String(repeating: ".", count: Int.random(in: 0..<2_500, using: &generator))
            }
        }

        /// Plays everything that was asked through the model, in order; what was not acknowledged is in the store
        /// wholly or not at all, and the model follows it there.
        private mutating func settle(_ asked: [Asked], with test: StoreUnderTest) throws {
            let found = Set(try test.contents().map { $0.split(separator: ":", maxSplits: 1)[1] })
            for one in asked {
                let inStore = one.appends.flatMap(\.texts).filter { found.contains($0[...]) }.count
                let all = one.appends.reduce(0) { $0 + $1.texts.count }
                #expect(inStore == 0 || inStore == all, "an atomic append is there in part")
                let conflict = one.appends.first { append in
                    let actual = UInt64(model.streams[append.stream]?.count ?? 0)
                    return switch append.expected {
                    case .any: false
                    case .none: actual > 0
                    case .exact(let revision): revision != actual
                    }
                }
                if one.answer.isAcknowledged {
                    let outcome = one.answer.outcomes![0]
                    #expect(outcome.conflict == (conflict != nil), "the model and the store disagree over a conflict")
                    #expect(inStore == (outcome.conflict ? 0 : all), "what was answered is not what is there")
                    if let conflict {
                        #expect(outcome.revision == UInt64(model.streams[conflict.stream]?.count ?? 0))
                    }
                }
                if inStore == all {
                    for append in one.appends { model.streams[append.stream, default: []] += append.texts }
                }
            }
            try check(test)
        }

        private func check(_ test: StoreUnderTest) throws {
            var streams: [String: [String]] = [:]
            for entry in try test.contents() {
                let parts = entry.split(separator: ":", maxSplits: 1)
                let name = parts[0].split(separator: "/")
                streams[String(name[0]), default: []].append(String(parts[1]))
                #expect(name[1] == "\(streams[String(name[0])]!.count)", "revisions run 1, 2, 3 …")
            }
            #expect(streams == model.streams)
            #expect(test.store.lastPosition == UInt64(model.count))
            let directory = try LogDirectory.open(StoreUnderTest.path, kind: EventStore.kind, on: test.disk)
            #expect(try LogVerifier.verify(directory).faults.isEmpty)
        }
    }
}
