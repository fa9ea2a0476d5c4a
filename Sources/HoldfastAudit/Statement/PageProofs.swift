internal import Holdfast
internal import HoldfastText

/// The part of a page that proves its events: how any of a player's is proven, and the proofs that are at hand, each
/// a file to be saved.
struct PageProofs {
    let player: Player
    /// The ledger's, as whoever makes the page named it.
    let directory: String

    /// Where an event's row leads when its proof is not on the page.
    static let anchor = "proofs"

    static func anchor(of line: Statement.Line) -> String { "proof-\(line.seq)" }

    /// Of few, each is open, so that it is printed.
    private static let openMax = 4

    func write(_ proofs: [(line: Statement.Line, proof: InclusionProof)], to page: inout Page) throws {
        page.heading("Proofs")
        let words = [directory, player.tenant, player.id].map(Self.quoted).joined(separator: " ")
        page.detail(
            "How any event here is proven", anchor: Self.anchor,
            code: "holdfast prove \(words) SEQ > proof.json\nholdfast prove --check proof.json --root ROOTFILE")
        if proofs.isEmpty { return }
        page.note("Each of these is a proof file: save it, and check it with holdfast prove --check FILE.")
        for (line, proof) in proofs {
            // A page shows a stand-in for what it must not hold, and a proof with one in it would not hold.
            let file = try proof.json().text.visibleJSON
            page.detail(
                "Event \(line.seq): \(line.words)", anchor: Self.anchor(of: line), code: file,
                isOpen: proofs.count <= Self.openMax)
        }
    }

    /// For a shell, whatever the name holds.
    private static func quoted(_ word: String) -> String {
        let isPlain = word.utf8.allSatisfy {
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= $0
                || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || "-_./".utf8.contains($0)
        }
        if isPlain, !word.isEmpty { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
