package import Holdfast
internal import HoldfastLog
package import HoldfastText
package import HoldfastWallet

/// Writes a ledger's events for people's own tools.
package struct LedgerExport {
    package enum Format: String, CaseIterable, Sendable {
        /// One JSON object a line: the rows of docs/DOMAIN.md.
        case jsonl
        /// The same rows as comma-separated values with a header.
        case csv
        /// A plain-text-accounting journal.
        case hledger
    }

    private let files: LedgerFiles
    private let selection: EventSelection
    private let format: Format
    /// Lines of older rows, to stand before those of the log.
    private let older: [[UInt8]]
    /// What is collected before it is handed to the output.
    private static let pieceBytes = 1 << 18

    package init(
        _ files: LedgerFiles, _ selection: EventSelection, as format: Format, behind older: [[UInt8]] = []
    ) {
        self.files = files
        self.older = older
        self.selection = selection
        self.format = format
    }

    /// Returns how many events were written.
    @discardableResult
    package func write(
        to output: inout BufferedWriter, progress: (Int) -> Void = { _ in }
    ) throws -> Int {
        switch format {
        case .jsonl: try writeJSONL(to: &output, progress)
        case .csv: try writeCSV(to: &output, progress)
        case .hledger: try writeJournal(to: &output, progress)
        }
    }

    private func writeJSONL(to output: inout BufferedWriter, _ progress: (Int) -> Void) throws -> Int {
        for line in older {
            try line.withUnsafeBytes { try output.write($0) }
            try output.writeLine("")
        }
        var json = JSONWriter(capacity: 2 * Self.pieceBytes)
        var count = 0
        try files.forEachRecord(selection) { passed in
            progress(passed)
            if json.count < Self.pieceBytes { return }
            try output.write(json)
            json.removeAll()
        } _: { record throws(LedgerError) in
            RowJSON.write(try EventRows(reading: record), to: &json)
            count += 1
        }
        try output.write(json)
        return count
    }

    private func writeCSV(to output: inout BufferedWriter, _ progress: (Int) -> Void) throws -> Int {
        var csv = CSVWriter(capacity: 2 * Self.pieceBytes)
        csv.header(EventRow.columns)
        var count = 0
        for line in older {
            RowCSV.write(try JSONTree(parsing: line), to: &csv)
            try Self.pass(&csv.text, to: &output)
        }
        try files.forEachRecord(selection) { passed in
            progress(passed)
            try Self.pass(&csv.text, to: &output)
        } _: { record throws(LedgerError) in
            RowCSV.write(try EventRows(reading: record), to: &csv)
            count += 1
        }
        try output.write(csv.text)
        return count
    }

    private func writeJournal(to output: inout BufferedWriter, _ progress: (Int) -> Void) throws -> Int {
        let beginsLate = selection.from != nil || files.firstPosition > 1
        var journal = Journal(assets: files.configuration.assets, beginsLate: beginsLate)
        journal.begin(selection)
        var count = 0
        try files.forEachRecord(selection) { passed in
            progress(passed)
            try Self.pass(&journal.text, to: &output)
        } _: { record throws(LedgerError) in
            journal.write(try WalletEvent(reading: record), position: record.position)
            count += 1
        }
        try output.write(journal.text)
        return count
    }

    /// Once there is a piece of it.
    private static func pass(_ text: inout TextBuffer, to output: inout BufferedWriter) throws(StreamError) {
        if text.count < pieceBytes { return }
        try output.write(text)
        text.removeAll()
    }
}

/// A row of docs/DOMAIN.md as a line of CSV: all columns, in order, absent ones empty.
package enum RowCSV {
    package static func write(_ rows: EventRows, to csv: inout CSVWriter) {
        write(rows.first, to: &csv)
        if let second = rows.second { write(second, to: &csv) }
    }

    /// A row that was written as JSON before.
    static func write(_ row: JSONTree, to csv: inout CSVWriter) {
        for column in EventRow.columns {
            switch row[column] {
            case .string(var text)?: text.withUTF8 { csv.field(UnsafeRawBufferPointer($0)) }
            case .integer(let number)?: csv.field(number)
            default: csv.field(nil as UnsafeRawBufferPointer?)
            }
        }
        csv.endLine()
    }

    private static func write(_ row: EventRow, to csv: inout CSVWriter) {
        csv.field(row.tenantID)
        csv.field(row.playerID)
        csv.field(row.seq)
        csv.field(row.position)
        csv.field(row.event.wireName)
        csv.field(row.asset)
        csv.field(row.amount)
        csv.field(row.balanceDelta)
        csv.field(row.heldDelta)
        csv.field(row.balanceAfter)
        csv.field(row.heldAfter)
        csv.field(row.requestID)
        csv.field(row.target)
        csv.field(row.kind)
        csv.field(row.ref)
        csv.field(row.error?.wireName)
        csv.field(row.createdAt)
        csv.endLine()
    }
}
