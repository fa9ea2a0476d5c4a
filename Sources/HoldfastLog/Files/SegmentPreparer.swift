/// Makes the next segment ready before it is needed: space reserved, zero-filled, synced. A full disk is met here,
/// and a commit into ready space syncs in half the time of one that extends a file.
final class SegmentPreparer: Sendable {
    private let directory: String
    private let segmentBytes: UInt64
    private let disk: any Disk
    private let ready: Locked<Set<UInt64>>
    /// Held while a segment is being prepared, so that one that is needed at once waits for the work under way.
    private let work = Lock()

    init(directory: String, segmentBytes: UInt64, disk: any Disk) {
        self.directory = directory
        self.segmentBytes = segmentBytes
        self.disk = disk
        ready = Locked([])
    }

    /// Returns once segment `number` is ready for use.
    func prepare(_ number: UInt64) throws(LogError) {
        if ready.with({ $0.contains(number) }) { return }
        work.lock()
        defer { work.unlock() }
        if ready.with({ $0.contains(number) }) { return }
        let path = SegmentNames.path(number, in: directory)
        // A file under the final name is whole, since it got that name last; it may hold events, so it stays as it is.
        if disk.fileExists(path) {
            ready.with { _ = $0.insert(number) }
            return
        }
        let unfinished = path + ".new"
        do throws(DiskFailure) {
            if disk.fileExists(unfinished) { try disk.remove(unfinished) }
            try fill(unfinished)
            try disk.rename(unfinished, to: path)
            try disk.syncDirectory(directory)
        } catch {
            if disk.fileExists(unfinished) { try? disk.remove(unfinished) }
            throw SystemErrors.meansFull(error.errno) ? .storageFull(path: directory) : .io(error)
        }
        ready.with { _ = $0.insert(number) }
    }

    /// The segment's file is to be removed; it must be prepared anew before use.
    func forget(_ number: UInt64) { ready.with { _ = $0.remove(number) } }

    func isReady(_ number: UInt64) -> Bool { ready.with { $0.contains(number) } }

    private func fill(_ path: String) throws(DiskFailure) {
        let file = try disk.open(path, for: .creating)
        try file.allocate(segmentBytes)
        try file.fillWithZeros(0..<segmentBytes)
    }
}

enum SegmentNames {
    static let suffix = ".log"

    static func name(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 10 - digits.count)) + digits + suffix
    }

    static func path(_ number: UInt64, in directory: String) -> String { directory + "/" + name(number) }

    static func number(_ name: String) -> UInt64? {
        guard name.hasSuffix(suffix) else { return nil }
        return UInt64(name.dropLast(suffix.count))
    }

    static let sealedSuffix = ".sealed"

    static func sealedName(_ number: UInt64) -> String { name(number).dropLast(suffix.count) + sealedSuffix }

    static func sealedPath(_ number: UInt64, in directory: String) -> String { directory + "/" + sealedName(number) }

    /// What the path of a segment becomes when it is sealed; nil where it is no open segment's.
    static func sealedPath(ofOpen path: String) -> String? {
        path.hasSuffix(suffix) ? path.dropLast(suffix.count) + sealedSuffix : nil
    }

    static func sealedNumber(_ name: String) -> UInt64? {
        guard name.hasSuffix(sealedSuffix) else { return nil }
        return UInt64(name.dropLast(sealedSuffix.count))
    }
}
