internal import HoldfastLog
internal import HoldfastText

/// How proofs and roots are written: hashes and bytes in hexadecimal, numbers as they are.
enum ProofJSON {
    static func write(_ head: TreeHead, to json: inout JSONWriter) {
        json.beginObject()
        json.member("lane", head.lane)
        json.member("segments", head.segments)
        json.member("root", head.root.hexadecimal as String?)
        json.member("open", object: head.open) { open, json in
            json.member("segment", open.segment)
            json.member("events", open.events)
            json.member("root", open.root.hexadecimal as String?)
        }
        json.endObject()
    }

    static func write(_ key: StaticString, _ path: [Digest], to json: inout JSONWriter) {
        json.member(key, texts: path.map(\.hexadecimal))
    }

    static func write(_ key: StaticString, _ closed: InclusionProof.ClosedPart?, to json: inout JSONWriter) {
        json.member(key, object: closed) { closed, json in
            json.member("leaf", Hexadecimal.text(closed.fields) as String?)
            write("path", closed.path, to: &json)
        }
    }
}

/// The fields of a proof or root file. Whatever is missing or of another kind is named.
struct ProofFields {
    private let tree: JSONTree
    private let what: String

    /// A whole file; `what` is how messages call it.
    init(_ bytes: [UInt8], what: String) throws(ProofFailure) {
        do throws(JSONError) {
            tree = try JSONTree(parsing: bytes)
        } catch {
            throw ProofFailure("the \(what) is no JSON: \(error)")
        }
        self.what = what
        guard case .object = tree, !kind.isEmpty else {
            throw ProofFailure("this is no \(what): it has no field “holdfast” that says what it is")
        }
        let version = try natural("version")
        guard version == 1 else {
            throw ProofFailure("the \(what) has version \(version); this program reads version 1")
        }
    }

    private init(_ tree: JSONTree, what: String) {
        self.tree = tree
        self.what = what
    }

    var kind: String { tree["holdfast"]?.string ?? "" }

    func text(_ name: String) throws(ProofFailure) -> String {
        guard let text = tree[name]?.string else { throw missing(name, "a text") }
        return text
    }

    func textIfGiven(_ name: String) -> String? { tree[name]?.string }

    func natural(_ name: String) throws(ProofFailure) -> UInt64 {
        guard let number = tree[name]?.integer, number >= 0 else { throw missing(name, "a whole number") }
        return UInt64(number)
    }

    func digest(_ name: String) throws(ProofFailure) -> Digest {
        guard let digest = Digest(hexadecimal: try text(name)) else { throw missing(name, "64 hexadecimal digits") }
        return digest
    }

    func bytes(_ name: String) throws(ProofFailure) -> [UInt8] {
        guard let bytes = Hexadecimal.bytes(try text(name)) else { throw missing(name, "hexadecimal digits") }
        return bytes
    }

    func path(_ name: String) throws(ProofFailure) -> [Digest] {
        var path: [Digest] = []
        for element in try elements(name) {
            guard let digest = element.string.flatMap({ Digest(hexadecimal: $0) }) else {
                throw missing(name, "a list of hashes")
            }
            path.append(digest)
        }
        return path
    }

    func elements(_ name: String) throws(ProofFailure) -> [JSONTree] {
        guard let elements = tree[name]?.elements else { throw missing(name, "a list") }
        return elements
    }

    func parts(_ name: String) throws(ProofFailure) -> [ProofFields] {
        try elements(name).map { ProofFields($0, what: what) }
    }

    func part(_ name: String) throws(ProofFailure) -> ProofFields {
        guard let part = try partOrNull(name) else { throw missing(name, "an object") }
        return part
    }

    /// The field must be there: null is said, not left out.
    func partOrNull(_ name: String) throws(ProofFailure) -> ProofFields? {
        switch tree[name] {
        case .object?: ProofFields(tree[name]!, what: what)
        case .null?: nil
        default: throw missing(name, "an object or null")
        }
    }

    func head() throws(ProofFailure) -> TreeHead {
        var open: TreeHead.OpenTree?
        if let part = try partOrNull("open") {
            open = TreeHead.OpenTree(
                segment: try part.natural("segment"), events: try part.natural("events"),
                root: try part.digest("root"))
        }
        let segments = try natural("segments")
        if let open, open.segment != segments {
            throw ProofFailure("the open segment has number \(open.segment), but \(segments) are closed before it")
        }
        return TreeHead(
            lane: Int(clamping: try natural("lane")), segments: segments, root: try digest("root"), open: open)
    }

    /// One of each lane: with two, what is published would be whichever suits.
    func heads(_ name: String) throws(ProofFailure) -> [TreeHead] {
        var heads: [TreeHead] = []
        for part in try parts(name) {
            let head = try part.head()
            guard !heads.contains(where: { $0.lane == head.lane }) else {
                throw ProofFailure("the \(what) has two heads of lane \(head.lane)")
            }
            heads.append(head)
        }
        return heads
    }

    func closedPart(_ name: String) throws(ProofFailure) -> InclusionProof.ClosedPart? {
        guard let part = try partOrNull(name) else { return nil }
        return InclusionProof.ClosedPart(fields: try part.bytes("leaf"), path: try part.path("path"))
    }

    private func missing(_ name: String, _ kind: String) -> ProofFailure {
        ProofFailure("the \(what) lacks the field “\(name)”, \(kind)")
    }
}
