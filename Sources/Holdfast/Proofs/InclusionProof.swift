package import HoldfastLog
package import HoldfastText
package import HoldfastWallet

/// That one event stands in the log, at its place, as it is shown: its record, the path from there to the root of its
/// segment, and from there to the head of its lane's tree.
package struct InclusionProof: Sendable, Equatable {
    /// The id of the log, in hexadecimal.
    package let log: String
    package let record: [UInt8]
    package let segment: SegmentPart
    /// From a closed segment to the head; nil where the segment was still open.
    package let closed: ClosedPart?
    package let head: TreeHead

    /// From the record to the root of its segment.
    package struct SegmentPart: Sendable, Equatable {
        package let number: UInt64
        package let index: UInt64
        package let events: UInt64
        package let root: Digest
        package let path: [Digest]
    }

    package struct ClosedPart: Sendable, Equatable {
        /// `SegmentRoot.fields`: the leaf of the lane's tree.
        package let fields: [UInt8]
        package let path: [Digest]
    }

    /// Checks everything that the proof says of itself; the published root is another matter (`check(against:)`).
    package func check() throws(ProofFailure) {
        let leaf = record.withUnsafeBytes { MerkleHash.leaf($0) }
        guard
            MerkleProof.root(leaf: leaf, index: segment.index, size: segment.events, path: segment.path)
                == segment.root
        else {
            throw ProofFailure(
                "the record is not event \(segment.index) of the \(segment.events) in segment \(segment.number): "
                    + "its path does not lead to the segment's root")
        }
        if let closed {
            try check(closed)
        } else {
            let open = TreeHead.OpenTree(segment: segment.number, events: segment.events, root: segment.root)
            guard head.open == open else {
                throw ProofFailure("the segment's root is not that of the open segment in the head")
            }
        }
    }

    private func check(_ closed: ClosedPart) throws(ProofFailure) {
        guard let root = SegmentRoot(fields: closed.fields), root.lane == head.lane, root.number == segment.number,
            root.eventCount == segment.events, root.root == segment.root
        else {
            throw ProofFailure("the leaf of segment \(segment.number) in the lane's tree says something else of it")
        }
        let leaf = MerkleHash.leaf(closed.fields)
        guard
            MerkleProof.root(leaf: leaf, index: segment.number, size: head.segments, path: closed.path) == head.root
        else {
            throw ProofFailure(
                "segment \(segment.number) is not in lane \(head.lane)'s tree of \(head.segments) segments: "
                    + "its path does not lead to the head")
        }
    }

    /// Whether the proof's head is the published one.
    package func check(against published: PublishedRoots) throws(ProofFailure) {
        guard published.log == log else { throw ProofFailure("the root file is of another log: \(published.log)") }
        guard let theirs = published.head(ofLane: head.lane) else {
            throw ProofFailure("the root file has no root of lane \(head.lane)")
        }
        guard theirs == head else {
            throw ProofFailure(
                "the proof's head (\(Self.words(head))) is not the published one (\(Self.words(theirs))). A proof for "
                    + "another head is made with `holdfast prove … --root ROOTFILE`")
        }
    }

    private static func words(_ head: TreeHead) -> String {
        let open = head.open.map { ", \($0.events) events in the open one" } ?? ""
        return "\(head.segments) segments of lane \(head.lane)\(open)"
    }

    /// The rows that the record says.
    package func withRows<Result>(
        _ body: (EventRows) throws(ProofFailure) -> Result
    ) throws(ProofFailure) -> Result {
        var result: Swift.Result<Result, ProofFailure>?
        record.withUnsafeBytes { raw in
            do throws(ProofFailure) {
                result = .success(try body(try Self.rows(of: raw)))
            } catch {
                result = .failure(error)
            }
        }
        return try result!.get()
    }

    private static func rows(of record: UnsafeRawBufferPointer) throws(ProofFailure) -> EventRows {
        guard let base = record.baseAddress, let view = RecordView.validated(base, available: record.count),
            view.size == record.count
        else { throw ProofFailure("the record's bytes do not match their own checksum") }
        do throws(LedgerError) {
            return try EventRows(reading: view)
        } catch {
            throw ProofFailure("the record is no event of a wallet: \(error)")
        }
    }
}

// MARK: As text

extension InclusionProof {
    /// For people, and for whoever computes it anew by hand: the leaf, the other child of each node on the way up, and
    /// what that leads to.
    package var lines: [String] {
        let leaf = record.withUnsafeBytes { MerkleHash.leaf($0) }
        var lines = [
            "proof: event \(segment.index) of the \(segment.events) in segment \(segment.number)",
            "  leaf  \(leaf.hexadecimal)",
        ]
        lines += segment.path.map { "  with  \($0.hexadecimal)" }
        lines.append("  root  \(segment.root.hexadecimal) of the segment")
        if let closed {
            lines.append("  leaf  \(MerkleHash.leaf(closed.fields).hexadecimal) of the segment in the lane's tree")
            lines += closed.path.map { "  with  \($0.hexadecimal)" }
            lines.append("  root  \(head.root.hexadecimal) of lane \(head.lane), \(head.segments) closed segments")
        } else {
            lines.append("        in the head of lane \(head.lane), behind \(head.segments) closed segments")
        }
        return lines
    }
}

// MARK: As JSON

extension InclusionProof {
    static let kind = "inclusion proof"

    package func json() throws(ProofFailure) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("holdfast", Self.kind as String?)
        json.member("version", 1)
        json.member("log", log as String?)
        json.key("event")
        json.beginArray()
        for row in try rowTexts() { row.withUnsafeBytes { json.raw($0) } }
        json.endArray()
        json.member("record", Hexadecimal.text(record) as String?)
        json.member("segment") { json in
            json.member("number", segment.number)
            json.member("index", segment.index)
            json.member("events", segment.events)
            json.member("root", segment.root.hexadecimal as String?)
            ProofJSON.write("path", segment.path, to: &json)
        }
        ProofJSON.write("closed", closed, to: &json)
        json.key("head")
        ProofJSON.write(head, to: &json)
        json.endObject()
        json.newline()
        return json
    }

    /// The rows of the record, each as it stands in `holdfast events`, without the line's end.
    private func rowTexts() throws(ProofFailure) -> [[UInt8]] {
        try withRows { rows throws(ProofFailure) in
            [rows.first, rows.second].compactMap { row in
                guard let row else { return nil }
                var json = JSONWriter()
                RowJSON.write(row, to: &json)
                return json.withBytes { Array($0.dropLast()) }
            }
        }
    }

    /// Reads a proof and refuses one whose rows are not what its record says.
    init(_ fields: ProofFields) throws(ProofFailure) {
        let segment = try fields.part("segment")
        self.init(
            log: try fields.text("log"), record: try fields.bytes("record"),
            segment: SegmentPart(
                number: try segment.natural("number"), index: try segment.natural("index"),
                events: try segment.natural("events"), root: try segment.digest("root"),
                path: try segment.path("path")), closed: try fields.closedPart("closed"),
            head: try fields.part("head").head())
        var rows: [JSONTree] = []
        for text in try rowTexts() {
            guard let row = try? JSONTree(parsing: text) else { throw ProofFailure("the record's row is no JSON") }
            rows.append(row)
        }
        guard try fields.elements("event") == rows else {
            throw ProofFailure("the event that is shown is not what the record says")
        }
    }
}
