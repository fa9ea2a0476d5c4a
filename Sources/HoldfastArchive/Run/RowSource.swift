package import HoldfastTables

/// A day of a shelf that has grown old, as it was when the run began.
package struct DueDay {
    package let shelf: any RowShelf
    package let state: ShelfDay
    package var day: Day { state.day }

    package init(_ shelf: any RowShelf, _ state: ShelfDay) {
        self.shelf = shelf
        self.state = state
    }
}

/// Where rows come from instead of the tables: the ledger's log. It must give what the shelf has and has not marked
/// yet, in the shelf's order; the shelf is told, so that exactly these rows are marked.
package protocol RowSource: AnyObject {
    /// Rows in memory up to which more are read ahead.
    var rowsAheadMax: Int { get }

    /// Hands over the rows of the first of these days, as `RowShelf.gather` does; the days behind it will be asked for
    /// next, in their order.
    func gather(
        firstOf days: ArraySlice<DueDay>, _ take: (any RowPiece) throws(ArchiveError) -> Void
    ) throws(ArchiveError)
}
