package import Holdfast
package import HoldfastLog

/// What can go wrong with the tables. Every case names the file and what to do about it.
package enum TablesError: Error, Sendable {
    /// SQLite refused something.
    case sqlite(SQLiteFailure)
    /// The log could not be read.
    case ledger(LedgerError)
    /// A file could not be made, renamed, synced or removed.
    case file(DiskFailure)
    /// There are no tables at this place.
    case notTables(path: String, reason: String)
    /// Written by a newer Holdfast; nothing was changed.
    case newerSchema(file: String, found: Int, supported: Int)
    /// These of so many shards could not be brought up to date, each for its own reason. The others were, unless the run
    /// was stopped before.
    case shards([TablesError], of: Int, othersAreWhole: Bool)
    /// One of the set's files is gone.
    case missingFile(String)
    /// The file is a database, but not the one that its place calls for.
    case foreignFile(file: String, found: String, expected: String)
    /// The tables were made from another ledger.
    case otherLedger(path: String, found: String, expected: String)
    /// The tables stand further than the log: it lost its end, or it is an older copy.
    case aheadOfLog(file: String, position: UInt64, logEnd: UInt64)
    case otherShardCount(path: String, found: Int, asked: Int)
    /// Another process keeps these tables up to date.
    case inUse(path: String)
    /// A day that the archive has taken, or has not taken yet.
    case day(file: String, day: Day, reason: String)
    /// An event could not be projected. It goes to the dead letters.
    case event(position: UInt64, reason: String)
    case invalid(argument: String, reason: String)
    /// A process that should have answered did not.
    case timedOut(String)
}

/// What SQLite said, about which file and while doing what.
package struct SQLiteFailure: Error, Sendable {
    package enum Kind: Sendable {
        case busy, full, damaged, readOnly, cannotOpen, io, constraint, tooBig, other
    }

    package let file: String
    /// The statement, or what was being done.
    package let statement: String
    /// The extended result code.
    package let code: Int32
    package let message: String
    /// The system's error number behind it, or 0.
    package var errno: Int32 = 0

    /// SQLITE_IOERR_SHMSIZE: there was no room for the index of the write-ahead log.
    private static let noRoomForIndex: Int32 = 4874

    package var kind: Kind {
        if code == Self.noRoomForIndex { return .full }
        return switch code & 0xFF {
        case 5, 6: .busy
        case 13: .full
        case 11, 26: .damaged
        case 8: .readOnly
        case 14: .cannotOpen
        case 10: .io
        case 19, 20: .constraint
        case 18: .tooBig
        default: .other
        }
    }

    /// Whether the row that was being written is at fault, and not the file: the next row may well do.
    var isAboutTheRow: Bool {
        switch kind {
        case .constraint, .tooBig: true
        case .busy, .full, .damaged, .readOnly, .cannotOpen, .io, .other: false
        }
    }

    /// What to do about it.
    func mend(_ rights: PathRights) -> String {
        switch kind {
        case .busy: "Another connection keeps it locked; it is tried again. Close whoever writes to it."
        case .full: "The disk is full. Free some space; the tables go on from where they stood."
        case .damaged: "Make it anew from the log with `holdfast tables rebuild`; nothing is lost."
        case .readOnly, .cannotOpen:
            OpenFiles.mend(errno) ?? Self.mendDirectory(of: file, rights)
                ?? "Check that the file and its directory may be written."
        case .io: "Check the disk; the tables can be made anew from the log with `holdfast tables rebuild`."
        case .constraint, .tooBig, .other: "`holdfast tables check` compares the tables with the log."
        }
    }
}

extension SQLiteFailure {
    /// SQLite says of the file what is wrong with the directory around it.
    private static func mendDirectory(of file: String, _ rights: PathRights) -> String? {
        if let closed = rights.closedDirectory(above: file) {
            return "The directory \(closed) may not be entered by this user: change its owner or mode."
        }
        return rights.unwritableDirectory(of: file).map { directory in
            "The directory \(directory) is not writable by this user, and whoever reads or writes a table needs it: the "
                + "newest rows stand in files beside it that come and go. Change its owner or mode, or work as its owner."
        }
    }
}

extension SQLiteFailure: CustomStringConvertible {
    package var description: String {
        "\(file): \(message) (SQLite code \(code), at: \(statement.prefix(160))). \(mend(PathRights()))"
    }
}

extension TablesError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .sqlite(let failure): failure.description
        case .ledger(let error): error.description
        case .file(let failure): failure.description
        case .notTables(let path, let reason):
            "\(path) holds no tables: \(reason). `holdfast tables sync` makes them."
        case .shards(let failures, let count, let othersAreWhole):
            "\(failures.count) of \(count) shards could not be brought up to date"
                + (failures.count < count && othersAreWhole ? "; the others have every event:" : ":")
                + failures.map { "\n  \($0)" }.joined()
        case .newerSchema(let file, let found, let supported):
            "\(file) has schema version \(found); this program knows up to \(supported). Nothing was changed. "
                + "Use a newer Holdfast, or make the tables anew elsewhere."
        case .missingFile(let file):
            "\(file) is missing. `holdfast tables rebuild` makes it anew from the log."
        case .foreignFile(let file, let found, let expected):
            "\(file) is not the file that belongs here: it is \(found), expected was \(expected). "
                + "Nothing was changed. Put the right file back, or run `holdfast tables rebuild`."
        case .otherLedger(let path, let found, let expected):
            "\(path) holds the tables of ledger \(found), not of \(expected). Choose another directory."
        case .aheadOfLog(let file, let position, let logEnd):
            "\(file) stands at event \(position), but the log ends at \(logEnd): it lost its end, or it is an older "
                + "copy. The file was not changed. Find the right log, or make the tables anew with "
                + "`holdfast tables rebuild`."
        case .otherShardCount(let path, let found, let asked):
            "\(path) has \(found) shards, not \(asked). `holdfast tables reshard` changes their number."
        case .inUse(let path):
            "\(path) is kept up to date by another process. Stop that one first."
        case .day(let file, let day, let reason): "\(file), day \(day): \(reason)."
        case .event(let position, let reason): "the event at position \(position) can't be projected: \(reason)."
        case .invalid(let argument, let reason): "\(argument): \(reason)."
        case .timedOut(let what): "\(what)."
        }
    }
}
