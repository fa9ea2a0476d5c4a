private import HoldfastLog
package import HoldfastText

/// A run as it goes, on standard error: on a terminal a few lines that are redrawn each second and vanish at the end;
/// elsewhere a line every five seconds.
package final class Dashboard: Sendable {
    private struct State {
        var title = ""
        var total = 0
        var rates: [Double] = []
        var linesDrawn = 0
        var shownAt = 0.0
    }

    private let display: Progress.Display
    private let sink: @Sendable (String) -> Void
    private let state = Locked(State())
    private static let lineSeconds = 5.0

    package init(display: Progress.Display, sink: @escaping @Sendable (String) -> Void) {
        self.display = display
        self.sink = sink
    }

    package static func onStandardError() -> Dashboard {
        Dashboard(display: StandardError.display, sink: StandardError.put)
    }

    /// A part of the run: what it does, and how many transactions of it there are.
    func begin(_ title: String, total: Int) {
        state.with { state in
            clear(&state)
            state = State(title: title, total: total)
        }
    }

    /// A part without figures to watch.
    func say(_ title: String) {
        begin(title, total: 0)
        if case .terminal = display { state.with { draw(["\(title) …"], &$0) } }
    }

    func show(_ sample: Sampler.Sample) {
        state.with { state in
            state.rates.append(sample.perSecond)
            switch display {
            case .silent: return
            case .terminal(let columns):
                draw(Self.board(sample, state.title, state.total, state.rates, columns: columns), &state)
            case .lines:
                guard sample.seconds - state.shownAt >= Self.lineSeconds else { return }
                state.shownAt = sample.seconds
                sink(Self.line(sample, state.title, state.total) + "\n")
            }
        }
    }

    func clear() { state.with { clear(&$0) } }

    private func clear(_ state: inout State) {
        if state.linesDrawn > 0 { sink("\u{1B}[\(state.linesDrawn)A\u{1B}[J") }
        state.linesDrawn = 0
    }

    private func draw(_ lines: [String], _ state: inout State) {
        let back = state.linesDrawn > 0 ? "\u{1B}[\(state.linesDrawn)A" : ""
        sink(back + lines.map { "\($0)\u{1B}[K\n" }.joined() + "\u{1B}[J")
        state.linesDrawn = lines.count
    }

    // MARK: What is shown

    private static func line(_ sample: Sampler.Sample, _ title: String, _ total: Int) -> String {
        var parts = [
            "\(title): \(Human.count(sample.done)) of \(Human.count(total)) (\(Human.percent(sample.done, of: total)))",
            "\(Human.count(Int(sample.perSecond))) tx/s", "p99 \(duration(sample.latency.p99))",
            Human.byteRate(sample.logBytesPerSecond), "\(Human.bytes(sample.residentBytes)) resident",
        ]
        if let lag = sample.lag { parts.append("\(Human.count(lag)) events behind") }
        return parts.joined(separator: ", ")
    }

    /// Each line is cut to the terminal: one that wraps would be left behind by the next redraw.
    static func board(
        _ sample: Sampler.Sample, _ title: String, _ total: Int, _ rates: [Double], columns: Int
    ) -> [String] {
        func row(_ label: String, _ text: String) -> String {
            label + String(repeating: " ", count: max(1, 12 - label.count)) + text
        }
        let share = total > 0 ? min(1, Double(sample.done) / Double(total)) : 0
        var lines = [
            row(title, "\(Human.count(sample.done)) of \(Human.count(total)) transactions"),
            row(
                "",
                "\(bar(share, width: max(10, min(50, columns - 34)))) \(Human.percent(sample.done, of: total))\(left(sample, total))"
            ),
            row(
                "tx/s", "\(Human.count(Int(sample.perSecond)))  \(sparks(rates, width: max(8, min(40, columns - 34))))"),
            row(
                "latency",
                "p50 \(duration(sample.latency.p50))   p99 \(duration(sample.latency.p99))   max \(duration(sample.latency.max))"
            ),
            row("log", "\(Human.byteRate(sample.logBytesPerSecond))   \(Human.bytes(Int(sample.logBytes)))"),
            row("memory", "\(Human.bytes(sample.residentBytes)) resident"),
            row("processor", "\((sample.cores * 100).rounded() / 100) of \(Machine.cores) cores"),
        ]
        if let lag = sample.lag { lines.append(row("tables", "\(Human.count(lag)) events behind")) }
        return lines.map { String($0.prefix(max(1, columns - 1))) }
    }

    private static func left(_ sample: Sampler.Sample, _ total: Int) -> String {
        guard sample.done > 0, sample.done < total else { return "" }
        let seconds = sample.seconds * Double(total - sample.done) / Double(sample.done)
        return ", \(Human.duration(milliseconds: Int64(seconds.rounded(.up)) * 1_000)) left"
    }

    private static func bar(_ share: Double, width: Int) -> String {
        let full = Int(share * Double(width))
        return String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    }

    /// The last seconds' rates, from zero up to their highest.
    private static func sparks(_ rates: [Double], width: Int) -> String {
        let levels = Array("▁▂▃▄▅▆▇█")
        let shown = rates.suffix(width)
        let highest = shown.max() ?? 0
        guard highest > 0 else { return "" }
        return String(shown.map { levels[min(7, Int($0 / highest * 7.999))] })
    }

    private static func duration(_ nanoseconds: Int64) -> String { Human.duration(nanoseconds: UInt64(nanoseconds)) }
}
