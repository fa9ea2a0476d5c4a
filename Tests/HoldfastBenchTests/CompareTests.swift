import Foundation
import HoldfastText
import Testing

@testable import HoldfastBench

@Suite("bench compare")
struct CompareTests {
    private static func verdict(_ before: [Double], _ after: [Double], higherIsBetter: Bool = true)
        -> BenchComparison.Verdict?
    {
        BenchComparison.line("x", before, after, higherIsBetter)?.verdict
    }

    @Test("the exact test agrees with the published table")
    func exact() {
        // Four against four, all apart: 2 of 70 ways. Three against three: 2 of 20. U of 2 for 5 and 5: 8 of 252.
        #expect(abs(Statistics.chance([1, 2, 3, 4], [5, 6, 7, 8]) - 2 / 70.0) < 1e-12)
        #expect(abs(Statistics.chance([4, 5, 6], [1, 2, 3]) - 0.1) < 1e-12)
        #expect(abs(Statistics.chance([1, 2, 3, 4, 7], [5, 6, 8, 9, 10]) - 8 / 252.0) < 1e-12)
        #expect(Statistics.chance([1, 2], [1, 2]) == 1)
        #expect(Statistics.chance([], [1]) == 1)
    }

    @Test("beyond twenty a side the approximation is near the exact value")
    func approximation() {
        let a = (0..<20).map { Double($0 * 2) }
        let b = (0..<20).map { Double($0 * 2 + 9) }
        let more = Statistics.chance(a + [100], b + [101])
        #expect(abs(more - Statistics.chance(a, b)) < 0.05)
    }

    @Test("four runs a side that are apart are told from luck, and so is which way is good")
    func apart() {
        let slow = [100.0, 101, 99, 100.5]
        let fast = [112.0, 110, 111, 113]
        #expect(Self.verdict(slow, fast) == .better)
        #expect(Self.verdict(fast, slow) == .worse)
        #expect(Self.verdict(slow, fast, higherIsBetter: false) == .worse)
    }

    @Test("what lies within the noise is no difference")
    func noise() {
        #expect(Self.verdict([100, 110, 95, 105, 99], [101, 108, 96, 104, 103]) == BenchComparison.Verdict.none)
        #expect(Self.verdict([100, 100, 100, 100], [100, 100, 100, 100]) == BenchComparison.Verdict.none)
    }

    @Test("three runs a side prove nothing, and one says nothing of noise")
    func few() {
        #expect(Self.verdict([100, 101, 99], [110, 111, 112]) == .perhapsBetter)
        #expect(Self.verdict([100, 101, 99], [80, 81, 82]) == .perhapsWorse)
        #expect(Self.verdict([100], [110]) == .unknown)
        #expect(Self.verdict([], [110]) == nil)
    }

    @Test("identical distributions are called different in about one of twenty comparisons")
    func calibrated() {
        var random: UInt64 = 42
        func noisy() -> Double {
            // A sum of four is near enough to a bell.
            var sum = 0.0
            for _ in 0..<4 {
                random ^= random << 13
                random ^= random >> 7
                random ^= random << 17
                sum += Double(random >> 40) / Double(1 << 24)
            }
            return 100 + sum
        }
        var alarms = 0
        for _ in 0..<120 {
            let verdict = Self.verdict((0..<6).map { _ in noisy() }, (0..<6).map { _ in noisy() })
            if verdict != BenchComparison.Verdict.none { alarms += 1 }
        }
        #expect(alarms < 14)
    }

    @Test("results of the same thing are found in files, and a loss beyond luck fails the gate")
    func files() async throws {
        try await DayTests.inTemporaryDirectory { directory in
            func write(_ name: String, _ seconds: Double) throws -> String {
                var report = BenchReport("made up", parameters: [("tx", 1_000)])
                let latency = LatencySummary([.init(upTo: Int64(seconds * 1e6), count: 10)])
                report.add(.init(name: "work", count: 1_000, seconds: seconds, cpuSeconds: seconds, latency: latency))
                let path = directory + "/" + name + ".json"
                try report.json(version: "0").text.write(toFile: path, atomically: true, encoding: .utf8)
                return path
            }
            let before = try (0..<5).map { try write("before\($0)", 1 + Double($0) / 100) }.joined(separator: ",")
            let after = try (0..<5).map { try write("after\($0)", 1.5 + Double($0) / 100) }.joined(separator: ",")
            let comparison = try BenchComparison(
                before: BenchFile.files(before), after: BenchFile.files(after))
            #expect(comparison.lines.count == 4)
            #expect(comparison.lines.allSatisfy { $0.verdict == .worse })
            #expect(comparison.isWorse(byMoreThan: 0.2) && !comparison.isWorse(byMoreThan: 0.6))
            #expect(try BenchFile.files(directory).count == 10)
            #expect(comparison.text.contains { $0.contains("WORSE") })
            #expect(throws: BenchFileError.self) { try BenchFile(path: directory + "/missing.json") }
            try "{\"bench\":1e400}".write(toFile: directory + "/odd.json", atomically: true, encoding: .utf8)
            #expect(throws: BenchFileError.self) { try BenchFile(path: directory + "/odd.json") }
        }
    }
}
