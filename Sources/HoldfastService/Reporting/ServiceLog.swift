package import HoldfastLog
internal import HoldfastText

/// What the service says of itself, a line each: short texts for a terminal, JSON for everything else. Lines are written by
/// a thread of their own. Where nobody takes them (a pipe that is full) they are dropped and counted, so that no request
/// ever waits for one.
package final class ServiceLog: Sendable {
    package enum Style: Sendable {
        case text, json
    }

    /// Which requests get a line.
    package enum Detail: String, Sendable, CaseIterable {
        /// Those that failed: a status of 400 and above, or a reply that broke off.
        case failures
        case requests
    }

    private struct State {
        var lines: [String] = []
        var dropped = 0
        var isClosed = false
        var isWritten = true
    }

    private let style: Style
    private let detail: Detail
    private let clock: any LogClock
    private let state = Locked(State())
    private let filled = Signal()
    private let emptied = Signal()
    private static let linesMax = 4_096

    package init(
        _ style: Style, _ detail: Detail, clock: any LogClock = SystemClock(),
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.style = style
        self.detail = detail
        self.clock = clock
        WorkerThread(name: "hf-log") { [self] in
            while let text = take() {
                sink(text)
                state.with { $0.isWritten = $0.lines.isEmpty }
                emptied.raise()
            }
        }.detach()
    }

    /// Short lines on a terminal, JSON elsewhere.
    package static func onStandardError(_ detail: Detail) -> ServiceLog {
        let isTerminal = SystemCalls.isTerminal(SystemCalls.standardError)
        return ServiceLog(isTerminal ? .text : .json, detail, sink: StandardError.put)
    }

    /// Lines that nobody took.
    package var dropped: Int { state.with { $0.dropped } }

    private func take() -> String? {
        while true {
            let ticket = filled.ticket
            let (text, isClosed) = state.with { state in
                defer { state.lines.removeAll(keepingCapacity: true) }
                return (state.lines.joined(), state.isClosed)
            }
            if !text.isEmpty { return text }
            if isClosed { return nil }
            filled.wait(after: ticket)
        }
    }

    /// Ends it; waits until all lines are written, but not for long.
    func close() {
        state.with { $0.isClosed = true }
        filled.raise()
        let ticket = emptied.ticket
        if !state.with({ $0.isWritten }) { emptied.wait(after: ticket, nanoseconds: 1_000_000_000) }
    }

    private func put(_ text: String, _ members: (inout JSONWriter) -> Void) {
        let now = clock.now()
        var line = "\(RFC3339.text(now)) \(text.visible())\n"
        if style == .json {
            let json = JSONWriter.line { json in
                json.member("at", now)
                members(&json)
            }
            line = json.withBytes { String(decoding: $0, as: UTF8.self) }
        }
        state.with { state in
            guard state.lines.count < Self.linesMax, !state.isClosed else {
                state.dropped += 1
                return
            }
            state.lines.append(line)
            state.isWritten = false
        }
        filled.raise()
    }

    /// Something about the service as a whole.
    package func say(_ text: String) {
        put(text) { json in
            json.member("log", "service")
            json.member("message", text as String?)
        }
    }

    func request(_ exchange: Exchange, nanoseconds: Int64, whole: Bool) {
        guard detail == .requests || exchange.status >= 400 || !whole else { return }
        let milliseconds = Double(nanoseconds / 1_000) / 1_000
        let trouble = exchange.stream?.trouble ?? (whole ? nil : "broken off")
        let who = exchange.token.map { " as \($0)" } ?? ""
        put(
            "\(exchange.method) \(exchange.rawTarget) \(exchange.status), \(milliseconds) ms, \(exchange.bytesSent) "
                + "bytes\(who)\(trouble.map { ": \($0)" } ?? "")"
        ) { json in
            json.member("log", "request")
            json.member("method", exchange.method as String?)
            json.member("target", exchange.rawTarget as String?)
            json.member("status", exchange.status)
            json.key("ms")
            json.real(milliseconds)
            json.member("bytes", exchange.bytesSent)
            if let token = exchange.token { json.member("token", token as String?) }
            if let trouble { json.member("trouble", trouble as String?) }
        }
    }

    func job(_ name: String, milliseconds: Int64, failure: String?) {
        put("\(name): \(failure ?? "done") (\(Human.duration(milliseconds: milliseconds)))") { json in
            json.member("log", "job")
            json.member("job", name as String?)
            json.member("ok", failure == nil)
            json.member("ms", milliseconds)
            if let failure { json.member("failure", failure as String?) }
        }
    }
}
