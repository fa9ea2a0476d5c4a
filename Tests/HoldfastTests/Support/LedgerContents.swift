import HoldfastWallet
import SimulatedDisk
import WalletModel

import struct HoldfastText.JSONWriter

@testable import Holdfast
@testable import HoldfastLog

/// Everything that a ledger's files say, read without owning them.
struct LedgerContents {
    /// In the order of the log.
    let events: [LedgerEvent]
    /// Balances by replay from the first event, and from the newest snapshots, one line a purse.
    let replayedBooks: String
    let recoveredBooks: String

    init(on disk: SimulatedDisk) throws(LedgerError) {
        let files = try LedgerFiles(LedgerByHand.path, on: disk)
        events = try Self.events(of: files)
        replayedBooks = try LedgerBooks(replaying: files).lines.text
        recoveredBooks = LedgerBooks(of: try files.recoverStates().map(\.0)).lines.text
    }

    static func events(of files: LedgerFiles) throws(LedgerError) -> [LedgerEvent] {
        try read(try files.reader(from: 1))
    }

    /// What a reader has to give now.
    static func read(_ reader: LogReader) throws(LedgerError) -> [LedgerEvent] {
        var events: [LedgerEvent] = []
        var count = 1
        while count > 0 {
            count = try reader.readBatch { (record, _, _, _) throws(LedgerError) in
                events.append(try LedgerEvent(record))
            }
        }
        return events
    }
}

extension LedgerEvent {
    var account: AccountName { AccountName(tenant: player.tenant, player: player.id) }

    /// The request that the event answers to. An expiry names its hold, as the model does.
    var request: ByteName { ByteName(requestID ?? target ?? "") }
}

extension PlayerView {
    var account: AccountName { AccountName(tenant: tenant, player: player) }
}
