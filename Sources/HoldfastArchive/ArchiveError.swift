package import HoldfastLog
private import HoldfastText

/// What can go wrong with an archive. Each case carries its evidence; the description says what failed, where, what
/// was expected and what to do.
package enum ArchiveError: Error, Sendable, Equatable {
    /// The system refused an operation on a file.
    case io(DiskFailure)
    /// The ledger or its tables could not be read.
    case log(LogError)
    /// The tables refused; the text is theirs.
    case shelf(String, reason: String)
    /// Another run holds the archive.
    case busy(root: String)
    /// There is no archive at this place.
    case notAnArchive(root: String, reason: String)
    /// A file is not what its manifest says, or a manifest not what its successor says.
    case damaged(file: String, found: String)
    /// A file that the newest snapshot names is nowhere.
    case missing(file: String, neededBy: String)
    /// Another writer committed this version in between.
    case conflict(version: UInt64)
    /// The clock can't be right.
    case clock(reason: String)
    /// A row is in the tables and in the archive, and not the same.
    case rowsDiffer(place: String, found: String)
    /// An argument makes no sense; nothing was done.
    case invalid(argument: String, reason: String)
    /// A tenant or player of whom there is nothing.
    case unknown(String, root: String)
    /// Written by a newer program.
    case newerFormat(file: String, found: Int64)
}

extension ArchiveError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .io(let failure): Self.text(failure)
        case .log(let error): error.description
        case .shelf(let name, let reason): "\(name): \(reason)"
        case .busy(let root):
            "\(root) is in use by another run. Nothing was changed; wait for that one to end."
        case .notAnArchive(let root, let reason):
            "\(root) is not an archive: \(reason). Check the path; `holdfast archive run` makes one."
        case .damaged(let file, let found):
            "\(file) is damaged: \(found). Nothing was changed. Restore the file from a copy; "
                + "`holdfast archive verify` lists all damage."
        case .missing(let file, let neededBy):
            "\(file) is missing, and \(neededBy) needs it. Nothing was changed. Restore the file from a copy; "
                + "`holdfast archive verify` lists all damage."
        case .conflict(let version):
            "another writer committed version \(version) meanwhile. Nothing of this run was published; run it again."
        case .clock(let reason): "the clock can't be right: \(reason)"
        case .rowsDiffer(let place, let found):
            "\(place): a row in the tables is not the one in the archive: \(found). Nothing was changed. "
                + "`holdfast tables check` and `holdfast archive verify` say which of the two is wrong."
        case .invalid(let argument, let reason): "\(argument): \(reason)."
        case .unknown(let whom, let root): "\(whom) has no rows in \(root). Nothing was changed."
        case .newerFormat(let file, let found):
            "\(file) has format version \(found); this program reads up to \(Snapshot.formatVersion). "
                + "Use a newer Holdfast."
        }
    }

    private static func text(_ failure: DiskFailure) -> String {
        if SystemErrors.meansFull(failure.errno) {
            return "\(failure) Nothing was lost: rows stay in the tables until their files are safe. "
                + "Make space and run it again; what this run had begun is cleared away first."
        }
        if failure.errno == SystemErrors.otherFileSystem {
            return "\(failure) warehouse/, _staging/, _retired/ and _metadata/ must lie on one file system, because "
                + "files are moved between them in one step. Mount the whole archive there, not one of its folders."
        }
        return failure.description
    }
}

/// Failures of the disk as failures of the archive.
func onDisk<Result>(_ body: () throws(DiskFailure) -> Result) throws(ArchiveError) -> Result {
    do throws(DiskFailure) {
        return try body()
    } catch {
        throw .io(error)
    }
}

/// Failures of the log as failures of the archive.
func inLog<Result>(_ body: () throws(LogError) -> Result) throws(ArchiveError) -> Result {
    do throws(LogError) {
        return try body()
    } catch {
        throw .log(error)
    }
}
