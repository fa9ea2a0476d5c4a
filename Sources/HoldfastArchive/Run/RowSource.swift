package import HoldfastTables
package import HoldfastWallet

/// Where rows come from instead of the tables: the ledger's log. It must give what the shelf has and has not marked
/// yet, in the shelf's order; the shelf is told, so that exactly these rows are marked.
package protocol RowSource: AnyObject {
    func forEachRow(
        of day: Day, for shelf: any RowShelf, _ body: (EventRow) throws(ArchiveError) -> Void
    ) throws(ArchiveError)
}
