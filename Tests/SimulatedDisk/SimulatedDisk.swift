internal import Synchronization

/// A disk in memory that behaves as badly as a real one may, and on command: it loses what was not synced, tears
/// writes at any byte, fills up, fails a chosen operation, and crashes at a chosen operation.
///
/// Every file has two contents: what a process sees, and what a crash leaves. `sync` makes the second equal to the
/// first. Names (of files created, renamed, removed, and of directories) reach the second when their directory is
/// synced; until then a crash may keep them or not.
public final class SimulatedDisk: Sendable {
    struct State {
        var directories: Set<String> = ["/"]
        /// Directories as a crash would leave them.
        var durableDirectories: Set<String> = ["/"]
        /// Names as a crash would leave them.
        var durableNames: [String: Int] = [:]
        var names: [String: Int] = [:]
        var contents: [Int: FileState] = [:]
        var nextFile = 1
        var operations = 0
        var crashAt: Int?
        var crashed = false
        var failing: [Failure] = []
        var capacity: Int?
        /// What operations that change the disk fail with, while it is set: all of them, or those of one name.
        var refusing: Int32?
        var refusingOnly: String?
        var locked: Set<String> = []
        var log: [String] = []
        /// Files whose content was read.
        var read: Set<String> = []
    }

    struct FileState {
        var seen: [UInt8] = []
        var durable: [UInt8] = []
        /// Writes since the last sync, in order: what a crash may keep in part.
        var unsynced: [(offset: Int, bytes: [UInt8])] = []
        var allocated = 0
    }

    /// A failure to come: the `countdown`-th operation of this name fails with `errno`.
    public struct Failure: Sendable {
        let operation: String
        var countdown: Int
        let errno: Int32
    }

    let state: Mutex<State>

    public init() { state = Mutex(State()) }

    init(_ state: sending State) { self.state = Mutex(state) }

    // MARK: What a test asks for

    /// How many operations that change the disk were done so far: the crash points.
    public var operations: Int { state.withLock { $0.operations } }

    /// What was done, one line an operation.
    public var history: [String] { state.withLock { $0.log } }

    /// Files whose content was read since the disk was made or `forgetReads` was called.
    public var filesRead: [String] { state.withLock { $0.read.sorted() } }
    public func forgetReads() { state.withLock { $0.read = [] } }

    /// From the n-th changing operation on everything fails, as if the machine had stopped there.
    public func crash(atOperation number: Int?) { state.withLock { $0.crashAt = number } }

    /// The n-th operation of this kind from now on fails once ("write", "sync", "create", "allocate", "rename" …).
    package func fail(_ operation: String, after countdown: Int = 0, errno: Int32 = 5) {
        state.withLock { $0.failing.append(Failure(operation: operation, countdown: countdown, errno: errno)) }
    }

    /// Every operation that changes the disk, or every one of this name, fails with this errno; nil ends it.
    package func refuseChanges(_ operation: String? = nil, errno: Int32?) {
        state.withLock { state in
            state.refusing = errno
            state.refusingOnly = operation
        }
    }

    /// Space for file contents; nil is endless.
    public func limitSpace(to bytes: Int?) { state.withLock { $0.capacity = bytes } }

    /// What the files take now.
    public var usedBytes: Int {
        state.withLock { state in state.names.values.reduce(0) { $0 + (state.contents[$1]?.seen.count ?? 0) } }
    }

    /// How much of an unsynced write survives a crash.
    public enum Surviving: Sendable {
        case nothing
        case everything
        /// Every write up to this many bytes of the last one.
        case firstBytesOfLast(Int)
        /// Chosen sector by sector by a generator with this seed.
        case randomSectors(seed: UInt64)
    }

    /// The disk as a new process finds it after the machine stopped now.
    public func afterCrash(_ surviving: Surviving = .nothing) -> SimulatedDisk {
        state.withLock { old in
            var new = State()
            new.nextFile = old.nextFile
            var generator = SplitMix(seed: 1)
            if case .randomSectors(let seed) = surviving { generator = SplitMix(seed: seed) }
            new.directories = Self.survivingDirectories(old, surviving, &generator)
            new.durableDirectories = new.directories
            // In a fixed order, so that a seed means the same thing in every run.
            let names = Self.survivingNames(old, surviving, &generator).sorted { $0.key < $1.key }
            for (name, number) in names where new.directories.contains(Self.directory(of: name)) {
                guard let file = old.contents[number] else { continue }
                var content = file.durable
                for (index, write) in file.unsynced.enumerated() {
                    Self.apply(
                        write, isLast: index == file.unsynced.count - 1, surviving, &generator, to: &content)
                }
                new.names[name] = number
                new.durableNames[name] = number
                new.contents[number] = FileState(seen: content, durable: content, allocated: file.allocated)
            }
            return SimulatedDisk(new)
        }
    }

    /// A directory's changes reach the disk in their order; the ones here survive a crash all or none.
    private static func survivingNames(
        _ old: State, _ surviving: Surviving, _ generator: inout SplitMix
    ) -> [String: Int] {
        switch surviving {
        case .nothing, .firstBytesOfLast: return old.durableNames
        case .everything: return old.names
        case .randomSectors:
            var names: [String: Int] = [:]
            for path in old.directories.sorted() {
                let source = generator.next() & 1 == 0 ? old.names : old.durableNames
                for (name, number) in source where directory(of: name) == path { names[name] = number }
            }
            return names
        }
    }

    private static func survivingDirectories(
        _ old: State, _ surviving: Surviving, _ generator: inout SplitMix
    ) -> Set<String> {
        var kept: Set<String> = ["/"]
        let all = old.directories.union(old.durableDirectories)
        for path in all.sorted() where path != "/" && kept.contains(directory(of: path)) {
            let isSeen = old.directories.contains(path)
            let isDurable = old.durableDirectories.contains(path)
            let survives =
                switch surviving {
                case .nothing, .firstBytesOfLast: isDurable
                case .everything: isSeen
                case .randomSectors: isSeen == isDurable ? isSeen : generator.next() & 1 == 0
                }
            if survives { kept.insert(path) }
        }
        return kept
    }

    /// The directory that a path lies in.
    static func directory(of path: String) -> String {
        let end = path.utf8.lastIndex(of: UInt8(ascii: "/"))!
        return end == path.startIndex ? "/" : String(path[..<end])
    }

    private static func apply(
        _ write: (offset: Int, bytes: [UInt8]), isLast: Bool, _ surviving: Surviving,
        _ generator: inout SplitMix, to content: inout [UInt8]
    ) {
        var kept = write.bytes[...]
        switch surviving {
        case .nothing: return
        case .everything: break
        case .firstBytesOfLast(let count): if isLast { kept = kept.prefix(count) }
        case .randomSectors:
            var at = write.offset
            while at < write.offset + write.bytes.count {
                let end = min((at / 512 + 1) * 512, write.offset + write.bytes.count)
                if generator.next() & 1 == 0 {
                    put(write.bytes[(at - write.offset)..<(end - write.offset)], at: at, into: &content)
                }
                at = end
            }
            return
        }
        put(kept, at: write.offset, into: &content)
    }

    static func put(_ bytes: ArraySlice<UInt8>, at offset: Int, into content: inout [UInt8]) {
        if content.count < offset + bytes.count {
            content += [UInt8](repeating: 0, count: offset + bytes.count - content.count)
        }
        content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    }

    // MARK: Damage, for tests that play the enemy

    public var fileNames: [String] { state.withLock { $0.names.keys.sorted() } }

    /// Everything a process can see: directories, files and what is in them.
    public var everything: [String: [UInt8]?] {
        state.withLock { state in
            var all: [String: [UInt8]?] = [:]
            for path in state.directories { all.updateValue(nil, forKey: path) }
            for (name, number) in state.names { all.updateValue(state.contents[number]?.seen, forKey: name) }
            return all
        }
    }

    public func makeDirectory(behindTheBack path: String) {
        state.withLock { state in
            state.directories.insert(path)
            state.durableDirectories.insert(path)
        }
    }

    /// Removes a directory with all that is in it.
    public func deleteDirectory(_ path: String) {
        state.withLock { state in
            let isInside: (String) -> Bool = { $0 == path || $0.hasPrefix(path + "/") }
            state.directories = state.directories.filter { !isInside($0) }
            state.durableDirectories = state.durableDirectories.filter { !isInside($0) }
            state.names = state.names.filter { !isInside($0.key) }
            state.durableNames = state.durableNames.filter { !isInside($0.key) }
        }
    }

    public func contents(_ path: String) -> [UInt8]? {
        state.withLock { state in state.names[path].flatMap { state.contents[$0]?.seen } }
    }

    /// Replaces a file's content behind everybody's back.
    public func overwrite(_ path: String, with bytes: [UInt8]) {
        state.withLock { state in
            let number = state.names[path] ?? state.nextFile
            if state.names[path] == nil {
                state.nextFile += 1
                state.names[path] = number
                state.durableNames[path] = number
            }
            state.contents[number] = FileState(seen: bytes, durable: bytes, allocated: bytes.count)
        }
    }

    public func flip(_ bit: Int, of offset: Int, in path: String) {
        state.withLock { state in
            let number = state.names[path]!
            state.contents[number]!.seen[offset] ^= 1 << bit
            // What was never synced is not in the second.
            if offset < state.contents[number]!.durable.count { state.contents[number]!.durable[offset] ^= 1 << bit }
        }
    }

    public func delete(_ path: String) {
        state.withLock { state in
            state.names[path] = nil
            state.durableNames[path] = nil
        }
    }

    /// An independent copy of the disk as a process sees it now, with no lock held.
    public func copy() -> SimulatedDisk {
        state.withLock { old in
            var new = old
            new.crashAt = nil
            new.crashed = false
            new.failing = []
            new.refusing = nil
            new.locked = []
            new.operations = 0
            new.log = []
            return SimulatedDisk(new)
        }
    }
}

/// A small generator whose sequence a seed decides.
public struct SplitMix: RandomNumberGenerator, Sendable {
    private var state: UInt64
    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
