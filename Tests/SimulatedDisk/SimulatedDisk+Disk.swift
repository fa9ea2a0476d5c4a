package import HoldfastLog
internal import Synchronization

extension SimulatedDisk: Disk {
    package func makeDirectory(_ path: String) throws(DiskFailure) {
        try change("make directory", path) { $0.directories.insert(path) }
    }

    package func directoryExists(_ path: String) -> Bool { state.withLock { $0.directories.contains(path) } }

    package func fileExists(_ path: String) -> Bool { state.withLock { $0.names[path] != nil } }

    package func list(_ path: String) throws(DiskFailure) -> [String] {
        let names = state.withLock { state -> [String]? in
            guard state.directories.contains(path) else { return nil }
            let inside = Array(state.names.keys) + Array(state.directories)
            return inside.compactMap { name in
                guard name.hasPrefix(path + "/") else { return nil }
                let rest = name.dropFirst(path.count + 1)
                return rest.contains("/") || rest.isEmpty ? nil : String(rest)
            }.sorted()
        }
        guard let names else { throw DiskFailure(operation: "list", path: path, errno: SystemErrors.missing) }
        return names
    }

    package func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile {
        switch use {
        case .creating:
            if fileExists(path) { throw DiskFailure(operation: "create", path: path, errno: SystemErrors.exists) }
            try change("create", path) { state in
                let number = state.nextFile
                state.nextFile += 1
                state.names[path] = number
                state.contents[number] = FileState()
            }
        case .reading, .writing:
            guard fileExists(path) else {
                throw DiskFailure(operation: "open", path: path, errno: SystemErrors.missing)
            }
        }
        return SimulatedFile(disk: self, path: path, number: state.withLock { $0.names[path]! }, for: use)
    }

    package func rename(_ from: String, to: String) throws(DiskFailure) {
        // A real directory must be there before a file can be moved into it.
        guard directoryExists(Self.directory(of: to)) else {
            throw DiskFailure(operation: "rename", path: from, errno: SystemErrors.missing)
        }
        try change("rename", from) { state in
            state.names[to] = state.names.removeValue(forKey: from)
        }
    }

    package func link(_ from: String, to: String) throws(DiskFailure) {
        if fileExists(to) { throw DiskFailure(operation: "link", path: to, errno: SystemErrors.exists) }
        guard fileExists(from) else {
            throw DiskFailure(operation: "link", path: from, errno: SystemErrors.missing)
        }
        try change("link", to) { $0.names[to] = $0.names[from] }
    }

    package func removeDirectory(_ path: String) throws(DiskFailure) {
        guard try list(path).isEmpty else {
            throw DiskFailure(operation: "remove directory", path: path, errno: SystemErrors.notEmpty)
        }
        try change("remove directory", path) { $0.directories.remove(path) }
    }

    /// An operation of something beside the disk that crashes with it, such as a database's transaction: done whole
    /// and durable, or not at all.
    package func transaction(_ name: String, _ body: () -> Void) throws(DiskFailure) {
        try change("transaction", name) { _ in body() }
    }

    package func remove(_ path: String) throws(DiskFailure) {
        try change("remove", path) { $0.names[path] = nil }
    }

    package func syncDirectory(_ path: String) throws(DiskFailure) {
        try change("sync directory", path) { state in
            // The cheap half of the question first: a simulation asks it of every name, thousands of times.
            let inside: (String) -> Bool = {
                $0.utf8.count > path.utf8.count && $0.hasPrefix(path) && $0 != "/" && Self.directory(of: $0) == path
            }
            state.durableDirectories = state.durableDirectories.filter { !inside($0) || state.directories.contains($0) }
            state.durableDirectories.formUnion(state.directories.filter(inside))
            for name in state.durableNames.keys.filter(inside) { state.durableNames[name] = nil }
            for (name, number) in state.names where inside(name) { state.durableNames[name] = number }
        }
    }

    package func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? {
        if !fileExists(path) {
            try change("create", path) { state in
                state.names[path] = state.nextFile
                state.contents[state.nextFile] = FileState()
                state.nextFile += 1
            }
        }
        if let errno = state.withLock({ $0.refusingOnly == nil ? $0.refusing : nil }) {
            throw DiskFailure(operation: "open lock file", path: path, errno: errno)
        }
        let taken = state.withLock { $0.locked.insert(path).inserted }
        return taken ? SimulatedLock(disk: self, path: path) : nil
    }

    /// Does one operation that changes the disk, unless it is the one that fails or the machine has stopped.
    func change(_ operation: String, _ path: String, _ body: (inout State) -> Void) throws(DiskFailure) {
        let errno = state.withLock { state -> Int32? in
            if state.crashed || state.crashAt == state.operations {
                state.crashed = true
                return SystemErrors.inputOutput
            }
            if let refusing = state.refusing, state.refusingOnly ?? operation == operation { return refusing }
            state.operations += 1
            for index in state.failing.indices where state.failing[index].operation == operation {
                if state.failing[index].countdown == 0 { return state.failing.remove(at: index).errno }
                state.failing[index].countdown -= 1
            }
            state.log.append("\(operation) \(path)")
            body(&state)
            return nil
        }
        if let errno { throw DiskFailure(operation: operation, path: path, errno: errno) }
    }
}

private final class SimulatedLock: DirectoryLock {
    private let disk: SimulatedDisk
    private let path: String

    init(disk: SimulatedDisk, path: String) {
        self.disk = disk
        self.path = path
    }

    deinit { disk.state.withLock { _ = $0.locked.remove(path) } }
}

private final class SimulatedFile: DiskFile {
    let path: String
    private let disk: SimulatedDisk
    private let number: Int
    private let use: FileUse

    init(disk: SimulatedDisk, path: String, number: Int, for use: FileUse) {
        self.disk = disk
        self.path = path
        self.number = number
        self.use = use
    }

    func size() throws(DiskFailure) -> UInt64 {
        disk.state.withLock { UInt64($0.contents[number]?.seen.count ?? 0) }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int {
        nonisolated(unsafe) let buffer = buffer
        return disk.state.withLock { state in
            state.read.insert(path)
            guard let file = state.contents[number], Int(offset) < file.seen.count else { return 0 }
            let count = min(buffer.count, file.seen.count - Int(offset))
            file.seen.withUnsafeBytes { raw in
                UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: raw[Int(offset)..<Int(offset) + count]))
            }
            return count
        }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try refuseReader("write")
        let copy = Array(bytes)
        try makeRoom(Int(offset) + copy.count, "write")
        try disk.change("write", path) { state in
            SimulatedDisk.put(copy[...], at: Int(offset), into: &state.contents[number]!.seen)
            state.contents[number]!.unsynced.append((Int(offset), copy))
        }
    }

    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try write(bytes, at: offset)
    }

    func sync() throws(DiskFailure) {
        do throws(DiskFailure) {
            try disk.change("sync", path) { state in
                state.contents[number]!.durable = state.contents[number]!.seen
                state.contents[number]!.unsynced = []
            }
        } catch {
            // What a failed sync leaves in the page cache is marked clean and may never reach the disk.
            disk.state.withLock { state in
                if !state.crashed { state.contents[number]?.unsynced = [] }
            }
            throw error
        }
    }

    func allocate(_ size: UInt64) throws(DiskFailure) {
        try refuseReader("allocate space for")
        try makeRoom(Int(size), "allocate")
        try disk.change("allocate", path) { state in
            let missing = Int(size) - state.contents[number]!.seen.count
            if missing > 0 {
                state.contents[number]!.seen += [UInt8](repeating: 0, count: missing)
                state.contents[number]!.durable += [UInt8](
                    repeating: 0, count: Int(size) - state.contents[number]!.durable.count)
            }
        }
    }

    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure) {
        try refuseReader("write")
        try disk.change("fill", path) { state in
            let zeros = [UInt8](repeating: 0, count: range.count)
            SimulatedDisk.put(zeros[...], at: Int(range.lowerBound), into: &state.contents[number]!.seen)
            SimulatedDisk.put(zeros[...], at: Int(range.lowerBound), into: &state.contents[number]!.durable)
        }
    }

    private func refuseReader(_ operation: String) throws(DiskFailure) {
        if case .reading = use {
            throw DiskFailure(operation: operation, path: path, errno: SystemErrors.notOpenForThat)
        }
    }

    private func makeRoom(_ size: Int, _ operation: String) throws(DiskFailure) {
        let full = disk.state.withLock { state in
            guard let capacity = state.capacity else { return false }
            let others = state.names.values.reduce(0) { $0 + ($1 == number ? 0 : state.contents[$1]!.seen.count) }
            return others + max(size, state.contents[number]?.seen.count ?? 0) > capacity
        }
        if full { throw DiskFailure(operation: operation, path: path, errno: SystemErrors.noSpace) }
    }
}
