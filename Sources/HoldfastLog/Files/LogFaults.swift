/// The faults of a log as they are met. All are counted, one that is met again once; of a log that is damaged all over
/// nobody reads more than the first. Each lane's own files and each lane's sealed segments keep a fair share of those:
/// what is wrong with one of them a thousand times does not hide what is wrong with another.
struct LogFaults: Sendable {
    private struct Source: Hashable {
        let lane: Int
        let isSealed: Bool
    }

    private struct Found {
        private(set) var first: [LogError] = []
        private(set) var count = 0
        /// What they all say, each as a hash: by the kept ones alone nobody could tell which were met before.
        private var hashes: Set<Int> = []

        mutating func add(_ fault: LogError) {
            // What is wrong with a sealed segment is met on the way through the lane, and again when it is looked at.
            if !isNew(fault) { return }
            count += 1
            if first.count < keptMax { first.append(fault) }
        }

        /// What was found later.
        mutating func add(_ other: Found) {
            for fault in other.first { add(fault) }
            count += other.count - other.first.count
            if hashes.count < hashesMax { hashes.formUnion(other.hashes) }
        }

        private mutating func isNew(_ fault: LogError) -> Bool {
            let hash = fault.description.hashValue
            if hashes.count >= hashesMax { return !hashes.contains(hash) }
            return hashes.insert(hash).inserted
        }
    }

    private var sources: [Source: Found] = [:]
    var count: Int { sources.values.reduce(0) { $0 + $1.count } }
    static let keptMax = 1_000
    /// A bound on what a source takes in memory, some three megabytes. Behind so many a fault that is met again counts
    /// again.
    private static let hashesMax = 1 << 17

    /// Without `ofSealed` the file that it names says whether a fault is a sealed segment's.
    mutating func add(_ fault: LogError, lane: Int, ofSealed: Bool = false) {
        let isSealed = ofSealed || fault.file?.hasSuffix(SegmentNames.sealedSuffix) == true
        sources[Source(lane: lane, isSealed: isSealed), default: Found()].add(fault)
    }

    /// What was found later, or elsewhere.
    mutating func add(_ others: LogFaults) {
        for (source, found) in others.sources { sources[source, default: Found()].add(found) }
    }

    /// Lane after lane, its sealed segments first: they are the older ones.
    var kept: [LogError] {
        let inOrder = sources.sorted { ($0.key.lane, $0.key.isSealed ? 0 : 1) < ($1.key.lane, $1.key.isSealed ? 0 : 1) }
        let shares = FairShares.of(Self.keptMax, wanted: inOrder.map(\.value.first.count))
        return zip(inOrder, shares).flatMap { $0.value.first.prefix($1) }
    }
}

extension LogError {
    /// The file that it is about, where it is about one that holds events.
    fileprivate var file: String? {
        switch self {
        case .damaged(let damage): damage.file
        case .newerFormat(let file, _, _): file
        case .io(let failure): failure.path
        default: nil
        }
    }
}
