/// Standard error: what is said beside the answers.
package enum StandardError {
    /// Where it fails there is no other place to say so, and the work matters more than what is said about it.
    package static func put(_ text: String) {
        var error = BufferedWriter.standardError()
        try? error.write(text)
        try? error.flush()
    }

    /// How progress is shown there.
    package static var display: Progress.Display {
        let descriptor = SystemCalls.standardError
        guard SystemCalls.isTerminal(descriptor) else { return .lines }
        return .terminal(columns: SystemCalls.columns(descriptor) ?? 80)
    }
}
