package import HoldfastLog
internal import HoldfastWallet

/// Makes proofs and roots from a ledger's files, beside a running owner or on a copy.
package final class Prover {
    package let files: LedgerFiles
    private var trees: [LaneTree?]
    /// Of each lane, as the log stands.
    private var heads: [Int: TreeHead] = [:]
    /// The nodes of the segment that was asked for last: events that are proven together mostly lie close together.
    private var nodes: (lane: Int, segment: UInt64, leaves: MerkleLeaves, levels: MerkleLevels)?
    private let progress: (Int) -> Void

    /// `progress` hears how many bytes of closed segments have been hashed.
    package init(_ files: LedgerFiles, progress: @escaping (Int) -> Void = { _ in }) {
        self.files = files
        trees = files.logs.map { _ in nil }
        self.progress = progress
    }

    package var log: String { files.directory.manifest.log.hexadecimal }

    /// Made when it is first needed: without sealed segments the whole lane has to be read for it.
    package func tree(of lane: Int) throws(LedgerError) -> LaneTree {
        if let tree = trees[lane] { return tree }
        let tree = try LaneTree(of: files.logs[lane], progress: progress)
        trees[lane] = tree
        return tree
    }

    // MARK: Roots

    /// The heads of all lanes as the log stands.
    package func rootsOfNow() throws(LedgerError) -> PublishedRoots {
        try roots(at: RoundCut(endOf: files.logs), day: nil)
    }

    package func roots(at cut: RoundCut, day: String?) throws(LedgerError) -> PublishedRoots {
        var heads: [TreeHead] = []
        for (lane, end) in cut.ends.enumerated() { heads.append(try tree(of: lane).head(at: end)) }
        return PublishedRoots(
            log: log, heads: heads, detail: .moment(day: day, position: cut.position, time: cut.time))
    }

    /// The root of a closed segment, with the head of the lane's tree that ends with it.
    package func roots(ofSegment number: UInt64, lane: Int) throws(LedgerError) -> PublishedRoots {
        let tree = try tree(of: lane)
        let head = TreeHead(lane: lane, segments: number + 1, root: tree.root(of: number + 1), open: nil)
        return PublishedRoots(log: log, heads: [head], detail: .segment(tree.roots[Int(number)]))
    }

    // MARK: Inclusion

    /// The proof of a player's event, for the heads of now or for a published root.
    package func inclusion(
        of player: Player, seq: UInt64, in published: PublishedRoots? = nil
    ) throws(LedgerError) -> InclusionProof {
        let (record, address) = try event(of: player, seq: seq)
        let proof = try inclusion(of: record, at: address, lane: files.lane(of: player), in: published)
        guard let proof else {
            throw .invalid(
                argument: "event \(seq) of player \(player.id)",
                reason: "it came after the published root was made; prove it against a newer one, or without --root")
        }
        return proof
    }

    /// The proof of an event whose record was met at an address of its lane; nil where it is younger than the heads.
    package func inclusion(
        of record: [UInt8], at address: UInt64, lane: Int, in published: PublishedRoots? = nil
    ) throws(LedgerError) -> InclusionProof? {
        let number = address / files.logs[lane].at.segmentBytes
        let tree = try tree(of: lane)
        let head = if let published { try checked(published, lane: lane) } else { try headOfNow(lane) }
        guard number < head.segments || number == head.open?.segment else { return nil }
        let isClosed = number < head.segments
        let size = isClosed ? nil : head.open?.events
        guard let (leaves, levels) = try nodes(of: number, in: tree, lane: lane, size: size),
            let index = leaves.index(of: record), index < levels.count
        else { return nil }
        return InclusionProof(
            log: self.log, record: record,
            segment: InclusionProof.SegmentPart(
                number: number, index: UInt64(index), events: UInt64(levels.count), root: levels.root,
                path: levels.inclusionPath(of: index)),
            closed: isClosed ? closedPart(number, of: tree, in: head.segments) : nil, head: head)
    }

    private func headOfNow(_ lane: Int) throws(LedgerError) -> TreeHead {
        if let head = heads[lane] { return head }
        let head = try tree(of: lane).head()
        heads[lane] = head
        return head
    }

    /// The leaves of a segment, and the nodes over the first `size` of them, over all by default; nil where there are
    /// not so many.
    private func nodes(
        of segment: UInt64, in tree: LaneTree, lane: Int, size: UInt64?
    ) throws(LedgerError) -> (MerkleLeaves, MerkleLevels)? {
        if let nodes, nodes.lane == lane, nodes.segment == segment,
            nodes.levels.count == size.map({ Int($0) }) ?? nodes.leaves.count
        {
            return (nodes.leaves, nodes.levels)
        }
        let leaves = try tree.leaves(of: segment)
        let count = size.map { Int(clamping: $0) } ?? leaves.count
        guard count > 0, count <= leaves.count else { return nil }
        let levels = MerkleLevels(leaves, size: count)
        nodes = (lane, segment, leaves, levels)
        return (leaves, levels)
    }

    private func closedPart(_ number: UInt64, of tree: LaneTree, in segments: UInt64) -> InclusionProof.ClosedPart {
        InclusionProof.ClosedPart(
            fields: tree.roots[Int(number)].fields, path: tree.path(of: number, in: segments))
    }

    private func event(of player: Player, seq: UInt64) throws(LedgerError) -> (record: [UInt8], address: UInt64) {
        var found: (record: [UInt8], address: UInt64)?
        var first: UInt64?
        var last: UInt64 = 0
        try files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            last = record.revision
            first = first ?? last
            if last == seq { found = (Array(record.bytes), address) }
            return last < seq
        }
        if let found { return found }
        if let first, seq < first {
            throw .invalid(
                argument: "event \(seq) of player \(player.id) of \(player.tenant)",
                reason: "the log has given up its segment; a backup or the archive may have it, and proofs that were "
                    + "made before still hold")
        }
        throw .invalid(
            argument: "event \(seq) of player \(player.id) of \(player.tenant)",
            reason: last == 0 ? "the player has no events" : "the player's last event is \(last)")
    }

    // MARK: Consistency

    /// That the log as it is now, or as `new` says, begins with what `old` says.
    package func consistency(
        from old: PublishedRoots, to new: PublishedRoots? = nil
    ) throws(LedgerError) -> ConsistencyProof {
        let new = if let new { new } else { try rootsOfNow() }
        var lanes: [ConsistencyProof.Lane] = []
        for head in old.heads {
            let older = try checked(old, lane: head.lane)
            guard new.head(ofLane: head.lane) != nil else {
                throw .invalid(argument: "the newer root file", reason: "it has no root of lane \(head.lane)")
            }
            let newer = try checked(new, lane: head.lane)
            lanes.append(try lane(from: older, to: newer))
        }
        return ConsistencyProof(log: log, lanes: lanes)
    }

    private func lane(from old: TreeHead, to new: TreeHead) throws(LedgerError) -> ConsistencyProof.Lane {
        let tree = try tree(of: old.lane)
        guard old.segments <= new.segments,
            old.open.map({ open in
                open.segment < new.segments || new.open.map { open.events <= $0.events } ?? false
            }) ?? true
        else {
            throw .invalid(
                argument: "lane \(old.lane)", reason: "the newer root says less than the older one; give them in order")
        }
        var grown: ConsistencyProof.GrownSegment?
        if let open = old.open {
            let isClosed = open.segment < new.segments
            var leaves = try tree.leaves(of: open.segment)
            if !isClosed { leaves.cut(to: Int(new.open!.events)) }
            grown = ConsistencyProof.GrownSegment(
                events: UInt64(leaves.count), root: leaves.root,
                path: leaves.consistencyPath(from: Int(open.events), to: leaves.count),
                closed: isClosed ? closedPart(open.segment, of: tree, in: new.segments) : nil)
        }
        return ConsistencyProof.Lane(
            old: old, new: new, path: tree.consistencyPath(from: old.segments, to: new.segments), grown: grown)
    }

    /// The published head of a lane, if this log is one that it is true of. Where it is not, the log was changed
    /// since, or is another one: no proof can be made, and that is the finding.
    private func checked(_ published: PublishedRoots, lane: Int) throws(LedgerError) -> TreeHead {
        guard published.log == log else {
            throw .invalid(argument: "the root file", reason: "it is of log \(published.log), not \(log)")
        }
        guard lane < trees.count, let head = published.head(ofLane: lane) else {
            throw .invalid(argument: "the root file", reason: "it has no root of lane \(lane)")
        }
        let tree = try tree(of: lane)
        guard head.segments <= UInt64(tree.roots.count), tree.root(of: head.segments) == head.root else {
            throw disagreement(head, "\(head.segments) closed segments")
        }
        if let open = head.open {
            let leaves = try tree.leaves(of: open.segment)
            guard open.events <= UInt64(leaves.count), leaves.root(of: Int(open.events)) == open.root else {
                throw disagreement(head, "the first \(open.events) events of segment \(open.segment)")
            }
        }
        return head
    }

    private func disagreement(_ head: TreeHead, _ what: String) -> LedgerError {
        .invalid(
            argument: "lane \(head.lane)",
            reason: "its log has not the published root over \(what): it was changed since, or cut short. Compare it "
                + "with a backup")
    }
}
