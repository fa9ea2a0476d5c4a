package import HoldfastText

/// A provider's statement, read whole: one row a transaction.
package struct ProviderStatement: Sendable {
    package struct Row: Sendable {
        package var line: Int
        package var requestID: String
        package var player: String?
        package var asset: String?
        package var amountText: String
        package var time: Int64?
        var amount: DecimalText
    }

    package enum Amounts: String, CaseIterable, Sendable {
        /// Whole minor units where no row has a decimal mark, decimal numbers otherwise.
        case auto
        case minor
        case decimal
    }

    package private(set) var rows: [Row] = []
    package let columns: StatementColumns
    /// How amounts were understood.
    package private(set) var areMinorUnits: Bool
    /// The first and the last time that the statement names.
    package private(set) var period: ClosedRange<Int64>?

    package init(
        _ csv: inout CSVReader, columns given: [StatementColumns.Field: String] = [:], amounts: Amounts = .auto,
        progress: (Int) -> Void = { _ in }
    ) throws {
        guard let header = try csv.next() else { throw StatementError(line: 1, what: "the file is empty") }
        columns = try StatementColumns(header: header, given: given)
        areMinorUnits = true
        while let fields = try csv.next() {
            rows.append(try Self.row(fields, csv.line, columns))
            if rows.count & 0xFFF == 0 { progress(rows.count) }
        }
        switch amounts {
        case .auto: areMinorUnits = columns.saysMinorUnits || !rows.contains { $0.amount.hasMark }
        case .minor: areMinorUnits = true
        case .decimal: areMinorUnits = false
        }
        if areMinorUnits, let wrong = rows.first(where: { $0.amount.hasMark }) {
            throw StatementError(
                line: wrong.line, what: "“\(wrong.amountText)” is no whole number of minor units; try --amounts decimal"
            )
        }
        let times = rows.compactMap(\.time)
        if let first = times.min(), let last = times.max() { period = first...last }
    }

    private static func row(_ fields: [String], _ line: Int, _ columns: StatementColumns) throws -> Row {
        func field(_ field: StatementColumns.Field) throws -> String? {
            guard let place = columns.places[field] else { return nil }
            guard place < fields.count else {
                throw StatementError(
                    line: line, what: "it has \(fields.count) fields, and the \(field.rawValue) is number \(place + 1)")
            }
            let text = fields[place]
            return text.isEmpty ? nil : text
        }
        guard let requestID = try field(.requestID) else { throw StatementError(line: line, what: "no request_id") }
        let amountText = try field(.amount) ?? ""
        guard let amount = DecimalText(amountText) else {
            throw StatementError(line: line, what: "“\(amountText)” is no amount")
        }
        return Row(
            line: line, requestID: requestID, player: try field(.player), asset: try field(.asset),
            amountText: amountText, time: try field(.time).map { try time($0, line) }, amount: amount)
    }

    /// RFC 3339, milliseconds or seconds since 1970, or `2025-11-21 00:00:30` taken as UTC.
    private static func time(_ text: String, _ line: Int) throws -> Int64 {
        guard let time = milliseconds(text) else {
            throw StatementError(
                line: line, what: "“\(text)” is no time; expected RFC 3339, or seconds or milliseconds since 1970")
        }
        guard time.magnitude <= timeMax else {
            throw StatementError(
                line: line, what: "“\(text)” is no time: it is more than 2^53 milliseconds away from 1970")
        }
        return time
    }

    /// What every program holds exactly, and what leaves room to count from it: some 285 000 years.
    private static let timeMax: UInt64 = 1 << 53

    private static func milliseconds(_ text: String) -> Int64? {
        if let number = Int64(text) { return number.magnitude < 100_000_000_000 ? number * 1_000 : number }
        if let time = try? RFC3339.milliseconds(text) { return time }
        if let time = try? RFC3339.milliseconds(text + "Z") { return time }
        return try? RFC3339.milliseconds(text + "T00:00:00Z")
    }
}
