private import CHoldfast
internal import HoldfastLog

/// A queue between threads, of any number on both sides: whoever takes from it sleeps until something is there.
final class Mailbox<Element: Sendable>: Sendable {
    private let elements = Locked<[Element]>([])
    private let filled = Signal()

    func put(_ element: Element) {
        elements.with { $0.append(element) }
        filled.raise()
    }

    /// The oldest element; waits for one.
    func take() -> Element {
        while true {
            let ticket = filled.ticket
            if let element = elements.with({ $0.isEmpty ? nil : $0.removeFirst() }) { return element }
            filled.wait(after: ticket)
        }
    }

    /// All that is there; waits for the first one, so long at most.
    func takeAll(waiting milliseconds: Int) -> [Element] {
        let deadline = hf_monotonic_ns() + Int64(milliseconds) * 1_000_000
        while true {
            let ticket = filled.ticket
            let taken = elements.with { elements in
                defer { elements.removeAll() }
                return elements
            }
            let left = deadline - hf_monotonic_ns()
            if !taken.isEmpty || left <= 0 { return taken }
            filled.wait(after: ticket, nanoseconds: left)
        }
    }
}
