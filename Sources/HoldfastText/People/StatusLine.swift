/// One line that says how things stand: on a terminal redrawn in its place and cleared at the end, elsewhere a line of
/// its own every few seconds.
///
///     if line.isDue(now) { line.show("tables sync: up to date", at: now) }
///     line.say("tables sync: shard 3 goes on")      // stays, and the status is drawn below it the next time
///     line.clear()
package struct StatusLine: Sendable {
    private let display: Progress.Display
    private let intervalNanoseconds: UInt64
    private let sink: @Sendable (String) -> Void
    private var shownAt: UInt64
    private var isDrawn = false

    package static let lineInterval: UInt64 = 5_000_000_000

    /// On a terminal it is redrawn every `redrawInterval` nanoseconds; `sink` takes text as it should appear.
    package init(
        _ display: Progress.Display, redrawInterval: UInt64, from now: UInt64,
        sink: @escaping @Sendable (String) -> Void
    ) {
        self.display = display
        self.sink = sink
        intervalNanoseconds = if case .terminal = display { redrawInterval } else { Self.lineInterval }
        shownAt = now
    }

    package func isDue(_ now: UInt64) -> Bool { display != .silent && now - shownAt >= intervalNanoseconds }

    package mutating func show(_ text: String, at now: UInt64) {
        switch display {
        case .terminal(let columns):
            // One column stays free: a full line would wrap, and the next redraw would leave it behind.
            sink("\r\(text.prefix(max(1, columns - 1)))\u{1B}[K")
            isDrawn = true
        case .lines: sink("\(text)\n")
        case .silent: return
        }
        shownAt = now
    }

    /// A line that stays.
    package mutating func say(_ text: String) {
        clear()
        if display != .silent { sink("\(text)\n") }
    }

    package mutating func clear() {
        if isDrawn { sink("\r\u{1B}[K") }
        isDrawn = false
    }
}
