package import HoldfastLog
internal import HoldfastText

/// Writes root files into a folder: one for each closed segment and one for each day that the log has gone beyond.
///
/// What they say follows from the log alone, so two people who publish get the same files. One that exists is
/// compared and never overwritten: a difference is what the whole thing is there to find.
package struct RootPublisher {
    package private(set) var written: [String] = []
    package private(set) var unchanged = 0
    /// Files that say something else than the log does now.
    package private(set) var differing: [String] = []

    private let prover: Prover
    private let folder: String
    private let disk: any Disk

    package static func publish(
        _ prover: Prover, into folder: String, on disk: any Disk = RealDisk()
    ) throws(LedgerError) -> RootPublisher {
        var publisher = RootPublisher(prover: prover, folder: folder, disk: disk)
        do throws(DiskFailure) { try disk.makeDirectory(folder) } catch { throw .io(error) }
        try publisher.publishSegments()
        try publisher.publishDays()
        return publisher
    }

    private init(prover: Prover, folder: String, disk: any Disk) {
        self.prover = prover
        self.folder = folder
        self.disk = disk
    }

    private mutating func publishSegments() throws(LedgerError) {
        for lane in prover.files.logs.indices {
            for root in try prover.tree(of: lane).roots {
                try publish(try prover.roots(ofSegment: root.number, lane: lane))
            }
        }
    }

    private mutating func publishDays() throws(LedgerError) {
        var position: UInt64 = 0
        guard var cut = try RoundCut(before: .min, in: prover.files.logs) else { return }
        // Days on which nothing happened are passed over.
        while let time = cut.following {
            let day = CivilDate(milliseconds: time).daysSince1970
            let midnight = (day + 1) * CivilDate.millisecondsPerDay
            guard let next = try RoundCut(before: midnight, in: prover.files.logs) else { return }
            cut = next
            // What a lane said then can't be told any more where its last batch of that day was given up.
            if prover.files.logs.contains(where: { $0.isTrimmed && $0.beginning >= midnight }) { continue }
            if cut.position == position { continue }
            position = cut.position
            try publish(try prover.roots(at: cut, day: CivilDate(daysSince1970: day).description))
        }
    }

    private mutating func publish(_ roots: PublishedRoots) throws(LedgerError) {
        guard let name = roots.fileName else { return }
        let path = folder + "/" + name
        let content = roots.json.withBytes { Array($0) }
        do throws(DiskFailure) {
            guard let existing = try disk.readWhole(path) else {
                try disk.writeWhole(content, to: path, in: folder)
                written.append(name)
                return
            }
            if existing == content { unchanged += 1 } else { differing.append(name) }
        } catch {
            throw .io(error)
        }
    }
}
