internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Reads the log and deals its records out to the shards they belong to.
struct LogFeed: ~Copyable {
    let files: LedgerFiles
    private var reader: LogReader
    private let shards: Int
    private let scratch = RecordScratch()

    init(_ files: LedgerFiles, from position: UInt64, shards: Int) throws(TablesError) {
        self.files = files
        self.shards = shards
        reader = try Self.reader(files, from: position)
    }

    /// The position of the next event.
    var next: UInt64 { reader.next }

    mutating func rewind(to position: UInt64) throws(TablesError) {
        reader = try Self.reader(files, from: position)
    }

    private static func reader(_ files: LedgerFiles, from position: UInt64) throws(TablesError) -> LogReader {
        do throws(LedgerError) { return try files.reader(from: position) } catch { throw .ledger(error) }
    }

    /// Takes in what the ledger's owner has written since.
    func catchUp() throws(TablesError) {
        do throws(LedgerError) { try files.catchUp(reader) } catch { throw .ledger(error) }
    }

    /// Reads one batch of the log; 0 at its end. `take` gets each record with its shard and, of a rollback, the kind of
    /// the debit or credit that was undone.
    func readBatch(
        _ take: (_ shard: Int, RecordView, _ address: UInt64, _ lane: Int, _ undone: UInt8) -> Void
    ) throws(TablesError) -> Int {
        do throws(LedgerError) {
            return try reader.readBatch { (record, _, lane, address) throws(LedgerError) in
                var undone: UInt8 = 0
                if record.type == EventKind.rolledBack.rawValue { undone = try undoneMovement(record, lane) }
                take(Shard.number(of: record.playerID, shards: shards), record, address, lane, undone)
            }
        } catch {
            throw .ledger(error)
        }
    }

    /// A rollback's record says that a debit or a credit was undone, and where it stands, but not of which kind. Of one
    /// that the log has given up nobody knows any more: 0.
    private func undoneMovement(_ record: RecordView, _ lane: Int) throws(LedgerError) -> UInt8 {
        guard let rollback = try? WalletEvent(record: record), rollback.undone == .debit || rollback.undone == .credit
        else { return 0 }
        let log = files.logs[lane]
        let beginning = max(1, log.firstAddress)
        var address = rollback.about
        while address >= beginning {
            // By its key, which is the rollback's: a sealed segment is asked for a player, and not unpacked whole.
            guard let earlier = try scratch.load(address, of: record.key, from: log) else {
                throw log.damage(at: address, "there is no event where another one refers to")
            }
            guard let event = try? WalletEvent(record: earlier) else { return 0 }
            if event.kind == .debited || event.kind == .credited { return event.movement }
            address = event.about
        }
        return 0
    }
}
