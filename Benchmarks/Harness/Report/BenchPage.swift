internal import HoldfastText

/// One page from the results of any number of runs: what came out, over time, by percentile, and side by side.
package struct BenchPage {
    private let files: [BenchFile]
    private var page: Page
    /// More lines than this in one picture can't be told apart.
    private static let linesMax = 8

    package static func html(_ files: [BenchFile], version: String) -> String {
        var page = BenchPage(files)
        page.addSummary()
        page.addTime()
        page.addLatencies()
        page.addSides()
        page.addGrowth()
        page.addConditions()
        page.page.footer =
            "Drawn by holdfast \(version) bench report from \(files.map(\.name).joined(separator: ", "))."
        return page.page.html
    }

    private init(_ files: [BenchFile]) {
        self.files = files
        let benches = Set(files.map(\.bench)).sorted().joined(separator: ", ")
        let machines = Set(files.map(\.machine)).sorted().joined(separator: " · ")
        page = Page("Holdfast benchmarks: \(benches)", subtitle: machines)
    }

    // MARK: What came out

    private mutating func addSummary() {
        if files.contains(where: { $0.build == "debug" }) {
            page.note("Some of these are of a debug build: their figures say nothing.")
        }
        guard files.count == 1, let file = files.first, let tx = file.headline["tx_per_second"] else { return }
        let latency = file.rates.last { $0.latency != nil }?.latency
        var tiles = [("transactions a second", Human.count(Int(tx)))]
        if let latency { tiles.append(("median latency", Self.duration(latency.p50))) }
        if let latency { tiles.append(("99 of 100 within", Self.duration(latency.p99))) }
        if let bytes = file.headline["resident_bytes"] { tiles.append(("resident memory", Human.bytes(Int(bytes)))) }
        if let bytes = file.headline["log_bytes"] { tiles.append(("log written", Human.bytes(Int(bytes)))) }
        page.tiles(tiles)
    }

    private static func duration(_ nanoseconds: Int64) -> String { Human.duration(nanoseconds: UInt64(nanoseconds)) }

    // MARK: Over time

    private mutating func addTime() {
        // A run that was over before its second look has no course.
        let timed = files.filter { $0.series["seconds"]?.count ?? 0 > 1 }
        if timed.isEmpty { return }
        page.heading("Over time")
        page.chart(overTime("Transactions a second", "tx_per_second", timed, .init("", fromZero: true)))
        page.charts([
            overTime(
                "Latency, 99 of 100 within", "latency_p99_ms", timed, .init("", .powersOfTen, unit: .duration), by: 1e6),
            overTime("Latency, median", "latency_p50_ms", timed, .init("", .powersOfTen, unit: .duration), by: 1e6),
            overTime("Log written a second", "log_bytes_per_second", timed, .init("", unit: .bytes, fromZero: true)),
            overTime("Resident memory", "resident_bytes", timed, .init("", unit: .bytes, fromZero: true)),
            overTime("Cores in use", "cores", timed, .init("", fromZero: true)),
        ])
        let following = timed.filter { $0.series["lag_events"] != nil }
        if !following.isEmpty {
            page.chart(
                overTime("Events that the tables are behind", "lag_events", following, .init("", fromZero: true)))
        }
    }

    private func overTime(
        _ title: String, _ series: String, _ files: [BenchFile], _ axis: Chart.Axis, by factor: Double = 1
    ) -> Chart {
        var chart = Chart(title, x: .init("seconds of the run"), y: axis)
        for file in files.prefix(Self.linesMax) {
            let points = zip(file.series["seconds"] ?? [], file.series[series] ?? []).map {
                Chart.Point($0, $1 * factor)
            }
            chart.add(.lines(file.name, points))
        }
        return chart
    }

    // MARK: Latencies

    private mutating func addLatencies() {
        var charts: [Chart] = []
        for bench in Set(files.map(\.bench)).sorted() {
            let runs = files.filter { $0.bench == bench }
            if runs.count == 1 {
                charts += chart("Latency, \(runs[0].title)", runs[0].rates.map { ($0.name, $0) })
                continue
            }
            // Several runs: one picture for each thing measured, a line for each run.
            for name in runs[0].rates.map(\.name) {
                let lines = runs.compactMap { run in run.rates.first { $0.name == name }.map { (run.name, $0) } }
                charts += chart("Latency, \(bench): \(name)", lines)
            }
        }
        if charts.isEmpty { return }
        page.heading("Latency by percentile")
        page.paragraph(
            "How long so large a share of all transactions took at most. The axis spreads the tail: each step to the "
                + "right is a tenth of what was left.")
        for chart in charts { page.chart(chart) }
    }

    private func chart(_ title: String, _ rates: [(String, BenchFile.Rate)]) -> [Chart] {
        var chart = Chart(
            title, x: .init("share of transactions", .nines), y: .init("", .powersOfTen, unit: .duration))
        let lines = rates.filter { $0.1.latency?.count ?? 0 > 1 }.prefix(Self.linesMax)
        for (name, rate) in lines { chart.add(.lines(name, Self.percentiles(rate.latency!))) }
        return lines.isEmpty ? [] : [chart]
    }

    static func percentiles(_ latency: LatencySummary) -> [Chart.Point] {
        var points: [Chart.Point] = []
        var seen = 0
        for bucket in latency.buckets {
            if points.isEmpty { points.append(.init(0, Double(bucket.upTo))) }
            seen += bucket.count
            // The slowest of all stands where half of one is left: at 100 % there is no room on this axis.
            let share = min(Double(seen), Double(latency.count) - 0.5) / Double(latency.count)
            points.append(.init(share, Double(bucket.upTo)))
        }
        return points
    }

    // MARK: Side by side

    private mutating func addSides() {
        page.heading("Side by side")
        for bench in Set(files.map(\.bench)).sorted() {
            let runs = files.filter { $0.bench == bench }
            var names: [String] = []
            for name in runs.flatMap(\.rates).map(\.name) where !names.contains(name) { names.append(name) }
            page.subheading(bench)
            var table = PageTable([.words("")] + runs.flatMap { [.figures($0.name), .figures("ns CPU each")] })
            for name in names {
                table.row(
                    [name]
                        + runs.flatMap { run -> [String] in
                            guard let rate = run.rates.first(where: { $0.name == name }) else { return ["", ""] }
                            return Self.cells(rate)
                        })
            }
            page.table(table)
            if let chart = bars(runs, names) { page.chart(chart) }
        }
    }

    private static func cells(_ rate: BenchFile.Rate) -> [String] {
        guard rate.count > 0 else { return [Human.duration(nanoseconds: UInt64(max(0, rate.seconds) * 1e9)), ""] }
        return [
            "\(Human.count(Int(rate.perSecond)))/s",
            Human.count(Int((rate.cpuSeconds / Double(rate.count) * 1e9).rounded())),
        ]
    }

    /// What several runs or rivals did of the same kind, as bars; nil where there is but one thing to show.
    private func bars(_ runs: [BenchFile], _ names: [String]) -> Chart? {
        let shown = names.filter { name in
            runs.contains { $0.rates.contains { $0.name == name && $0.count > 0 } }
        }
        guard runs.count > 1 && runs.count <= Self.linesMax || runs.first?.bench == "rivals" else { return nil }
        var chart = Chart(
            "A second", x: .init("", .labels(shown.map { String($0.prefix(24)) })), y: .init("", .powersOfTen))
        for run in runs {
            chart.add(
                .bars(
                    run.name,
                    shown.enumerated().compactMap { index, name in
                        run.rates.first { $0.name == name }.map { Chart.Point(Double(index), $0.perSecond) }
                    }))
        }
        return chart
    }

    // MARK: How cost grows

    private mutating func addGrowth() {
        for file in files where file.bench == "scale" {
            page.heading("How cost grows, \(file.name)")
            var charts: [Chart] = []
            for (against, label) in [("players", "players"), ("events", "events of history")] {
                for (name, title, axis) in [
                    ("ns_per_tx", "Nanoseconds of processor a transaction", Chart.Axis("", fromZero: true)),
                    ("resident_bytes", "Resident memory", .init("", unit: .bytes, fromZero: true)),
                    ("opening_ns", "Opening", .init("", unit: .duration, fromZero: true)),
                    ("sealed_bytes", "Sealed size", .init("", unit: .bytes, fromZero: true)),
                ] {
                    guard let x = file.series["\(against)"], let y = file.series["\(name)_by_\(against)"] else {
                        continue
                    }
                    var chart = Chart(title, x: .init(label, .powersOfTen), y: axis)
                    chart.add(.lines(title, zip(x, y).map { Chart.Point($0, $1) }))
                    charts.append(chart)
                }
            }
            page.charts(charts)
        }
    }

    // MARK: How it was run

    private mutating func addConditions() {
        page.heading("Conditions")
        var names: [String] = []
        for name in files.flatMap(\.parameters).map(\.0) where !names.contains(name) { names.append(name) }
        var table = PageTable([.words("")] + files.map { .figures($0.name) })
        table.row(["holdfast"] + files.map { "\($0.version) \($0.build)" })
        for name in names {
            table.row([name] + files.map { file in Self.figure(file.parameters.first { $0.0 == name }?.1) })
        }
        page.table(table)
        names = []
        for name in files.flatMap(\.notes).map(\.0) where !names.contains(name) { names.append(name) }
        if names.isEmpty { return }
        page.subheading("Also measured")
        table = PageTable([.words("")] + files.map { .figures($0.name) })
        for name in names {
            table.row([name] + files.map { file in Self.figure(file.notes.first { $0.0 == name }?.1) })
        }
        page.table(table)
    }

    private static func figure(_ value: Double?) -> String {
        guard let value, value.isFinite, value.magnitude < 0x1p62 else { return "" }
        return value.magnitude >= 100 || value == value.rounded()
            ? Human.count(Int(value.rounded())) : "\((value * 100).rounded() / 100)"
    }
}
