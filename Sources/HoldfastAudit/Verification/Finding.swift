internal import Holdfast
internal import HoldfastLog
internal import HoldfastText

/// Something that is not as it should be: what was checked, where, what was expected and what is there.
package struct Finding: Sendable, Equatable {
    /// What was being compared or checked.
    package enum Check: String, Sendable {
        /// Bytes of the log: checksums, chains, Merkle roots, missing or stray files.
        case log
        /// A record that is no event of a wallet.
        case event
        /// The number of an event in its player's log.
        case seq
        /// A balance or held amount after an event, against what the events before it led to.
        case balance
        /// An event that ends a hold, against the holds that are open.
        case hold
        /// A law of docs/DOMAIN.md.
        case law
        /// A state snapshot against the replay.
        case snapshot
        /// The independent summation against the replay.
        case summation
        case tables
        case archive
        case backup
    }

    package var check: Check
    package var file: String?
    package var offset: UInt64?
    /// The offset is in the segment as it was written, and not in the file that sealing made of it.
    package var isBeforeSealing = false
    package var tenant: String?
    package var player: String?
    package var seq: UInt64?
    package var position: UInt64?
    package var asset: String?
    package var expected: String?
    package var found: String
    /// What is missing of the log may be all that is wrong here.
    package var mayFollow = false

    package init(_ check: Check, found: String) {
        self.check = check
        self.found = found
    }

    /// What is absent is left out, except for the place, which every finding has a field for.
    func writeMembers(to json: inout JSONWriter) {
        json.member("check", check.rawValue as String?)
        json.member("file", file)
        if let offset { json.member("offset", offset) } else { json.nullMember("offset") }
        if isBeforeSealing { json.member("sealed", true) }
        json.member("tenant", tenant)
        json.member("player", player)
        if let seq { json.member("seq", seq) } else { json.nullMember("seq") }
        if let position { json.member("position", position) }
        if let asset { json.member("asset", asset as String?) }
        if let expected { json.member("expected", expected as String?) }
        json.member("found", found as String?)
        if mayFollow { json.member("may_follow", true) }
    }

    /// The file, and the byte in it.
    var place: String? {
        guard let file, let offset else { return file }
        return EventLocation.words(file, byte: offset, isBeforeSealing: isBeforeSealing)
    }

    /// Says where something stands in the log.
    mutating func place(at address: UInt64, in log: FileBatchLog) {
        let place = LedgerFiles.place(of: address, in: log)
        file = place.file
        offset = place.offset
        isBeforeSealing = place.isSealed
    }

    /// One line for people.
    package var text: String {
        var parts: [String] = []
        if let tenant, let player { parts.append("player \(player) of \(tenant)") }
        if let seq { parts.append("seq \(seq)") }
        if let asset { parts.append(asset) }
        if let place { parts.append(place) }
        let prefix = parts.isEmpty ? "" : parts.joined(separator: ", ") + ": "
        return "\(check.rawValue): \(prefix)\(found)\(expected.map { "; expected \($0)" } ?? "")"
            + (mayFollow ? " (may follow)" : "")
    }
}

/// Findings as they come in. All are counted; the first of each sort are kept, so that a ledger which is wrong
/// everywhere does not fill the memory.
package struct FindingList: Sendable {
    package private(set) var kept: [Finding] = []
    package private(set) var count = 0
    private var keptByCheck: [Finding.Check: Int] = [:]
    static let keptMax = 1_000

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package mutating func add(_ finding: Finding) {
        count += 1
        guard keptByCheck[finding.check, default: 0] < Self.keptMax else { return }
        keptByCheck[finding.check, default: 0] += 1
        kept.append(finding)
    }

    package mutating func add(_ others: FindingList) {
        for finding in others.kept { add(finding) }
        add(uncounted: others.count - others.kept.count)
        putFollowingBehind()
    }

    /// The same without those that something else explains.
    func without(_ isExplained: (Finding) -> Bool) -> FindingList {
        var rest = FindingList()
        for finding in kept where !isExplained(finding) { rest.add(finding) }
        rest.add(uncounted: count - kept.count)
        return rest
    }

    /// Marks those that something else may be the cause of, and puts them behind the others.
    mutating func markThoseThatFollow(_ mayFollow: (Finding) -> Bool) {
        for index in kept.indices where mayFollow(kept[index]) { kept[index].mayFollow = true }
        putFollowingBehind()
    }

    private mutating func putFollowingBehind() { kept = kept.filter { !$0.mayFollow } + kept.filter(\.mayFollow) }

    /// How many of those that are kept are marked so.
    package var following: Int { kept.count(where: \.mayFollow) }

    /// Said once, before or behind the list; nil where there is nothing to say.
    package var followingWords: String? {
        if following == 0 { return nil }
        let ones = following == 1 ? "1 of the faults" : "\(Human.count(following)) of the faults"
        return "\(ones) may follow from what is missing of the log: mend that first, and check again"
    }

    /// Some of those that are kept, of each sort a fair share, in the order in which they came.
    func first(_ room: Int) -> [Finding] {
        let checks = keptByCheck.keys.sorted { $0.rawValue < $1.rawValue }
        let shares = FairShares.of(room, wanted: checks.map { keptByCheck[$0]! })
        var left = Dictionary(uniqueKeysWithValues: zip(checks, shares))
        return kept.filter { finding in
            left[finding.check]! -= 1
            return left[finding.check]! >= 0
        }
    }

    /// Findings that nobody kept.
    mutating func add(uncounted: Int) { count += max(0, uncounted) }
}
