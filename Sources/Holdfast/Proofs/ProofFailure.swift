/// Why a proof does not hold, or a file is no proof or root at all: in words for the person who checks it.
package struct ProofFailure: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
