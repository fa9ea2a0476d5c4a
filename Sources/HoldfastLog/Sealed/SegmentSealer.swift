internal import CHoldfast

/// Turns full segments of a lane into sealed ones, the oldest first, as each is chained to the one before.
///
/// A crash at any point leaves the open segment, or both, or the sealed one, and each of these is good: a sealed file
/// gets its name when it is whole, durable and was read back; the open one goes after that.
package struct SegmentSealer {
    let log: FileBatchLog
    private let patience: Patience
    private let memory: SegmentMemory

    /// `isOver` is asked now and then; when it says yes, sealing stops with `.stopped` and leaves all as it was.
    package init(_ log: FileBatchLog, isOver: @escaping () -> Bool = { false }) {
        self.init(log, in: SegmentMemory(size: Int(log.at.segmentBytes)), isOver: isOver)
    }

    /// With room for a segment that others have used before.
    init(_ log: FileBatchLog, in memory: SegmentMemory, isOver: @escaping () -> Bool) {
        self.log = log
        self.memory = memory
        patience = Patience(isOver: isOver)
    }

    /// The oldest segment that is full and not sealed; with `evenLast` also the one that is being filled.
    package func next(evenLast: Bool = false) -> UInt64? {
        log.state.with { state in
            let candidates = evenLast ? state.segments.headers[...] : state.segments.headers.dropLast()
            return candidates.first { !state.sealed.contains($0.number) }?.number
        }
    }

    /// Seals a segment. All before it must be sealed.
    package func seal(_ number: UInt64) throws(LogError) -> SegmentRoot {
        guard let header = log.state.with({ $0.segments.header(number) }) else {
            throw .invalid(argument: "segment \(number)", reason: "the lane has no such segment")
        }
        let previous = try chainedBefore(number)
        let open: any DiskFile
        do throws(DiskFailure) {
            open = try log.disk.open(SegmentNames.path(number, in: log.at.directory), for: .reading)
        } catch {
            throw .io(error)
        }
        let original = try SegmentImage(reading: open, size: Int(log.at.segmentBytes), in: memory)
        let path = SegmentNames.sealedPath(number, in: log.at.directory)
        if log.disk.fileExists(path), try !isGood(path, number, original, chainedTo: previous) {
            // The open segment is still there, so nothing is lost with one that does not agree with it.
            try attempt { () throws(DiskFailure) in try log.disk.remove(path) }
        }
        if !log.disk.fileExists(path) { try write(header, original, chainedTo: previous) }
        let root = try log.sealed(number).header.root
        try giveUpOpenFile(number)
        return root
    }

    /// What the segment before came down to; zeros where nothing sealed came before.
    private func chainedBefore(_ number: UInt64) throws(LogError) -> Digest {
        if number > 0, log.isSealed(number - 1) { return try log.root(of: number - 1).chained }
        guard let last = try log.trimmedRecord().roots.last, last.number + 1 == number else { return Digest() }
        return last.chained
    }

    private func isGood(
        _ path: String, _ number: UInt64, _ original: SegmentImage, chainedTo previous: Digest
    ) throws(LogError) -> Bool {
        do throws(LogError) {
            let segment = try open(path, number)
            guard segment.header.root.previousChained == previous else { return false }
            try SealedVerifier(deep: true).verify(segment, seed: log.at.hashSeed)
            return try isSame(segment, original)
        } catch {
            guard case .damaged = error else { throw error }
            return false
        }
    }

    private func open(_ path: String, _ number: UInt64) throws(LogError) -> SealedSegment {
        let file: any DiskFile
        do throws(DiskFailure) { file = try log.disk.open(path, for: .reading) } catch { throw .io(error) }
        return try SealedSegment(file, number: number, of: log.at)
    }

    private func isSame(_ segment: SealedSegment, _ original: SegmentImage) throws(LogError) -> Bool {
        let again = try segment.image(patience: patience)
        return memcmp(again.bytes.baseAddress!, original.bytes.baseAddress!, original.bytes.count) == 0
    }

    private func write(
        _ header: SegmentHeader, _ original: SegmentImage, chainedTo previous: Digest
    ) throws(LogError) {
        let path = SegmentNames.sealedPath(header.number, in: log.at.directory)
        let temporary = path + ".new"
        var encoder = SegmentEncoder(
            original, header, packing: log.at.packing, seed: log.at.hashSeed, patience: patience)
        var content = try encoder.encode(previousChained: previous)
        defer { content.free() }
        do throws(LogError) {
            try attempt { () throws(DiskFailure) in
                if log.disk.fileExists(temporary) { try log.disk.remove(temporary) }
                let file = try log.disk.open(temporary, for: .creating)
                try content.write(to: file)
                try file.sync()
            }
            try patience.check()
            let written = try open(temporary, header.number)
            guard try content.isSame(as: written, patience: patience) else {
                throw LogError.damaged(
                    Damage(
                        file: temporary, offset: 0,
                        found: "what was read back is not the segment that was sealed, which stays as it is"))
            }
            try attempt { () throws(DiskFailure) in
                try log.disk.rename(temporary, to: path)
                try log.disk.syncDirectory(log.at.directory)
            }
        } catch {
            if log.disk.fileExists(temporary) { try? log.disk.remove(temporary) }
            throw error
        }
    }

    private func giveUpOpenFile(_ number: UInt64) throws(LogError) {
        log.state.with { _ = $0.sealed.insert(number) }
        log.files.forget(number)
        try attempt { () throws(DiskFailure) in
            try log.disk.remove(SegmentNames.path(number, in: log.at.directory))
            try log.disk.syncDirectory(log.at.directory)
        }
    }

    private func attempt(_ body: () throws(DiskFailure) -> Void) throws(LogError) {
        do throws(DiskFailure) {
            try body()
        } catch {
            throw SystemErrors.meansFull(error.errno) ? .storageFull(path: log.at.directory) : .io(error)
        }
    }
}

/// Asked in the middle of long work whether to go on.
struct Patience {
    let isOver: () -> Bool

    static var endless: Patience { Patience { false } }

    func check() throws(LogError) {
        if isOver() { throw .stopped(reason: "the log is being closed") }
    }
}
