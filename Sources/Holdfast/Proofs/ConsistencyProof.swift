package import HoldfastLog
package import HoldfastText

/// That the log at a later moment begins with what it was at an earlier one: nothing was changed, taken out or put in
/// between. For each lane that the older root file names.
package struct ConsistencyProof: Sendable, Equatable {
    /// The id of the log, in hexadecimal.
    package let log: String
    package let lanes: [Lane]

    package struct Lane: Sendable, Equatable {
        package let old: TreeHead
        package let new: TreeHead
        /// From the lane's older tree to its newer one.
        package let path: [Digest]
        /// What became of the segment that was open then; nil where the older head does not speak of one.
        package let grown: GrownSegment?
    }

    package struct GrownSegment: Sendable, Equatable {
        /// The segment's tree at the later moment.
        package let events: UInt64
        package let root: Digest
        /// From its older tree to that one.
        package let path: [Digest]
        /// Where the segment was closed since: its leaf in the newer tree of the lane, and the leaf's path.
        package let closed: InclusionProof.ClosedPart?
    }

    package func check() throws(ProofFailure) {
        guard !lanes.isEmpty else { throw ProofFailure("the proof names no lane") }
        for lane in lanes { try Self.check(lane) }
    }

    private static func check(_ lane: Lane) throws(ProofFailure) {
        let (old, new) = (lane.old, lane.new)
        guard old.lane == new.lane else { throw ProofFailure("lanes \(old.lane) and \(new.lane) are compared") }
        guard
            MerkleProof.isConsistent(
                oldSize: old.segments, oldRoot: old.root, newSize: new.segments, newRoot: new.root, path: lane.path)
        else {
            throw ProofFailure(
                "lane \(old.lane): the tree of \(new.segments) segments is not shown to begin with that of "
                    + "\(old.segments)")
        }
        guard let open = old.open else { return }
        guard let grown = lane.grown else {
            throw ProofFailure("lane \(old.lane): what became of segment \(open.segment), then open, is not shown")
        }
        guard
            MerkleProof.isConsistent(
                oldSize: open.events, oldRoot: open.root, newSize: grown.events, newRoot: grown.root, path: grown.path)
        else {
            throw ProofFailure(
                "lane \(old.lane): segment \(open.segment) with \(grown.events) events is not shown to begin with the "
                    + "\(open.events) that it had")
        }
        try check(grown, of: open.segment, in: new)
    }

    private static func check(_ grown: GrownSegment, of segment: UInt64, in new: TreeHead) throws(ProofFailure) {
        if let now = new.open, now.segment == segment {
            guard grown.closed == nil, now.events == grown.events, now.root == grown.root else {
                throw ProofFailure("lane \(new.lane): segment \(segment) is shown with a root that the head has not")
            }
            return
        }
        guard let closed = grown.closed, let root = SegmentRoot(fields: closed.fields), root.lane == new.lane,
            root.number == segment, root.eventCount == grown.events, root.root == grown.root,
            MerkleProof.root(
                leaf: MerkleHash.leaf(closed.fields), index: segment, size: new.segments, path: closed.path) == new.root
        else {
            throw ProofFailure("lane \(new.lane): segment \(segment), open then, is not shown to be in the newer tree")
        }
    }

    /// Whether the proof is about these roots, all lanes of the older one included.
    package func check(from old: PublishedRoots?, to new: PublishedRoots?) throws(ProofFailure) {
        if let old {
            try check(lanes.map(\.old), are: old, "older")
            // Counting does not do: a lane may be shown twice in the place of another.
            for head in old.heads where !lanes.contains(where: { $0.old == head }) {
                throw ProofFailure("the proof does not show lane \(head.lane), which the older root file names")
            }
        }
        if let new { try check(lanes.map(\.new), are: new, "newer") }
    }

    private func check(
        _ heads: [TreeHead], are published: PublishedRoots, _ which: String
    ) throws(ProofFailure) {
        guard published.log == log else {
            throw ProofFailure("the \(which) root file is of another log: \(published.log)")
        }
        for head in heads where published.head(ofLane: head.lane) != head {
            throw ProofFailure("the proof's \(which) head of lane \(head.lane) is not the published one")
        }
    }
}

// MARK: As JSON

extension ConsistencyProof {
    static let kind = "consistency proof"

    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("holdfast", Self.kind as String?)
            json.member("version", 1)
            json.member("log", log as String?)
            json.member("lanes", objects: lanes, Self.writeMembers)
        }
    }

    private static func writeMembers(of lane: Lane, to json: inout JSONWriter) {
        json.key("old")
        ProofJSON.write(lane.old, to: &json)
        json.key("new")
        ProofJSON.write(lane.new, to: &json)
        ProofJSON.write("path", lane.path, to: &json)
        json.member("grown", object: lane.grown) { grown, json in
            json.member("events", grown.events)
            json.member("root", grown.root.hexadecimal as String?)
            ProofJSON.write("path", grown.path, to: &json)
            ProofJSON.write("closed", grown.closed, to: &json)
        }
    }

    init(_ fields: ProofFields) throws(ProofFailure) {
        var lanes: [Lane] = []
        for part in try fields.parts("lanes") {
            var grown: GrownSegment?
            if let segment = try part.partOrNull("grown") {
                grown = GrownSegment(
                    events: try segment.natural("events"), root: try segment.digest("root"),
                    path: try segment.path("path"), closed: try segment.closedPart("closed"))
            }
            lanes.append(
                Lane(
                    old: try part.part("old").head(), new: try part.part("new").head(), path: try part.path("path"),
                    grown: grown))
        }
        self.init(log: try fields.text("log"), lanes: lanes)
    }
}
