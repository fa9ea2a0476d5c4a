package import Holdfast
internal import HoldfastLog
internal import HoldfastTables

/// A player's whole history: what the ledger's log has, and before it what only the archive has any more.
///
/// The log counts where both have an event, so nothing comes twice. Events that neither has, between the archive's and
/// the log's or before both, are told rather than passed over.
package struct WholeHistory {
    package enum Event {
        /// A record of the log, by its address.
        case logged(address: UInt64)
        /// The event's rows as they lie in the archive: one, or two of an exchange.
        case archived([ArchivedRow])
    }

    /// Oldest first.
    package private(set) var events: [Event] = []
    /// Whether the log or the archive has anything of the player, whatever was asked for.
    package private(set) var isKnown = false
    /// The player's first event that the log still has, if there is one.
    package let firstLogged: UInt64?
    /// Events that were asked for and that neither has.
    package private(set) var missing: ClosedRange<UInt64>?

    /// All events from `first` to `last`, or of these only the oldest `limit`.
    package init(
        of player: Player, in files: LedgerFiles, and archive: Archive?, from first: UInt64, to last: UInt64,
        limit: Int = .max
    ) throws(ArchiveError) {
        var logged: [UInt64] = []
        var firstLogged: UInt64?
        try inLog { () throws(LogError) in
            try files.forEachRecord(of: player) { (record, address) throws(LogError) in
                if firstLogged == nil { firstLogged = record.revision }
                if record.revision > last { return false }
                if record.revision >= first { logged.append(address) }
                return logged.count < limit
            }
        }
        // Where the log has what was asked for, the archive is not looked at.
        var archived: [ArchivedRow] = []
        if let archive, firstLogged.map({ $0 > first }) ?? true {
            try Self.check(archive, belongsTo: files)
            archived = try archive.history(tenant: player.tenant, player: player.id)
        }
        self.init(logged, firstLogged: firstLogged, archived, from: first, to: last, limit: limit)
    }

    /// Of the log's events those between the bounds, of the archive's rows all.
    init(
        _ logged: [UInt64], firstLogged: UInt64?, _ archived: [ArchivedRow], from first: UInt64, to last: UInt64,
        limit: Int = .max
    ) {
        self.firstLogged = firstLogged
        isKnown = firstLogged != nil || !archived.isEmpty
        let lastArchived = min(last, firstLogged.map { $0 - 1 } ?? .max)
        appendArchived(archived.filter { $0.seq >= first && $0.seq <= lastArchived })
        events += logged.map { .logged(address: $0) }
        if events.count > limit { events.removeSubrange(limit...) }
        // An archive holds a player's events from the first one on, so only its end and the log's begin can be apart.
        let from = max(first, (archived.last?.seq ?? 0) + 1)
        let to = min(last, (firstLogged ?? 0) &- 1)
        if firstLogged != nil, from <= to { missing = from...to }
    }

    private mutating func appendArchived(_ rows: [ArchivedRow]) {
        var event: [ArchivedRow] = []
        for row in rows {
            if let before = event.first, before.seq != row.seq {
                events.append(.archived(event))
                event = []
            }
            event.append(row)
        }
        if !event.isEmpty { events.append(.archived(event)) }
    }

    private static func check(_ archive: Archive, belongsTo files: LedgerFiles) throws(ArchiveError) {
        let own = files.directory.manifest.log.text
        if let log = archive.otherLog(than: own) {
            throw .invalid(
                argument: archive.storage.root, reason: "it is the archive of ledger \(log), not of \(own)")
        }
    }
}
