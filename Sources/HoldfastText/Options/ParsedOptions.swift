/// A verb's command line after its table has been applied: every value is there in its type.
///
/// Options and arguments share one namespace (`lanes`, `DIR`). What the table requires or gives a default can be read
/// outright; what may be missing is read by the `…IfGiven` form. To ask for a name that the table doesn't have, or
/// for a missing value outright, is a mistake in the program and stops it.
package struct ParsedOptions: Sendable {
    private let manual: Manual
    private let values: [String: [CheckedValue]]
    private let flags: Set<String>

    init(manual: Manual, values: [String: [CheckedValue]], flags: Set<String>) {
        self.manual = manual
        self.values = values
        self.flags = flags
    }

    package func flag(_ name: String) -> Bool {
        precondition(
            manual.options.contains { $0.name == name && $0.rule == nil }, "\(manual.name) has no flag \(name)")
        return flags.contains(name)
    }

    /// Whether the option or argument was on the command line itself, default or no default.
    package func isGiven(_ name: String) -> Bool {
        checkName(name)
        return values[name] != nil || flags.contains(name)
    }

    ///     let directory = values.text("DIR")
    package func text(_ name: String) -> String { present(textIfGiven(name), name) }

    package func textIfGiven(_ name: String) -> String? { texts(name).first }

    /// All values of a repeated option or argument, in order.
    package func texts(_ name: String) -> [String] {
        checked(name).map { value in
            guard case .text(let text) = value else { preconditionFailure("\(name) is not a text") }
            return text
        }
    }

    ///     let lanes = values.integer("lanes")
    package func integer(_ name: String) -> Int { present(integerIfGiven(name), name) }

    package func integerIfGiven(_ name: String) -> Int? {
        checked(name).first.map { value in
            guard case .integer(let number) = value else { preconditionFailure("\(name) is not an integer") }
            return number
        }
    }

    /// A duration's length, or an instant since 1970.
    package func milliseconds(_ name: String) -> Int64 { present(millisecondsIfGiven(name), name) }

    package func millisecondsIfGiven(_ name: String) -> Int64? {
        checked(name).first.map { value in
            guard case .milliseconds(let number) = value else { preconditionFailure("\(name) is no time") }
            return number
        }
    }

    ///     let format = values.choice("format", as: ReportFormat.self)
    package func choice<Value: RawRepresentable<String>>(_ name: String, as type: Value.Type) -> Value {
        present(choiceIfGiven(name, as: type), name)
    }

    package func choiceIfGiven<Value: RawRepresentable<String>>(_ name: String, as type: Value.Type) -> Value? {
        textIfGiven(name).map { text in
            guard let value = Value(rawValue: text) else {
                preconditionFailure("\(name) allows \(text), \(type) does not")
            }
            return value
        }
    }

    ///     for (asset, exponent) in values.pairs("asset") { … }
    package func pairs(_ name: String) -> [(name: String, value: String)] {
        checked(name).map { value in
            guard case .pair(let name, let text) = value else { preconditionFailure("\(name) is not a pair") }
            return (name, text)
        }
    }

    // MARK: What serves them

    private func checked(_ name: String) -> [CheckedValue] {
        checkName(name)
        if let given = values[name] { return given }
        guard let option = manual.options.first(where: { $0.name == name }), let rule = option.rule,
            let text = option.defaultText, let value = try? rule.check(text, name: name)
        else { return [] }
        return [value]
    }

    private func checkName(_ name: String) {
        let isKnown =
            manual.options.contains { $0.name == name } || manual.arguments.contains { $0.name == name }
        precondition(isKnown, "the table of \(manual.name) has no \(name)")
    }

    private func present<Value>(_ value: Value?, _ name: String) -> Value {
        guard let value else { preconditionFailure("\(name) may be missing: read it with the …IfGiven form") }
        return value
    }
}
