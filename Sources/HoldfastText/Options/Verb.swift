/// One thing that the program does, with its manual beside it.
///
///     struct SealVerb: Verb {
///         static let manual = Manual(
///             name: "seal", summary: "Closes the open segment and seals everything up to now.",
///             arguments: [.required("DIR", "the ledger's directory")], example: "holdfast seal ledger")
///         let directory: String
///
///         init(_ values: ParsedOptions) throws(UsageError) { directory = values.text("DIR") }
///
///         func run() async throws -> ExitCode { … }
///     }
package protocol Verb: Sendable {
    static var manual: Manual { get }

    /// Takes the values. What the table can't express is refused here, before anything is done.
    init(_ values: ParsedOptions) throws(UsageError)

    func run() async throws -> ExitCode
}

/// Verbs that belong together in the list of verbs.
package struct VerbGroup: Sendable {
    package let title: String
    package let verbs: [any Verb.Type]

    package init(_ title: String, _ verbs: [any Verb.Type]) {
        self.title = title
        self.verbs = verbs
    }
}
