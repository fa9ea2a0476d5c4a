/// Reading the segments whose open file is gone.
extension FileBatchLog {
    package func isSealed(_ number: UInt64) -> Bool { state.with { $0.sealed.contains(number) } }

    /// Segments that are sealed, and those that are not.
    package var sealedSegments: [UInt64] { state.with { $0.sealed.sorted() } }
    package var openSegments: [UInt64] {
        state.with { state in state.segments.headers.map(\.number).filter { !state.sealed.contains($0) } }
    }

    /// The sealed segments with which the log begins, and the first that is not sealed. Beside an owner that seals, a
    /// reader learns of later ones in any order, as it meets them: those count among what lies behind the first open one.
    var segmentsByForm: (sealed: [UInt64], firstOpen: UInt64?) {
        state.with { state in
            let firstOpen = state.segments.headers.map(\.number).first { !state.sealed.contains($0) }
            return (state.sealed.filter { $0 < firstOpen ?? .max }.sorted(), firstOpen)
        }
    }

    /// Bytes of the sealed files, events in them, and what these took in the open files.
    package func sealedBytes() throws(LogError) -> (bytes: UInt64, events: UInt64, asOpen: UInt64) {
        var bytes: UInt64 = 0
        var events: UInt64 = 0
        var asOpen: UInt64 = 0
        for number in sealedSegments {
            let segment = try sealed(number)
            bytes += segment.header.fileBytes
            events += segment.header.events
            asOpen += segment.header.tail.address - segment.start
        }
        return (bytes, events, asOpen)
    }

    package func sealedBytes(of number: UInt64) throws(LogError) -> UInt64 { try sealed(number).header.fileBytes }

    func sealed(_ number: UInt64) throws(LogError) -> SealedSegment { try sealedFiles.segment(number) }

    /// What a sealed segment comes down to.
    package func root(of number: UInt64) throws(LogError) -> SegmentRoot { try sealed(number).header.root }

    /// The segment that holds an address, if it is sealed.
    package func sealedSegment(at address: UInt64) throws(LogError) -> SealedSegment? {
        let number = address / at.segmentBytes
        return isSealed(number) ? try sealed(number) : nil
    }

    /// A segment as a file with the bytes of the open one: itself, or put together from the sealed one.
    func file(_ number: UInt64, keepsImage: Bool = false) throws(LogError) -> any DiskFile {
        if !isSealed(number) {
            do throws(DiskFailure) {
                return try files.reading(number)
            } catch {
                // Beside an owner that has sealed it meanwhile.
                guard error.errno == SystemErrors.missing,
                    disk.fileExists(SegmentNames.sealedPath(number, in: at.directory))
                else { throw .io(error) }
            }
            state.with { _ = $0.sealed.insert(number) }
        }
        return keepsImage ? try sealedFiles.image(number) : try sealed(number).image(from: sealedFiles.pool)
    }
}

/// Open sealed segments: headers and indexes of as many as are likely to be asked for again, and the image of the last
/// one that was wanted whole.
final class SealedFiles: Sendable {
    private let place: FileBatchLog.Place
    private let disk: any Disk
    private let open = Locked(Open())
    /// For images that go as soon as their segment has been read through.
    let pool = SegmentMemoryPool()

    private struct Open: Sendable {
        var segments: [UInt64: SealedSegment] = [:]
        /// The numbers of the open ones, the one that was opened last at the end.
        var order: [UInt64] = []
        var image: (number: UInt64, image: SegmentImage)?
    }

    init(_ place: FileBatchLog.Place, disk: any Disk) {
        self.place = place
        self.disk = disk
    }

    func segment(_ number: UInt64) throws(LogError) -> SealedSegment {
        if let known = open.with({ $0.segments[number] }) { return known }
        let segment = try SealedSegment(number, of: place, on: disk)
        open.with { open in
            if open.segments[number] == nil { open.order.append(number) }
            open.segments[number] = segment
            if open.order.count > Limits.sealedSegmentsOpen { open.segments[open.order.removeFirst()] = nil }
        }
        return segment
    }

    func image(_ number: UInt64) throws(LogError) -> SegmentImage {
        if let kept = open.with({ $0.image }), kept.number == number { return kept.image }
        let image = try segment(number).image()
        open.with { $0.image = (number, image) }
        return image
    }

    func forget(_ number: UInt64) {
        open.with { open in
            open.segments[number] = nil
            open.order.removeAll { $0 == number }
            if open.image?.number == number { open.image = nil }
        }
    }
}
