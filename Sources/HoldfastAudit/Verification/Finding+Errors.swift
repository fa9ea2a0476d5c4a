internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastTables

// What was thrown while something was read or compared, as a finding: the place goes into its fields, and advice to run
// what is running already is left out.
extension Finding {
    init(_ error: LogError, as check: Check = .log) {
        switch error {
        case .damaged(let damage): self.init(damage, as: check)
        case .io(let failure): self.init(failure, as: check)
        case .notALog(let path, let reason):
            self.init(check, found: reason)
            file = path
        // Of a backup's files the path is the argument.
        case .invalid(let path, let reason) where check == .backup:
            self.init(check, found: reason)
            file = path
        default: self.init(check, found: error.description)
        }
    }

    init(_ damage: Damage, as check: Check) {
        self.init(check, found: damage.found)
        file = damage.file
        offset = damage.offset
        isBeforeSealing = damage.isBeforeSealing
        if check == .log, !isBeforeSealing { DamagedRecord.name(&self) }
    }

    private init(_ failure: DiskFailure, as check: Check) {
        self.init(check, found: failure.description)
        file = failure.path
    }

    init(_ error: ArchiveError) {
        switch error {
        case .damaged(let path, let found):
            self.init(.archive, found: found)
            file = path
        case .missing(let path, let neededBy):
            self.init(.archive, found: "it is missing, and \(neededBy) needs it")
            file = path
        case .newerFormat(let path, _):
            self.init(.archive, found: error.description)
            file = path
        case .io(let failure): self.init(failure, as: .archive)
        case .log(let error): self.init(error, as: .archive)
        default: self.init(.archive, found: error.description)
        }
    }

    /// What kept the record of the events at `path` from being compared with the log.
    init(_ error: any Error, as check: Check, at path: String) {
        switch error {
        case let error as ArchiveError: self.init(error)
        case let error as LogError: self.init(error, as: check)
        case TablesError.file(let failure): self.init(failure, as: check)
        case TablesError.ledger(let error): self.init(error, as: check)
        default: self.init(check, found: "\(error)")
        }
        if file == nil { file = path }
    }
}
