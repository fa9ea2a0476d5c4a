import HoldfastLog
import HoldfastText
import Testing

@testable import HoldfastBench

@Suite("watching a run")
struct WatchTests {
    private static func sample(_ second: Int) -> Sampler.Sample {
        var sample = Sampler.Sample()
        sample.seconds = Double(second)
        sample.done = second * 1_000_000
        sample.perSecond = 1_000_000
        sample.logBytes = 4_000_000_000
        sample.residentBytes = 8 << 30
        sample.lag = 12_345
        sample.latency = LatencySummary([.init(upTo: 250_000, count: 9), .init(upTo: 1_200_000, count: 1)])
        return sample
    }

    @Test("elsewhere than on a terminal a line comes every five seconds, without control sequences")
    func lines() {
        let shown = Locked<[String]>([])
        let dashboard = Dashboard(display: .lines) { text in shown.with { $0.append(text) } }
        dashboard.begin("the day", total: 20_000_000)
        for second in 1...12 { dashboard.show(Self.sample(second)) }
        dashboard.clear()
        let lines = shown.with { $0 }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasSuffix("\n") && !$0.contains("\u{1B}") })
        #expect(lines[0].hasPrefix("the day: 5 000 000 of 20 000 000 (25 %), 1 000 000 tx/s, p99 1.2 ms"))
    }

    @Test("on a terminal the board is redrawn in place and taken away at the end", arguments: [20, 80, 200])
    func board(columns: Int) {
        let shown = Locked<[String]>([])
        let dashboard = Dashboard(display: .terminal(columns: columns)) { text in shown.with { $0.append(text) } }
        dashboard.begin("the day", total: 20_000_000)
        for second in 1...3 { dashboard.show(Self.sample(second)) }
        dashboard.clear()
        let texts = shown.with { $0 }
        #expect(texts.count == 4)
        let height = texts[0].split(separator: "\n").count
        #expect(texts[1].hasPrefix("\u{1B}[") && texts[3] == texts[2].prefix(while: { $0 != "A" }) + "A\u{1B}[J")
        #expect(height > 6)
        for line in Dashboard.board(Self.sample(9), "the day", 20_000_000, [1, 2, 3], columns: columns) {
            #expect(line.count < columns)
        }
    }

    @Test("a histogram's percentiles are within 1.6% of the exact ones")
    func histogram() {
        let histogram = Histogram()
        var values: [Int64] = []
        var random: UInt64 = 7
        for _ in 0..<20_000 {
            random = random &* 6_364_136_223_846_793_005 &+ 1
            let value = Int64(random >> 33) >> Int64(random >> 12 & 15)
            values.append(value)
            histogram.record(value)
        }
        values.sort()
        for share in [0.01, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = values[Int((Double(values.count) * share).rounded(.up)) - 1]
            let found = histogram.summary.percentile(share)
            #expect(found >= exact && Double(found) <= Double(exact) * 1.016 + 1)
        }
        #expect(histogram.summary.count == values.count)
        #expect(histogram.summary.max == values.last)
    }

    @Test("looking at a histogram from time to time sees each value once")
    func intervals() {
        let histogram = Histogram()
        var seen: [Int] = []
        histogram.record(10, times: 5)
        #expect(histogram.summary(since: &seen).count == 5)
        histogram.record(2_000)
        let second = histogram.summary(since: &seen)
        #expect(second.count == 1 && second.max >= 2_000)
        #expect(histogram.summary(since: &seen).count == 0)
    }
}
