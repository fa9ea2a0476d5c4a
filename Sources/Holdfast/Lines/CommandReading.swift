package import HoldfastWallet

/// Makes commands of lines of JSON, and says of a line that is none what is wrong with it. For one thread.
package struct CommandReading: ~Copyable {
    package enum Line: Sendable {
        /// The line is a command.
        case command
        /// It is none: `field` is at fault, where it is one field.
        case invalid(field: String?)
    }

    private var decoder: CommandDecoder
    private var builder: CommandBuilder

    /// Lines longer than `lineBytesMax` are for the caller to refuse.
    package init(_ ledger: Ledger, lineBytesMax: Int = 64 * 1024) {
        decoder = CommandDecoder(lineBytesMax: lineBytesMax)
        builder = ledger.makeBuilder()
    }

    /// What the line is; its command points into the line, and into this, until the next call.
    package mutating func read(_ line: UnsafeRawBufferPointer, into command: inout PreparedCommand) -> Line {
        guard var form = decoder.decode(line) else { return .invalid(field: nil) }
        switch builder.prepare(&form, into: &command) {
        case nil: return .command
        case .field(let field): return .invalid(field: field.wireName.description)
        case .foreignField: return .invalid(field: decoder.foreignField(form.operation))
        }
    }
}
