internal import CHoldfast

extension LaneRecovery {
    /// A lane whose machine is where the log is.
    package struct Lane<Machine: LaneMachine>: @unchecked Sendable {
        // @unchecked: the machine is used by the thread that brings it up, and when that has ended by whoever asked.
        package let log: FileBatchLog
        package let machine: Machine
        package let report: Report
    }

    /// Recovers every lane of a log, as many at a time as there are cores: a lane has a thread or three of its own, but
    /// for most of the time one of them waits for the kernel to clear the memory that the machine grows into.
    package static func recover<Machine: LaneMachine>(
        _ logs: [FileBatchLog], useSnapshots: Bool = true, atOnce: Int? = nil,
        makeMachine: @escaping @Sendable () -> Machine
    ) throws(LogError) -> [Lane<Machine>] {
        let work = RecoveryWork<Machine>(count: logs.count)
        let threads = (1..<max(1, min(logs.count, atOnce ?? Int(hf_usable_cores())))).map { number in
            WorkerThread(name: "hf-recover-\(number)") { work.run(logs, useSnapshots, makeMachine) }
        }
        work.run(logs, useSnapshots, makeMachine)
        for thread in threads { thread.join() }
        return try work.lanes()
    }
}

/// The lanes that are still to be recovered, and those that are.
private final class RecoveryWork<Machine: LaneMachine>: Sendable {
    private struct State: Sendable {
        var next = 0
        var isOver = false
        var results: [Result<LaneRecovery.Lane<Machine>, LogError>?]
    }

    private let state: Locked<State>

    init(count: Int) { state = Locked(State(results: Array(repeating: nil, count: count))) }

    func run(_ logs: [FileBatchLog], _ useSnapshots: Bool, _ makeMachine: () -> Machine) {
        while let index = takeNext() {
            let log = logs[index]
            let result = Result { () throws(LogError) in
                let (machine, report) = try LaneRecovery.recover(
                    log, useSnapshots: useSnapshots, makeMachine: makeMachine)
                return LaneRecovery.Lane(log: log, machine: machine, report: report)
            }
            put(result, at: index)
        }
    }

    /// Of several lanes that can't be recovered the first is named.
    func lanes() throws(LogError) -> [LaneRecovery.Lane<Machine>] {
        var lanes: [LaneRecovery.Lane<Machine>] = []
        for result in state.with({ $0 }).results { if let result { lanes.append(try result.get()) } }
        return lanes
    }

    private func takeNext() -> Int? {
        state.with { state in
            guard !state.isOver, state.next < state.results.count else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    private func put(_ result: Result<LaneRecovery.Lane<Machine>, LogError>, at index: Int) {
        state.with { state in
            state.results[index] = result
            if case .failure = result { state.isOver = true }
        }
    }
}
