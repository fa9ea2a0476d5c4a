/// What a stream must look like for an append to go through: the guard against two writers who both read revision 7.
public enum ExpectedRevision: Sendable, Equatable {
    /// Append whatever is there.
    case any
    /// The stream must not exist yet.
    case none
    /// The stream's last event must have this revision.
    case exact(UInt64)
}

extension ExpectedRevision: CustomStringConvertible {
    public var description: String {
        switch self {
        case .any: "any"
        case .none: "a new stream"
        case .exact(let revision): "\(revision)"
        }
    }
}
