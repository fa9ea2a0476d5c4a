package import HoldfastText

/// How a report is written.
package enum ReportFormat: String, CaseIterable, Sendable {
    /// For people: aligned, amounts with their decimals, shares in percent.
    case table
    /// For programs: amounts in minor units, ratios with six decimals.
    case json
    /// The same, one section, as RFC 4180 has it.
    case csv
}

extension ReportValue {
    /// How many digits behind the point programs get of a ratio.
    static let decimals = 6

    /// For programs; nil where there is nothing to say.
    var plain: String? {
        switch self {
        case .text(let text): text
        case .count(let count): "\(count)"
        case .money(let amount): "\(amount)"
        case .average(let quotient), .share(let quotient): quotient.text(decimals: Self.decimals)
        case .none: nil
        }
    }

    /// For people.
    func text(exponent: Int) -> String {
        switch self {
        case .text(let text): text
        case .count(let count): "\(count)"
        case .money(let amount): MoneyText.text(sum: amount, exponent: exponent)
        case .average(let quotient): MoneyText.text(sum: quotient.scaled(decimals: 0), exponent: exponent)
        // Two decimals of a percentage are four of the ratio.
        case .share(let quotient): MoneyText.text(sum: quotient.scaled(decimals: 4), exponent: 2) + " %"
        case .none(let text): text
        }
    }

    var isText: Bool {
        switch self {
        case .text: true
        case .count, .money, .average, .share, .none: false
        }
    }
}

extension TablesReport {
    /// One JSON object, with the sections as arrays of objects.
    package func json(_ sections: [ReportSection] = ReportSection.allCases) -> JSONWriter {
        JSONWriter.line { json in
            json.member("from", firstDay?.description)
            json.member("to", lastDay?.description)
            json.member("tenant", selection.tenant)
            json.member("shards", shards)
            json.member("position", position)
            json.member("dead_letters", deadLetters)
            for section in sections {
                let columns = section.columns
                json.key(section.rawValue)
                json.beginArray()
                for row in section.rows(of: self) {
                    json.beginObject()
                    for (column, value) in zip(columns, row.values) {
                        json.key(column.name)
                        if value.isText { json.string(value.plain!) } else { json.number(value.plain) }
                    }
                    json.endObject()
                }
                json.endArray()
            }
        }
    }

    /// One section with a header. A null is an empty field.
    package func csv(_ section: ReportSection) -> CSVWriter {
        var csv = CSVWriter(capacity: 1 << 16)
        csv.header(section.columns.map(\.name))
        for row in section.rows(of: self) {
            for value in row.values { csv.field(value.plain ?? "") }
            csv.endLine()
        }
        return csv
    }

    /// Lines for people.
    package func lines(_ sections: [ReportSection] = ReportSection.allCases) -> [String] {
        var lines = [headline]
        for section in sections {
            let rows = section.rows(of: self)
            if !rows.isEmpty { lines += ["", section.title] + Self.aligned(section.columns, rows) }
        }
        return lines
    }

    private var headline: String {
        guard let firstDay, let lastDay else { return "There is nothing in the tables for these days." }
        let days = firstDay == lastDay ? "\(firstDay), a whole day" : "\(firstDay) to \(lastDay), whole days"
        return "\(days) in UTC, from \(shards) shard\(shards == 1 ? "" : "s") that have every event up to \(position)"
    }

    /// Texts to the left, numbers to the right.
    private static func aligned(_ columns: [ReportColumn], _ rows: [ReportRow]) -> [String] {
        let shown = columns.indices.filter { columns[$0].heading != nil }
        let cells = rows.map { row in shown.map { row.values[$0].text(exponent: row.exponent) } }
        let headings = shown.map { columns[$0].heading! }
        let isText = shown.map { place in rows.contains { $0.values[place].isText } }
        let widths = shown.indices.map { column in
            max(headings[column].count, cells.map { $0[column].count }.max() ?? 0)
        }
        return ([headings] + cells).map { cells in
            let padded = zip(zip(cells, widths), isText).map { cell, isText in
                isText ? TextColumn.pad(cell.0, cell.1) : TextColumn.padLeft(cell.0, cell.1)
            }
            let line = padded.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}

extension JSONWriter {
    /// Digits that are a JSON number as they stand; null for none.
    fileprivate mutating func number(_ digits: String?) {
        guard var digits else { return null() }
        digits.withUTF8 { raw(UnsafeRawBufferPointer($0)) }
    }
}
