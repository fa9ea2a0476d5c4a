package import HoldfastTables
package import HoldfastWallet

/// One shard of the tables as the archive sees it: days of rows that can be read, marked and dropped. The seam to
/// SQLite; the tests have one in memory. A thread may gather a day and count it while another does the rest with other
/// days.
package protocol RowShelf: AnyObject {
    /// For people and the names of snapshots: `shard-00`.
    var name: String { get }
    var label: ShardLabel { get }
    /// Every event of the ledger up to here that belongs to the shard is in it.
    func position() throws(ArchiveError) -> UInt64

    /// The days that have rows, sorted.
    func days() throws(ArchiveError) -> [ShelfDay]

    /// How many rows of each day the archive has taken: they are marked, or dropped already.
    func rowsTaken() throws(ArchiveError) -> [Day: Int]

    /// Calls `body` with all rows of a day in the order of player (by bytes), tenant and seq, of an exchange what went
    /// out first; returns how many there were. With `notYetArchived` only those that came after the last mark.
    @discardableResult
    func forEachRow(
        of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError) -> Int

    /// Hands over what is not archived yet of a day, in the same order, in pieces of bounded size. The next piece is
    /// gathered when `take` returns.
    func gather(_ day: Day, _ take: (any RowPiece) throws(ArchiveError) -> Void) throws(ArchiveError)

    /// As if `gather` had read the day, without reading it: how many rows it would have handed over.
    func countUnarchived(of day: Day) throws(ArchiveError) -> Int

    /// Marks the rows that `gather` last read of the day, in one transaction. Throws where these are no longer all that
    /// is there up to the last of them and was not archived.
    func markArchived(_ day: Day, receipt: String, at now: Int64) throws(ArchiveError)

    /// Drops a day whose rows are all archived, in one transaction; throws where one is not.
    func drop(_ day: Day) throws(ArchiveError)
}

/// Rows of a day in memory, in order. They are whoever's has the piece, on whichever thread.
package protocol RowPiece: Sendable {
    var count: Int { get }
    func forEachRow(_ body: (EventRow) throws(ArchiveError) -> Void) throws(ArchiveError)
}

package struct ShelfDay: Equatable, Sendable {
    package let day: Day
    package let rows: Int
    package let unarchivedRows: Int

    package init(_ day: Day, rows: Int, unarchivedRows: Int) {
        self.day = day
        self.rows = rows
        self.unarchivedRows = unarchivedRows
    }
}
