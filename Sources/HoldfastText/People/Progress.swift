import Synchronization

/// Tells a person how far a long job is, on standard error.
///
///     let progress = Progress.onStandardError("verify", unit: .things("events"), total: 50_000_000)
///     progress.advance(by: batch.count)
///     progress.finish(summary: "all sound")
///
/// On a terminal one line is redrawn, at most ten times a second, and cleared at the end. Elsewhere (a log, a pipe) a
/// line comes every few seconds. A job of less than a second says nothing at all. Several threads may report: a call
/// costs a lock and a look at the clock, so report batches rather than items.
package final class Progress: Sendable {
    package enum Display: Equatable, Sendable {
        case terminal(columns: Int)
        case lines
        case silent
    }

    package enum Unit: Sendable {
        /// Things counted, in the plural: `events`.
        case things(String)
        case bytes
    }

    /// Jobs shorter than this are silent.
    package static let patience: UInt64 = 1_000_000_000
    static let redrawInterval: UInt64 = 100_000_000

    private struct State {
        var done = 0
        var total: Int?
        var shown: StatusLine
        var isFinished = false
    }

    private let label: String
    private let unit: Unit
    private let display: Display
    private let clock: @Sendable () -> UInt64
    private let sink: @Sendable (String) -> Void
    private let started: UInt64
    private let state: Mutex<State>

    /// `clock` gives monotonic nanoseconds, `sink` takes text as it should appear.
    package init(
        _ label: String, unit: Unit, total: Int? = nil, display: Display,
        clock: @escaping @Sendable () -> UInt64, sink: @escaping @Sendable (String) -> Void
    ) {
        self.label = label
        self.unit = unit
        self.display = display
        self.clock = clock
        self.sink = sink
        started = clock()
        let shown = StatusLine(display, redrawInterval: Self.redrawInterval, from: started, sink: sink)
        state = Mutex(State(total: total, shown: shown))
    }

    /// Progress goes nowhere if standard error fails: the job matters more than its progress line.
    package static func onStandardError(_ label: String, unit: Unit, total: Int? = nil) -> Progress {
        Progress(
            label, unit: unit, total: total, display: StandardError.display, clock: SystemCalls.monotonicNanoseconds,
            sink: StandardError.put)
    }

    /// A job that ends by a thrown error leaves a clean line for its message.
    deinit {
        state.withLock { $0.shown.clear() }
    }

    package func advance(by amount: Int) {
        state.withLock { state in
            state.done += amount
            showIfDue(&state)
        }
    }

    package func update(done: Int) {
        state.withLock { state in
            state.done = done
            showIfDue(&state)
        }
    }

    /// When the size of the job becomes known, or turns out to be another.
    package func setTotal(_ total: Int?) {
        state.withLock { $0.total = total }
    }

    /// A line that stays, whatever is drawn around it.
    package func say(_ text: String) {
        state.withLock { $0.shown.say(text) }
    }

    /// Ends the display. The summary is a line of its own, for jobs that lasted long enough to have shown anything.
    package func finish(summary: String? = nil) {
        state.withLock { state in
            guard !state.isFinished else { return }
            state.shown.clear()
            state.isFinished = true
            let elapsed = clock() - started
            guard let summary, display != .silent, elapsed >= Self.patience else { return }
            sink("\(label): \(summary) (\(Human.duration(milliseconds: Int64(elapsed / 1_000_000))))\n")
        }
    }

    // MARK: What serves them

    private func showIfDue(_ state: inout State) {
        guard !state.isFinished, display != .silent else { return }
        let now = clock()
        guard now - started >= Self.patience, state.shown.isDue(now) else { return }
        state.shown.show(line(state, at: now), at: now)
    }

    /// `verify: 12 000 of 50 000 events (24 %), 3 000 events/s, 12 s left`
    private func line(_ state: State, at now: UInt64) -> String {
        let seconds = Double(now - started) / 1e9
        let perSecond = Double(state.done) / seconds
        var text = "\(label): "
        switch (unit, state.total) {
        case (.bytes, let total?): text += "\(Human.bytes(state.done)) of \(Human.bytes(total))"
        case (.bytes, nil): text += Human.bytes(state.done)
        case (.things(let name), let total?): text += "\(Human.count(state.done)) of \(Human.count(total)) \(name)"
        case (.things(let name), nil): text += "\(Human.count(state.done)) \(name)"
        }
        if let total = state.total { text += " (\(Human.percent(state.done, of: total)))" }
        switch unit {
        case .bytes: text += ", \(Human.byteRate(perSecond))"
        case .things(let name): text += ", \(Human.rate(perSecond, of: name))"
        }
        if let total = state.total, state.done > 0, state.done < total {
            let left = Double(total - state.done) / perSecond
            // Beyond a year it is no forecast any more.
            if left < 31_536_000 {
                let seconds = Int64(left.rounded(.up))
                // Whole seconds: tenths would flicker.
                let rest = seconds < 60 ? "\(seconds) s" : Human.duration(milliseconds: seconds * 1_000)
                text += ", \(rest) left"
            }
        }
        return text
    }
}
