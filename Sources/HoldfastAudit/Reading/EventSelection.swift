package import Holdfast
package import HoldfastLog
package import HoldfastWallet

/// Which events of a ledger are wanted.
package struct EventSelection: Sendable {
    package var tenant: String?
    package var player: String?
    /// Events before this time are left out; milliseconds since 1970.
    package var from: Int64?
    /// Events after this time are left out.
    package var to: Int64?

    package init(tenant: String? = nil, player: String? = nil, from: Int64? = nil, to: Int64? = nil) {
        self.tenant = tenant
        self.player = player
        self.from = from
        self.to = to
    }

    package init(_ player: Player) { self.init(tenant: player.tenant, player: player.id) }

    /// The one player that is wanted, where it is one.
    var onePlayer: Player? {
        guard let tenant, let player else { return nil }
        return Player(player, of: tenant)
    }

    package func contains(time: Int64) -> Bool { time >= from ?? .min && time <= to ?? .max }
}

extension LedgerFiles {
    /// Calls `body` with the selected records in the order of their positions, from where the log begins, and `pause` now
    /// and then between them, with how many events have been passed.
    package func forEachRecord(
        _ selection: EventSelection, pause: (Int) throws -> Void = { _ in },
        _ body: (RecordView) throws(LedgerError) -> Void
    ) throws {
        if let player = selection.onePlayer { return try forEachRecord(of: player, selection, pause: pause, body) }
        let wanted = KeyFilter(selection)
        let reader = try self.reader(from: firstPosition)
        var passed = 0
        while true {
            let count = try reader.readBatch { (record, _, _, _) throws(LedgerError) in
                if wanted.accepts(record.key), selection.contains(time: record.time) { try body(record) }
            }
            if count == 0 { return }
            passed += count
            try pause(passed)
        }
    }

    /// Whether a tenant has any events, at whatever time.
    package func hasEvents(of tenant: String) throws -> Bool {
        struct Found: Error {}
        var isFound = false
        do {
            try forEachRecord(EventSelection(tenant: tenant)) { _ in
                if isFound { throw Found() }
            } _: { _ in
                isFound = true
            }
        } catch is Found {}
        return isFound
    }

    /// One player's events all lie in one lane, where the order of the lane is that of the positions.
    private func forEachRecord(
        of player: Player, _ selection: EventSelection, pause: (Int) throws -> Void,
        _ body: (RecordView) throws(LedgerError) -> Void
    ) throws {
        var passed = 0
        var failure: (any Error)?
        try forEachRecord(of: player) { (record, _) throws(LedgerError) in
            // Times never go back within a lane.
            if let to = selection.to, record.time > to { return false }
            if selection.contains(time: record.time) { try body(record) }
            passed += 1
            if passed & 0x3FF == 0 {
                do { try pause(passed) } catch { failure = error }
            }
            return failure == nil
        }
        if let failure { throw failure }
        try pause(passed)
    }
}

/// Tells by a record's key whether it is of a wanted tenant and player.
private struct KeyFilter {
    private let tenant: [UInt8]?
    private let player: [UInt8]?

    init(_ selection: EventSelection) {
        tenant = selection.tenant.map { Array($0.utf8) }
        player = selection.player.map { Array($0.utf8) }
    }

    func accepts(_ key: UnsafeRawBufferPointer) -> Bool {
        if tenant == nil, player == nil { return true }
        // A tenant's name has no slash, so the first one ends it.
        guard let slash = key.firstIndex(of: UInt8(ascii: "/")) else { return false }
        if let tenant, !key[..<slash].elementsEqual(tenant) { return false }
        if let player, !key[(slash + 1)...].elementsEqual(player) { return false }
        return true
    }
}

extension WalletEvent {
    /// The event of a record that the log vouches for; one that is no wallet event is damage all the same.
    package init(reading record: RecordView) throws(LedgerError) {
        do throws(MalformedEvent) {
            try self.init(record: record)
        } catch {
            throw .invalid(argument: "event at position \(record.position)", reason: "it can't be read: \(error)")
        }
    }
}
