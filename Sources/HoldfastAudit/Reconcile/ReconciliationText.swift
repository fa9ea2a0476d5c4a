package import HoldfastText

extension Reconciliation {
    package func json(_ statement: ProviderStatement) -> JSONWriter {
        JSONWriter.line { json in
            json.member("ok", isGood)
            json.member("statement_rows", statementRows)
            json.member("amounts", statement.areMinorUnits ? "minor" : "decimal")
            json.member("ledger_events", eventsRead)
            json.member("matched", matched)
            json.member("counts", counts: Sort.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
            json.member("items", objects: items, Self.writeMembers)
        }
    }

    private static func writeMembers(of item: Item, to json: inout JSONWriter) {
        json.member("sort", item.sort.rawValue as String?)
        json.member("request_id", item.requestID as String?)
        json.member("line", item.line)
        json.member("tenant", item.tenant)
        json.member("player", item.player)
        if let seq = item.seq { json.member("seq", seq) } else { json.nullMember("seq") }
        if let position = item.position { json.member("position", position) } else { json.nullMember("position") }
        json.member("field", item.field)
        json.member("statement", item.statement)
        json.member("ledger", item.ledger)
    }

    /// One line an item, then the sums.
    package func lines(_ statement: ProviderStatement) -> [String] {
        var lines = items.map(Self.text)
        let listed = items.count
        let all = counts.values.reduce(0, +)
        if all > listed { lines.append("… and \(Human.count(all - listed)) more") }
        if !lines.isEmpty { lines.append("") }
        lines.append(
            "\(Human.count(statementRows)) rows (amounts as \(statement.areMinorUnits ? "minor units" : "decimals")), "
                + "\(Human.count(eventsRead)) events, \(Human.count(matched)) matched")
        for sort in Sort.allCases {
            guard let count = counts[sort], count > 0 else { continue }
            lines.append("\(sort.rawValue.split(separator: "_").joined(separator: " ")): \(Human.count(count))")
        }
        return lines
    }

    private static func text(_ item: Item) -> String {
        let line = item.line.map { "line \($0), " } ?? ""
        let player = item.player.map { " of \($0)" } ?? ""
        let name = "request \(item.requestID)\(player)"
        switch item.sort {
        case .missingInLedger: return "missing in ledger: \(line)\(name), \(item.statement ?? "")"
        case .missingInStatement: return "missing in statement: \(name), seq \(item.seq ?? 0), \(item.ledger ?? "")"
        case .differs:
            return "differs: \(line)\(name), seq \(item.seq ?? 0), \(item.field ?? ""): "
                + "statement \(item.statement ?? ""), ledger \(item.ledger ?? "")"
        case .refused: return "refused by the ledger: \(line)\(name), \(item.ledger ?? "")"
        case .duplicate: return "twice in the statement: \(line)\(name), \(item.statement ?? "")"
        }
    }
}
