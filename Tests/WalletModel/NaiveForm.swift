/// The form of a request: which fields an operation takes, and what each may be. The rules stand in the
/// order in which a fault is named.
struct NaiveForm {
    /// The answer to a line of wrong form. No `field` when there is no object to have one.
    struct Fault: Error {
        let field: String?
    }

    enum Presence {
        case required
        case optional
        case otherwise(JSONValue)
    }

    struct Rule {
        let field: String
        let presence: Presence
        let isValid: (JSONValue) -> Bool
    }

    static let amountMax: Int64 = 9_007_199_254_740_991
    static let ttlMillisecondsMax: Int64 = 2_592_000_000

    static func read(_ line: String) throws(Fault) -> NaiveCommand {
        guard let document = try? JSONValue(parsing: line), let members = document.members else {
            throw Fault(field: nil)
        }
        guard let operation = document["op"]?.string.flatMap(NaiveOperation.init(rawValue:)) else {
            throw Fault(field: "op")
        }
        let rules = rules(of: operation)
        var fields: [String: JSONValue] = [:]
        for rule in rules {
            if let value = document[rule.field] {
                guard rule.isValid(value) else { throw Fault(field: rule.field) }
                fields[rule.field] = value
            } else {
                switch rule.presence {
                case .required: throw Fault(field: rule.field)
                case .optional: break
                case .otherwise(let value): fields[rule.field] = value
                }
            }
            guard namesAnother(rule.field, fields) else { throw Fault(field: rule.field) }
        }
        let known = rules.map(\.field) + ["op"]
        for member in members where !known.contains(where: { sameBytes($0, member.key) }) {
            throw Fault(field: member.key)
        }
        let at = fields.removeValue(forKey: "at")?.integer
        return NaiveCommand(operation: operation, fields: fields, at: at)
    }

    /// Nobody transfers to themselves or exchanges an asset for itself.
    private static func namesAnother(_ field: String, _ fields: [String: JSONValue]) -> Bool {
        switch field {
        case "to": fields["to"] != fields["player"]
        case "to_asset": fields["to_asset"] != fields["asset"]
        default: true
        }
    }
}

extension NaiveForm {
    /// A lock carries a `reason` where the others carry a `ref`.
    private static func rules(of operation: NaiveOperation) -> [Rule] {
        let who = [
            Rule(field: "tenant", presence: .required, isValid: isTenant),
            Rule(field: "player", presence: .required, isValid: isName),
            Rule(field: "request_id", presence: .required, isValid: isName),
        ]
        let ref = Rule(field: "ref", presence: .otherwise(""), isValid: isNote)
        let at = Rule(field: "at", presence: .optional, isValid: isWhole(0...amountMax))
        switch operation {
        case .lock, .unlock:
            return who + [Rule(field: "reason", presence: .otherwise(""), isValid: isNote), at]
        default:
            return who + [ref] + ownRules(of: operation) + [at]
        }
    }

    private static func ownRules(of operation: NaiveOperation) -> [Rule] {
        let asset = Rule(field: "asset", presence: .required, isValid: isAsset)
        let amount = Rule(field: "amount", presence: .required, isValid: isWhole(1...amountMax))
        let target = Rule(field: "target", presence: .required, isValid: isName)
        switch operation {
        case .credit:
            return [
                asset, Rule(field: "amount", presence: .required, isValid: isWhole(0...amountMax)),
                kind(["deposit", "win", "refund", "promo", "adjustment"]),
                Rule(field: "target", presence: .optional, isValid: isName),
            ]
        case .debit:
            return [asset, amount, kind(["bet", "withdrawal", "fee", "adjustment"])]
        case .authorise:
            let ttl = isWhole(1...ttlMillisecondsMax)
            return [asset, amount, Rule(field: "ttl_ms", presence: .otherwise(30_000), isValid: ttl)]
        case .confirm:
            return [
                target, Rule(field: "amount", presence: .optional, isValid: isWhole(0...amountMax)),
            ]
        case .rollback:
            return [
                target, Rule(field: "force", presence: .otherwise(false)) { $0.bool != nil },
            ]
        case .transfer:
            return [asset, amount, Rule(field: "to", presence: .required, isValid: isName)]
        case .exchange:
            return [
                asset, amount, Rule(field: "to_asset", presence: .required, isValid: isAsset),
                Rule(field: "rate", presence: .required, isValid: isRate),
            ]
        case .lock, .unlock:
            return []
        }
    }

    /// The first kind of the list is the default.
    private static func kind(_ kinds: [String]) -> Rule {
        Rule(field: "kind", presence: .otherwise(.string(kinds[0]))) { value in
            kinds.contains { value == .string($0) }
        }
    }
}

extension NaiveForm {
    private static func isWhole(_ range: ClosedRange<Int64>) -> (JSONValue) -> Bool {
        { $0.integer.map(range.contains) ?? false }
    }

    private static func isName(_ value: JSONValue) -> Bool { isText(value, bytes: 1...64) }
    private static func isNote(_ value: JSONValue) -> Bool { isText(value, bytes: 0...64) }

    private static func isText(_ value: JSONValue, bytes range: ClosedRange<Int>) -> Bool {
        guard let text = value.string else { return false }
        return range.contains(text.utf8.count) && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    private static func isTenant(_ value: JSONValue) -> Bool {
        guard let bytes = value.string.map({ Array($0.utf8) }) else { return false }
        let first = Array("abcdefghijklmnopqrstuvwxyz0123456789".utf8)
        let rest = first + Array("_-".utf8)
        return (1...32).contains(bytes.count) && first.contains(bytes[0]) && bytes.allSatisfy(rest.contains)
    }

    private static func isAsset(_ value: JSONValue) -> Bool {
        guard let text = value.string else { return false }
        let capitals = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8)
        let small = Array("abcdefghijklmnopqrstuvwxyz".utf8)
        let parts = Array(text.utf8).split(
            separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        guard (2...8).contains(parts[0].count), parts[0].allSatisfy(capitals.contains) else { return false }
        guard parts.count == 2 else { return true }
        return (1...8).contains(parts[1].count) && parts[1].allSatisfy(small.contains)
    }

    private static func isRate(_ value: JSONValue) -> Bool {
        guard let members = value.members, members.count == 2 else { return false }
        return [value["num"], value["den"]].allSatisfy { part in
            part?.integer.map { (1...amountMax).contains($0) } ?? false
        }
    }
}
