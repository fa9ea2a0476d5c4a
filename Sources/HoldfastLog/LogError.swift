/// What can go wrong in the log. Each case carries its evidence; `description` says what failed, where, what was
/// expected and what to do about it.
public enum LogError: Error, Sendable, Equatable {
    /// There is no log at this place.
    case notALog(path: String, reason: String)
    /// A log is already there, and `create` was asked for.
    case alreadyExists(path: String)
    /// Written by a newer Holdfast: nothing was read beyond its header.
    case newerFormat(file: String, found: UInt32, supported: UInt32)
    /// The directory belongs to another kind of store (for example a wallet ledger opened as an event store).
    case otherKind(path: String, found: String, expected: String)
    /// Another process owns the directory.
    case locked(path: String)
    /// A file of the log is damaged. Nothing was changed.
    case damaged(Damage)
    /// The system refused an operation on a file.
    case io(DiskFailure)
    /// No space for the next segment. Reads go on; appends work again once there is space.
    case storageFull(path: String)
    /// The stream was not at the revision that the caller expected.
    case conflict(stream: String, expected: ExpectedRevision, actual: UInt64)
    /// An argument outside the limits; nothing was done.
    case invalid(argument: String, reason: String)
    /// The streams of one atomic append live in different lanes.
    case differentLanes(first: String, second: String)
    /// More commands wait than the inbox holds.
    case overloaded
    /// The store was closed, or stopped by an earlier failure; what was acknowledged is safe on disk.
    case stopped(reason: String)
    /// The outcome of a commit is not known (the write or sync failed). Open the log again to see what it holds.
    case unknownOutcome(DiskFailure)
    /// Another writer took over this lane.
    case fenced(lane: Int)
    /// What was asked for needs events that the log has given up (docs/RETENTION.md).
    case givenUp(needed: String, remains: String)
}

/// Damage to one file, with the place and what was expected there.
public struct Damage: Sendable, Equatable {
    public let file: String
    public let offset: UInt64
    /// The offset is in the segment as it was written: sealing packed it anew, and its events have none in the file.
    public let isBeforeSealing: Bool
    public let found: String

    package init(file: String, offset: UInt64, isBeforeSealing: Bool = false, found: String) {
        self.file = file
        self.offset = offset
        self.isBeforeSealing = isBeforeSealing
        self.found = found
    }
}

extension LogError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .notALog(let path, let reason):
            "\(path) is not a Holdfast log: \(reason)."
        case .alreadyExists(let path):
            "\(path) already holds a log. Nothing was changed; open it, or choose an empty directory."
        case .newerFormat(let file, let found, let supported):
            "\(file) has format version \(found); this program reads up to \(supported). Use a newer Holdfast."
        case .otherKind(let path, let found, let expected):
            "\(path) holds a \(found), not a \(expected). Open it with the matching type."
        case .locked(let path):
            "\(path) is in use by another process. One process owns a log; stop that one first."
        case .damaged(let damage):
            damage.description
        case .io(let failure):
            failure.description
        case .storageFull(let path):
            "no space for the next segment in \(path). Reads go on; appends work again once there is space."
        case .conflict(let stream, let expected, let actual):
            "stream \(stream) is at revision \(actual), not \(expected). Read it again and decide anew."
        case .invalid(let argument, let reason):
            "\(argument): \(reason)."
        case .differentLanes(let first, let second):
            "streams \(first) and \(second) live in different lanes and can't be appended to atomically."
        case .overloaded:
            "the inbox is full: commands arrive faster than they become durable. Slow down and try again."
        case .stopped(let reason):
            "the store has stopped: \(reason). What was acknowledged is safe; open it again to go on."
        case .unknownOutcome(let failure):
            "\(failure) Whether the last batch is durable is not known. Open the log again to see."
        case .fenced(let lane):
            "another writer has taken over lane \(lane). This one must not write any more; open the log again."
        case .givenUp(let needed, let remains):
            "\(needed) needs events that this log has given up: \(remains)."
        }
    }
}

extension Damage: CustomStringConvertible {
    /// What is wrong and where, without what to do about it.
    package var words: String {
        "\(file) is damaged at byte \(offset)\(isBeforeSealing ? " before it was sealed" : ""): \(found)"
    }

    public var description: String {
        words + ". Nothing was changed. Restore the file from a backup, or run `holdfast verify` to list all damage."
    }
}
