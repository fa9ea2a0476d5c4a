/// Hands things from one thread to another in order, a bounded number ahead: whoever is faster waits.
package final class ThreadPipe<Element: Sendable>: Sendable {
    private struct State: Sendable {
        var elements: [Element] = []
        var end: Result<Void, LogError>?
        var isAbandoned = false
    }

    private let state = Locked(State())
    private let changed = Signal()
    private let capacity: Int

    package init(capacity: Int) { self.capacity = capacity }

    /// Waits for room. False when nobody takes any more.
    package func put(_ element: Element) -> Bool {
        while true {
            let ticket = changed.ticket
            let isDone = state.with { state -> Bool? in
                if state.isAbandoned { return false }
                guard state.elements.count < capacity else { return nil }
                state.elements.append(element)
                return true
            }
            if let isDone {
                changed.raise()
                return isDone
            }
            changed.wait(after: ticket)
        }
    }

    /// Nothing more will be put: behind what is on its way the taker meets the end, or the failure.
    package func finish(_ end: Result<Void, LogError>) {
        state.with { if $0.end == nil { $0.end = end } }
        changed.raise()
    }

    /// Waits for the next; nil at the end, and once the pipe was abandoned.
    package func take() throws(LogError) -> Element? {
        while true {
            let ticket = changed.ticket
            let (element, end, isAbandoned) = state.with { state in
                (state.elements.isEmpty ? nil : state.elements.removeFirst(), state.end, state.isAbandoned)
            }
            if isAbandoned { return nil }
            if let element {
                changed.raise()
                return element
            }
            if let end {
                try end.get()
                return nil
            }
            changed.wait(after: ticket)
        }
    }

    /// Nothing more will be taken: whoever waits to put stops.
    package func abandon() {
        state.with { $0.isAbandoned = true }
        changed.raise()
    }
}
