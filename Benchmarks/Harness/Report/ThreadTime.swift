/// Processor time of this process's threads of one name, as the kernel counts it.
package struct ThreadTime: Sendable {
    package let name: String
    package let cpuSeconds: Double

    /// How the names of the ledger's own threads begin: deciding, committing, segments made ahead, snapshots.
    static let ofLedger = ["hf-lane", "hf-commit", "hf-prepare", "hf-snapshot"]

    /// Of the threads that live now; those that ended are not in it.
    static func all() -> [ThreadTime] {
        var sums: [String: Double] = [:]
        for id in Directory.names(in: "/proc/self/task") {
            let name = Machine.text("/proc/self/task/\(id)/comm").trimmingSpaces
            let run = Machine.text("/proc/self/task/\(id)/schedstat").split(separator: " ").first
            sums[name, default: 0] += (run.flatMap { Double($0) } ?? 0) / 1e9
        }
        return sums.map { ThreadTime(name: $0.key, cpuSeconds: $0.value) }.sorted { $0.cpuSeconds > $1.cpuSeconds }
    }

    /// What each thread used since an earlier look.
    static func since(_ earlier: [ThreadTime]) -> [ThreadTime] {
        let before = Dictionary(uniqueKeysWithValues: earlier.map { ($0.name, $0.cpuSeconds) })
        return all().map { ThreadTime(name: $0.name, cpuSeconds: max(0, $0.cpuSeconds - (before[$0.name] ?? 0))) }
    }
}
