/// How far the log is durable: what readers may see, and what those who follow it wait on.
package final class DurableEnd: Sendable {
    package struct Mark: Sendable, Equatable {
        /// Position of the last durable event, 0 when there is none.
        package var position: UInt64
        /// The end of each lane. All of one moment, so that no half of a round shows.
        package var addresses: [UInt64]
    }

    private struct State {
        var mark: Mark
        var waiting: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        var closed: LogError?
    }

    private struct Waiter {
        let beyond: UInt64
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state: Locked<State>

    package init(position: UInt64, addresses: [UInt64]) {
        state = Locked(State(mark: Mark(position: position, addresses: addresses)))
    }

    package var mark: Mark { state.with { $0.mark } }

    func advance(to position: UInt64, addresses: [UInt64]) {
        let ready = state.with { state in
            state.mark = Mark(position: position, addresses: addresses)
            if state.waiting.isEmpty { return [Waiter]() }
            let ready = state.waiting.filter { $0.value.beyond < position }
            for key in ready.keys { state.waiting[key] = nil }
            return Array(ready.values)
        }
        for waiter in ready { waiter.continuation.resume(returning: true) }
    }

    func close(_ reason: LogError) {
        let waiting = state.with { state in
            if state.closed == nil { state.closed = reason }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiter in waiting { waiter.continuation.resume(returning: false) }
    }

    /// Waits until an event behind `position` is durable. False when the log was closed or the task cancelled.
    package func wait(beyond position: UInt64) async -> Bool {
        let ticket = state.with { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.with { state -> Bool? in
                    if state.mark.position > position { return true }
                    if state.closed != nil || Task.isCancelled { return false }
                    state.waiting[ticket] = Waiter(beyond: position, continuation: continuation)
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.with { $0.waiting.removeValue(forKey: ticket) }
            waiter?.continuation.resume(returning: false)
        }
    }
}
