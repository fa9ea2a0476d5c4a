internal import HoldfastText

extension BenchReport {
    /// For people: the machine, the parameters, a line for each rate, notes, checks.
    package var lines: [String] {
        var lines = [
            "\(Machine.processor), \(Machine.cores) cores, \(Human.bytes(Machine.memoryBytes)), Linux \(Machine.kernel)",
            parameters.map { "\($0.0) \(Human.count($0.1))" }.joined(separator: ", "),
        ]
        if Self.build == "debug" { lines.append("A debug build: build with -c release before you believe a figure.") }
        lines.append("")
        let width = max(36, (rates.map(\.name.count).max() ?? 0) + 2)
        for rate in rates { lines.append(Self.line(rate, width)) }
        for (name, value) in notes { lines.append(Self.pad(name, width) + Self.short(value)) }
        for thread in threads where thread.cpuSeconds >= 0.01 {
            lines.append(Self.pad("processor time of \(thread.name)", width) + Self.short(thread.cpuSeconds) + " s")
        }
        for check in checks {
            lines.append(Self.pad(check.name, width) + (check.isGood ? "holds" : "FAILED"))
            lines += check.faults.map { "    " + $0 }
        }
        return lines
    }

    private static func line(_ rate: Rate, _ width: Int) -> String {
        var line = pad(rate.name, width)
        if rate.count > 0, rate.seconds > 0 {
            line += pad(Human.count(Int(rate.perSecond)) + "/s", 16)
            line += pad(short(rate.cpuSeconds / Double(rate.count) * 1e9) + " ns CPU each", 20)
        } else {
            line += pad(Human.duration(nanoseconds: UInt64(rate.seconds * 1e9)), 16)
        }
        if let bytes = rate.bytes { line += pad(Human.byteRate(Double(bytes) / rate.seconds), 14) }
        if let latency = rate.latency { line += Self.text(latency) + " " }
        line += rate.details.map { "\($0.0) \(Human.count($0.1))" }.joined(separator: ", ")
        return line
    }

    static func text(_ latency: LatencySummary) -> String {
        let figures = [("p50", latency.p50), ("p99", latency.p99), ("p99.9", latency.p999), ("max", latency.max)]
        return figures.map { "\($0.0) \(Human.duration(nanoseconds: UInt64($0.1)))" }.joined(separator: ", ")
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func short(_ value: Double) -> String {
        value.magnitude >= 100 && value.magnitude < 0x1p62
            ? Human.count(Int(value.rounded())) : "\((value * 10).rounded() / 10)"
    }
}
