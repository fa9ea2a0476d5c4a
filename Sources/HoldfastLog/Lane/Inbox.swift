/// Works that wait for a lane's thread: a bounded queue. A full one makes callers wait, and so many waiting callers
/// that even they would fill the memory are told `overloaded`.
final class Inbox<Work: LaneWork>: Sendable {
    private struct State {
        var works: [Work] = []
        var bytes = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var closed: LogError?
    }

    private let state = Locked(State())
    /// Raised when there is something to take.
    let filled = Signal()

    private enum Admission {
        case taken
        case full
        case refused(LogError)
    }

    private func admit(_ work: Work) -> Admission {
        let bytes = work.inboxBytes
        return state.with { state in
            if let closed = state.closed { return .refused(closed) }
            // An empty inbox takes any work, so that one larger than the bound can pass at all.
            let fits =
                state.works.isEmpty
                || (state.works.count < Limits.inboxWorksMax && state.bytes + bytes <= Limits.inboxBytesMax)
            guard fits else { return .full }
            state.works.append(work)
            state.bytes += bytes
            return .taken
        }
    }

    /// Hands a work over, or says why not. Never waits.
    func offer(_ work: Work) -> LogError? {
        switch admit(work) {
        case .taken:
            filled.raise()
            return nil
        case .full: return .overloaded
        case .refused(let error): return error
        }
    }

    /// Hands a work over, waiting for room.
    func put(_ work: Work) async throws(LogError) {
        while true {
            switch admit(work) {
            case .taken:
                filled.raise()
                return
            case .refused(let error):
                throw error
            case .full:
                let crowded = state.with { $0.waiting.count >= Limits.inboxWorksMax }
                if crowded { throw .overloaded }
                await withCheckedContinuation { continuation in
                    let wait = state.with { state in
                        if state.works.isEmpty || state.closed != nil { return false }
                        state.waiting.append(continuation)
                        return true
                    }
                    if !wait { continuation.resume() }
                }
            }
        }
    }

    /// Puts a work that was begun before all others. It was admitted once, so no bound applies and closing is no bar.
    func putBack(_ work: Work) {
        let bytes = work.inboxBytes
        state.with { state in
            state.works.insert(work, at: 0)
            state.bytes += bytes
        }
        filled.raise()
    }

    /// Everything that waits, in the order it came.
    func takeAll(into works: inout [Work]) {
        let (taken, waiting) = state.with { state in
            let taken = state.works
            let waiting = state.waiting
            state.works = []
            state.bytes = 0
            state.waiting = []
            return (taken, waiting)
        }
        works = taken
        for continuation in waiting { continuation.resume() }
    }

    var isEmpty: Bool { state.with { $0.works.isEmpty } }
    var count: Int { state.with { $0.works.count } }

    /// Refuses everything from here on; what already waits is still to be taken.
    func close(_ reason: LogError) {
        let waiting = state.with { state in
            if state.closed == nil { state.closed = reason }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
        filled.raise()
    }
}
