/// How the program ends. Scripts depend on these three.
package struct ExitCode: RawRepresentable, Equatable, Sendable {
    package let rawValue: Int32

    package init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    package static let done = ExitCode(rawValue: 0)
    /// The command failed, or a check found a fault.
    package static let failed = ExitCode(rawValue: 1)
    package static let usage = ExitCode(rawValue: 2)

    /// A line of the help's last section.
    package struct Meaning: Sendable {
        package let code: ExitCode
        package let text: String

        package init(_ code: ExitCode, _ text: String) {
            self.code = code
            self.text = text
        }
    }
}
