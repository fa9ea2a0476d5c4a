extension LaneRecovery {
    /// A lane whose machine is where the log is.
    package struct Lane<Machine: LaneMachine>: @unchecked Sendable {
        // @unchecked: the machine is used by the thread that brings it up, and when that has ended by whoever asked.
        package let log: FileBatchLog
        package let machine: Machine
        package let report: Report
    }

    /// Recovers every lane of a log, as many at a time as there are cores: a lane has a thread or three of its own, but
    /// for most of the time one of them waits for the kernel to clear the memory that the machine grows into. Of several
    /// lanes that can't be recovered the first is named.
    package static func recover<Machine: LaneMachine>(
        _ logs: [FileBatchLog], useSnapshots: Bool = true, atOnce: Int? = nil,
        makeMachine: @escaping @Sendable () -> Machine
    ) throws(LogError) -> [Lane<Machine>] {
        try LaneThreads.map(logs.count, atOnce: atOnce) { (number, _) throws(LogError) in
            let log = logs[number]
            let (machine, report) = try recover(log, useSnapshots: useSnapshots, makeMachine: makeMachine)
            return Lane(log: log, machine: machine, report: report)
        }
    }
}
