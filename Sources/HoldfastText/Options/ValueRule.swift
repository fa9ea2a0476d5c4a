/// What the text of an option or argument must be. The same table entry checks it and explains it.
package enum ValueRule: Equatable, Sendable {
    case text
    case integer(ClosedRange<Int>)
    case choice([String])
    /// RFC 3339 or milliseconds since 1970.
    case time
    /// `90d`, `24h`, `30s`.
    case duration
    /// `NAME=VALUE`; the value may hold further equals signs.
    case pair
}

/// A text that has passed its rule.
enum CheckedValue: Equatable, Sendable {
    case text(String)
    case integer(Int)
    case milliseconds(Int64)
    case pair(name: String, value: String)
}

extension ValueRule {
    /// Checks a text; `name` is how the message calls it: `--lanes`, `SEQ`.
    func check(_ text: String, name: String) throws(UsageError) -> CheckedValue {
        switch self {
        case .text:
            return .text(text)
        case .integer(let bounds):
            guard let number = DecimalDigits.integer(text.utf8).flatMap(Int.init(exactly:)), bounds.contains(number)
            else {
                throw UsageError("\(name) \(quoted(text)): expected a whole number\(Self.boundsText(bounds))")
            }
            return .integer(number)
        case .choice(let allowed):
            guard allowed.contains(text) else {
                let question = Suggestions.question(text, among: allowed)
                throw UsageError("\(name) \(quoted(text)): expected \(Self.list(allowed))\(question)")
            }
            return .text(text)
        case .time:
            do throws(TimeTextError) {
                return .milliseconds(try RFC3339.milliseconds(text))
            } catch {
                throw UsageError("\(name): \(error)")
            }
        case .duration:
            do throws(TimeTextError) {
                return .milliseconds(try DurationText.milliseconds(text))
            } catch {
                throw UsageError("\(name): \(error)")
            }
        case .pair:
            guard let equals = text.firstIndex(of: "="), equals > text.startIndex else {
                throw UsageError("\(name) \(quoted(text)): expected a name, an equals sign and a value")
            }
            return .pair(name: String(text[..<equals]), value: String(text[text.index(after: equals)...]))
        }
    }

    /// What the help adds to the summary; nil where the placeholder says it all.
    var note: String? {
        switch self {
        case .text, .pair: nil
        case .integer(let bounds):
            switch (bounds.lowerBound, bounds.upperBound) {
            case (.min, .max): nil
            case (let lower, .max): "\(lower) or more"
            case (.min, let upper): "\(upper) or less"
            case (let lower, let upper): "\(lower) to \(upper)"
            }
        case .choice(let allowed): Self.list(allowed)
        case .time: "RFC 3339 or milliseconds"
        case .duration: "such as 90d, 24h, 5m, 30s"
        }
    }

    private static func boundsText(_ bounds: ClosedRange<Int>) -> String {
        switch (bounds.lowerBound, bounds.upperBound) {
        case (.min, .max): ""
        case (let lower, .max): ", \(lower) or more"
        case (.min, let upper): ", \(upper) or less"
        case (let lower, let upper): " from \(lower) to \(upper)"
        }
    }

    /// `a`, `a or b`, `a, b or c`.
    static func list(_ words: [String]) -> String {
        guard words.count > 1, let last = words.last else { return words.first ?? "" }
        return "\(words.dropLast().joined(separator: ", ")) or \(last)"
    }

    /// Shown as typed where that is unmistakable, in quotes where it is empty or has spaces.
    private func quoted(_ text: String) -> String {
        text.isEmpty || text.contains(where: \.isWhitespace) ? "“\(text)”" : text
    }
}
