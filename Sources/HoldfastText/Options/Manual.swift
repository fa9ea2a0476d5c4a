/// Everything about a verb that its help says and its command line obeys: one table for both.
///
///     static let manual = Manual(
///         name: "init",
///         summary: "Creates an empty ledger.",
///         arguments: [.required("DIR", "where the ledger will live")],
///         options: [.integer("lanes", "N", 1...64, "writer lanes", default: 4)],
///         example: "holdfast init ledger --lanes 8")
package struct Manual: Sendable {
    /// One word, or two for a verb of a family: `tables sync`.
    package let name: String
    /// One sentence, shown first in the verb's help and beside its name in the list of verbs.
    package let summary: String
    /// Paragraphs parted by empty lines; wrapped to the terminal.
    package let description: String
    package let arguments: [Argument]
    package let options: [Option]
    /// Groups of options of which at most one may be given.
    package let exclusive: [[String]]
    /// Replaces the usage line made from the table where that can't say it, one entry a form: `--check FILE`.
    package let usage: [String]
    /// One or more lines to copy into a shell.
    package let example: String
    package let exitCodes: [ExitCode.Meaning]

    package static let usualExitCodes: [ExitCode.Meaning] = [
        .init(.done, "done"), .init(.failed, "the command failed"), .init(.usage, "wrong usage"),
    ]

    package init(
        name: String, summary: String, description: String = "", arguments: [Argument] = [], options: [Option] = [],
        exclusive: [[String]] = [], usage: [String] = [], example: String,
        exitCodes: [ExitCode.Meaning] = Self.usualExitCodes
    ) {
        self.name = name
        self.summary = summary
        self.description = description
        self.arguments = arguments
        self.options = options
        self.exclusive = exclusive
        self.usage = usage
        self.example = example
        self.exitCodes = exitCodes
        checkTable()
    }

    /// A table that contradicts itself is a mistake in the program; the first use of the verb finds it.
    private func checkTable() {
        let names = options.map(\.name) + arguments.map(\.name)
        precondition(Set(names).count == names.count, "a name stands twice in the table of \(name)")
        precondition(!names.contains("help"), "--help belongs to every verb")
        for group in exclusive {
            precondition(group.allSatisfy { name in options.contains { $0.name == name } }, "no such option: \(group)")
        }
        for argument in arguments.dropLast() {
            precondition(argument.count != .many, "only the last argument may repeat")
        }
        for (argument, next) in zip(arguments, arguments.dropFirst()) {
            precondition(
                argument.count != .optional || next.count == .optional, "after an optional argument all are optional")
        }
    }
}

extension Manual {
    /// A value known by its place.
    package struct Argument: Sendable {
        package enum Count: Equatable, Sendable {
            case one
            case optional
            /// One or more, to the end of the line.
            case many
        }

        package let name: String
        package let rule: ValueRule
        package let summary: String
        package let count: Count
        /// An option in whose presence this argument may be left out.
        package let unless: String?

        package static func required(
            _ name: String, _ summary: String, _ rule: ValueRule = .text, unless: String? = nil
        ) -> Argument {
            Argument(name: name, rule: rule, summary: summary, count: .one, unless: unless)
        }

        package static func optional(_ name: String, _ summary: String, _ rule: ValueRule = .text) -> Argument {
            Argument(name: name, rule: rule, summary: summary, count: .optional, unless: nil)
        }

        package static func repeated(_ name: String, _ summary: String, _ rule: ValueRule = .text) -> Argument {
            Argument(name: name, rule: rule, summary: summary, count: .many, unless: nil)
        }
    }

    /// A value known by its name, or a flag.
    package struct Option: Sendable {
        /// Without the dashes.
        package let name: String
        /// What stands for the value in the help: `N`, `FILE`.
        package let placeholder: String
        /// Nil for a flag.
        package let rule: ValueRule?
        package let summary: String
        package let defaultText: String?
        package let isRequired: Bool
        package let repeats: Bool

        private init(
            _ name: String, _ placeholder: String, _ rule: ValueRule?, _ summary: String, default defaultText: String?,
            required: Bool, repeats: Bool
        ) {
            precondition(!name.hasPrefix("-"), "an option's name is given without its dashes")
            precondition(defaultText == nil || !required, "a required option has no default")
            if let rule, let defaultText {
                precondition(
                    (try? rule.check(defaultText, name: name)) != nil, "the default of --\(name) is not allowed")
            }
            self.name = name
            self.placeholder = placeholder
            self.rule = rule
            self.summary = summary
            self.defaultText = defaultText
            isRequired = required
            self.repeats = repeats
        }

        package static func flag(_ name: String, _ summary: String) -> Option {
            Option(name, "", nil, summary, default: nil, required: false, repeats: false)
        }

        package static func text(
            _ name: String, _ placeholder: String, _ summary: String, default defaultText: String? = nil,
            required: Bool = false, repeats: Bool = false
        ) -> Option {
            Option(name, placeholder, .text, summary, default: defaultText, required: required, repeats: repeats)
        }

        package static func integer(
            _ name: String, _ placeholder: String, _ bounds: ClosedRange<Int>, _ summary: String,
            default defaultValue: Int? = nil, required: Bool = false
        ) -> Option {
            Option(
                name, placeholder, .integer(bounds), summary, default: defaultValue.map(String.init),
                required: required, repeats: false)
        }

        package static func choice(
            _ name: String, _ allowed: [String], _ summary: String, default defaultText: String? = nil,
            required: Bool = false
        ) -> Option {
            Option(
                name, allowed.joined(separator: "|"), .choice(allowed), summary, default: defaultText,
                required: required, repeats: false)
        }

        /// The values are the enumeration's cases; read them with `ParsedOptions.choice`.
        package static func choice<Value: CaseIterable & RawRepresentable<String>>(
            _ name: String, of type: Value.Type, _ summary: String, default defaultValue: Value? = nil,
            required: Bool = false
        ) -> Option {
            choice(
                name, type.allCases.map(\.rawValue), summary, default: defaultValue?.rawValue, required: required)
        }

        /// One of these words, as often as wanted.
        package static func choices(
            _ name: String, _ placeholder: String, _ allowed: [String], _ summary: String
        ) -> Option {
            Option(name, placeholder, .choice(allowed), summary, default: nil, required: false, repeats: true)
        }

        package static func time(_ name: String, _ summary: String, required: Bool = false) -> Option {
            Option(name, "TIME", .time, summary, default: nil, required: required, repeats: false)
        }

        package static func duration(
            _ name: String, _ summary: String, default defaultText: String? = nil, required: Bool = false
        ) -> Option {
            Option(name, "DURATION", .duration, summary, default: defaultText, required: required, repeats: false)
        }

        /// `NAME=VALUE`, as often as wanted.
        package static func pairs(_ name: String, _ placeholder: String, _ summary: String) -> Option {
            Option(name, placeholder, .pair, summary, default: nil, required: false, repeats: true)
        }
    }
}
