/// The command line was wrong; nothing has been done. Exit code 2.
package struct UsageError: Error, Equatable, CustomStringConvertible {
    package let message: String
    /// The verb whose help tells more; the program fills it in.
    package let verb: String?

    ///     throw UsageError("--retry and --discard cannot be used together")
    package init(_ message: String, verb: String? = nil) {
        self.message = message
        self.verb = verb
    }

    package var description: String { message }
}
