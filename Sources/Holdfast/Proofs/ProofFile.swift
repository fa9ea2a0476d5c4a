internal import HoldfastText

/// A proof as `holdfast prove` writes it, of whichever kind.
package enum ProofFile: Sendable, Equatable {
    case inclusion(InclusionProof)
    case consistency(ConsistencyProof)

    /// Reads a proof. What it claims is not believed before `check`.
    package init(reading bytes: [UInt8]) throws(ProofFailure) {
        let fields = try ProofFields(bytes, what: "proof")
        switch fields.kind {
        case InclusionProof.kind: self = .inclusion(try InclusionProof(fields))
        case ConsistencyProof.kind: self = .consistency(try ConsistencyProof(fields))
        case "roots", "segment root": throw ProofFailure("this is a root file; it is given with --root")
        default: throw ProofFailure("this is no proof but: \(fields.kind)")
        }
    }

    /// Checks the proof, and that it is about the published roots that are given: the one it leads to, and of a
    /// consistency proof also the older one.
    package func check(against root: PublishedRoots?, since old: PublishedRoots? = nil) throws(ProofFailure) {
        switch self {
        case .inclusion(let proof):
            guard old == nil else { throw ProofFailure("this proof is about an event, not about two roots") }
            try proof.check()
            if let root { try proof.check(against: root) }
        case .consistency(let proof):
            try proof.check()
            try proof.check(from: old, to: root)
        }
    }
}
