internal import HoldfastLog
internal import HoldfastText

/// When jobs succeeded last, so that a restart knows what was missed. A shortcut: without it each runs once.
struct JobFile: Sendable {
    private let directory: String
    private let disk: any Disk
    private var path: String { directory + "/jobs" }

    init(in directory: String, on disk: any Disk = RealDisk()) {
        self.directory = directory
        self.disk = disk
    }

    func read(_ log: ServiceLog) -> [String: Int64] {
        guard let bytes = try? disk.readWhole(path) else { return [:] }
        guard let tree = try? JSONTree(parsing: bytes), let members = tree.members else {
            log.say("\(path) can't be read, so every job runs once")
            return [:]
        }
        var times: [String: Int64] = [:]
        for name in members.names { times[name] = members[name]?.integer }
        return times
    }

    func write(_ states: [JobState], _ log: ServiceLog) {
        var json = JSONWriter()
        json.beginObject()
        for state in states {
            guard let time = state.succeededAt else { continue }
            json.key(state.name)
            json.integer(time)
        }
        json.endObject()
        json.newline()
        do throws(DiskFailure) {
            try disk.writeWhole(json.withBytes { Array($0) }, to: path, in: directory)
        } catch {
            log.say("when jobs ran was not noted: \(error)")
        }
    }
}
