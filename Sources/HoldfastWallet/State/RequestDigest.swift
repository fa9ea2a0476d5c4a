import HoldfastMemory

/// What a memory of requests comes down to, segment by segment of the log: whether two are the same can be told from some
/// kilobytes, without having gigabytes of both at hand.
package struct RequestDigest: Sendable {
    /// The requests of which the newest record is in one segment, whatever the order.
    package struct Part: Equatable, Sendable {
        package var count = 0
        fileprivate var sum: UInt64 = 0
        fileprivate var otherSum: UInt64 = 0
    }

    /// From the segment on that holds the floor.
    private var parts: [Part] = []
    private let firstSegment: UInt64
    /// Requests before this address are not guarded any more; some of them may still be there.
    private let floor: UInt64
    private let segmentBytes: UInt64

    fileprivate init(from floor: UInt64, segmentBytes: UInt64) {
        self.floor = floor
        self.segmentBytes = segmentBytes
        firstSegment = floor / segmentBytes
    }

    fileprivate mutating func add(_ hash: UInt64, _ address: UInt64, _ status: UInt8) {
        let index = Int(address / segmentBytes - firstSegment)
        if index >= parts.count { parts += Array(repeating: Part(), count: index + 1 - parts.count) }
        let word = Self.mix(hash &+ UInt64(status)) ^ address
        parts[index].count += 1
        parts[index].sum &+= Self.mix(word)
        parts[index].otherSum &+= Self.mix(word &+ 0x9E37_79B9_7F4A_7C15)
    }

    private func part(_ segment: UInt64) -> Part {
        guard segment >= firstSegment, segment - firstSegment < UInt64(parts.count) else { return Part() }
        return parts[Int(segment - firstSegment)]
    }

    private static func mix(_ word: UInt64) -> UInt64 {
        var word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    /// The segments of which the other remembers something else, with what is remembered here and there. Those that one
    /// of the two begins to forget are left out.
    package func differences(from other: RequestDigest) -> [(segment: UInt64, expected: Part, found: Part)] {
        let first = (max(floor, other.floor) + segmentBytes - 1) / segmentBytes
        let end = max(firstSegment + UInt64(parts.count), other.firstSegment + UInt64(other.parts.count))
        return (first..<max(first, end)).compactMap { segment in
            let (mine, theirs) = (part(segment), other.part(segment))
            return mine == theirs ? nil : (segment, mine, theirs)
        }
    }
}

extension WalletState {
    /// The table knows requests by part of a hash only, so of those that share such a part the newest record counts: what
    /// a retry would be answered from.
    package func requestDigest(segmentBytes: UInt64) -> RequestDigest {
        var digest = RequestDigest(from: window.floor, segmentBytes: segmentBytes)
        for page in 0..<requests.pages.pageCount {
            requests.pages.forEachEntry(inPage: page) { hash, value, status in
                let address = requests.address(value: value)
                if address >= window.floor, address == requests.newest(hash) { digest.add(hash, address, status) }
            }
        }
        return digest
    }

    /// Gives the memory of requests back: for a state that takes in nothing more.
    package mutating func forgetRequests() { requests = RequestMemory(capacity: 1) }
}

extension RequestMemory {
    /// The newest record about whatever has this hash.
    fileprivate func newest(_ hash: UInt64) -> UInt64? {
        var newest: UInt64?
        var match = pages.firstMatch(hash)
        while let candidate = match {
            newest = max(newest ?? 0, address(candidate))
            match = pages.nextMatch(after: candidate)
        }
        return newest
    }
}
