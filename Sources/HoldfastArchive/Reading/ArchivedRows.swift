package import HoldfastWallet

/// The rows of a day that lie in files, tenant by tenant in the order of their keys: for looking up rows that come in
/// the same order, without holding any of them.
package final class ArchivedRows {
    private let tenants: [String: MergedParts]
    private var current: (bytes: [UInt8], parts: MergedParts?) = ([], nil)
    private let line = LineOfRow()
    private let place: String
    private let scratch = UnsafeMutableRawBufferPointer.allocate(
        byteCount: ArchiveLimits.rowBytesMax + 4, alignment: 16)

    package init(
        _ files: [DataFile], of archive: Archive, codec: @autoclosure () -> GzipCodec, place: String
    ) throws(ArchiveError) {
        var tenants: [String: MergedParts] = [:]
        for (tenant, files) in Dictionary(grouping: files, by: \.tenant) {
            var cursors: [RowCursor] = []
            for file in files {
                // Each has its own codec: what one unpacked must stay while the others go on.
                cursors.append(
                    RowCursor(
                        try PartReader(file, at: archive.place(of: file), in: archive.storage, codec: codec())))
            }
            tenants[tenant] = MergedParts(cursors)
        }
        self.tenants = tenants
        self.place = place
    }

    deinit { scratch.deallocate() }

    /// Whether the row lies in the files, the same in every byte; its ref may have been erased there. Rows are asked
    /// for in the order of their keys within a tenant.
    package func contains(_ row: EventRow) throws(ArchiveError) -> Bool {
        if !current.bytes.elementsEqual(row.tenantID) || current.bytes.isEmpty {
            current = (Array(row.tenantID), tenants[String(decoding: row.tenantID, as: UTF8.self)])
        }
        guard let parts = current.parts, try parts.advance(to: row.playerID, row.seq, row.half) else { return false }
        let found = parts.row!
        let isSame = line.with(row) { own, ref in
            if own.elementsEqual(found.line) { return true }
            guard let ref, found.refRange == nil else { return false }
            return RowHasher.withoutRef(own, ref: ref, in: scratch).elementsEqual(found.line)
        }
        guard isSame else {
            throw .rowsDiffer(
                place: place,
                found: "event \(row.seq) of player \(String(decoding: row.playerID, as: UTF8.self)) of "
                    + String(decoding: row.tenantID, as: UTF8.self))
        }
        return true
    }

    /// Reads what is left, and checks that every file is the one of its manifest.
    package func finish() throws(ArchiveError) {
        for (_, parts) in tenants.sorted(by: { $0.key < $1.key }) { try parts.finish() }
    }
}

/// The rows of several files of one tenant in the order of their keys.
package final class MergedParts {
    private var cursors: [RowCursor]
    private var finished: [RowCursor] = []
    /// The cursor that stands on the next row.
    private var first: Int?
    private var isStarted = false

    package init(_ cursors: [RowCursor]) { self.cursors = cursors }

    /// The row that it stands on; nil at the end.
    package var row: RowLineParser? { first.map { cursors[$0].row } }
    /// The file that this row lies in.
    package var file: DataFile? { first.map { cursors[$0].reader.file } }

    /// Moves to the next row; false at the end. A row that comes twice is damage.
    package func advance() throws(ArchiveError) -> Bool {
        if !isStarted {
            isStarted = true
            for cursor in cursors where try !cursor.advance() { finished.append(cursor) }
            cursors.removeAll { cursor in finished.contains { $0 === cursor } }
        } else if let standing = first {
            let cursor = cursors[standing]
            let last = cursor.row.key
            if try !cursor.advance() {
                finished.append(cursor)
                cursors.remove(at: standing)
            }
            choose()
            if let row, !last.isBefore(player: row.player, seq: row.seq, half: row.half) {
                throw cursors[first!].reader.damaged(
                    "event \(row.seq) of player \(String(decoding: row.player, as: UTF8.self)) lies in the archive "
                        + "twice or out of order")
            }
            return first != nil
        }
        choose()
        return first != nil
    }

    private func choose() {
        first = nil
        for index in cursors.indices {
            guard let best = first else {
                first = index
                continue
            }
            let (left, right) = (cursors[index].row, cursors[best].row)
            let order = comparePlayers(left.player, right.player)
            if order < 0 || order == 0 && (left.seq, left.half) < (right.seq, right.half) { first = index }
        }
    }

    /// Moves to this key or the first one behind it; says whether it is this one.
    func advance(to player: UnsafeRawBufferPointer, _ seq: UInt64, _ half: UInt8) throws(ArchiveError) -> Bool {
        if !isStarted, try !advance() { return false }
        while let row {
            let order = comparePlayers(row.player, player)
            if order == 0, row.seq == seq, row.half == half { return true }
            if order > 0 || order == 0 && (row.seq, row.half) > (seq, half) { return false }
            if try !advance() { return false }
        }
        return false
    }

    /// Reads the rest and checks each file as a whole.
    package func finish() throws(ArchiveError) {
        while try advance() {}
        for cursor in finished { try cursor.finish() }
    }
}
