import Foundation
import HoldfastText
import Testing

@testable import HoldfastBench

@Suite("bench report")
struct BenchPageTests {
    @Test("a day's result comes back from its JSON, and is drawn alone and beside another")
    func draws() async throws {
        try await DayTests.inTemporaryDirectory { directory in
            var plan = DayPlan()
            plan.directory = directory + "/day"
            plan.transactions = 5_000
            plan.players = 1_000
            plan.checks = false
            var report = try await DayBench(plan, dashboard: Dashboard(display: .silent) { _ in }).run()
            report.series = [
                .init(name: "seconds", values: [1, 2, 3]), .init(name: "tx_per_second", values: [10, 30, 20]),
            ]
            let path = directory + "/one <two>.json"
            try report.json(version: "0").text.write(toFile: path, atomically: true, encoding: .utf8)
            let file = try BenchFile(path: path)
            #expect(file.bench == "day" && file.name == "one <two>")
            #expect(file.headline["tx"] == 5_000)
            let day = try #require(file.rates.first { $0.name == "the day" })
            #expect(day.latency?.p99 == report.rates.first { $0.name == "the day" }?.latency?.p99)
            let alone = BenchPage.html([file], version: "0")
            let beside = BenchPage.html([file, file], version: "0")
            for page in [alone, beside] {
                #expect(page.contains("<svg") && page.contains("Latency") && page.contains("one &lt;two&gt;"))
                #expect(!page.contains("<two>") && !page.contains("\"nan") && !page.contains(" nan"))
            }
            #expect(alone.contains("Over time"))
            // Over before a second look at it: there is no course to be drawn.
            report.series = [.init(name: "seconds", values: [1]), .init(name: "tx_per_second", values: [10])]
            try report.json(version: "0").text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(!BenchPage.html([try BenchFile(path: path)], version: "0").contains("Over time"))
        }
    }

    @Test("the percentile curve rises to the slowest and stays on its axis")
    func percentiles() {
        let curve = BenchPage.percentiles(
            LatencySummary([.init(upTo: 10, count: 90), .init(upTo: 20, count: 9), .init(upTo: 400, count: 1)]))
        #expect(curve.map(\.x) == [0, 0.9, 0.99, 0.995])
        #expect(curve.map(\.y) == [10, 10, 20, 400])
    }
}
