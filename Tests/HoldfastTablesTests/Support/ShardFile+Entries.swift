import HoldfastWallet

@testable import HoldfastTables

extension ShardFile {
    /// All of a day's rows, one by one, as an archive would come by them.
    @discardableResult
    func forEachEntry(
        of day: Day, notYetArchived: Bool, _ body: (EventRow) throws(TablesError) -> Void
    ) throws(TablesError) -> ReadRows {
        try gatherEntries(of: day, notYetArchived: notYetArchived) { (piece) throws(TablesError) in
            try piece.forEachRow(body)
        }
    }
}

extension DayGathering {
    func forEachRow(_ body: (EventRow) throws(TablesError) -> Void) throws(TablesError) {
        try forEachPiece { (piece) throws(TablesError) in try piece.forEachRow(body) }
    }
}
