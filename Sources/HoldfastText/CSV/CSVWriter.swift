/// Writes comma-separated values as RFC 4180 has them: lines end in CR LF, and a field with a comma, a quote or a line
/// end stands in quotes, its own quotes doubled. A null is an empty field.
///
///     var csv = CSVWriter()
///     csv.header(["player", "amount"])
///     csv.field(player); csv.field(amount); csv.endLine()
///     try output.write(csv.text)
package struct CSVWriter: ~Copyable {
    package var text: TextBuffer
    private var isFirst = true

    package init(capacity: Int = 4096) { text = TextBuffer(capacity: capacity) }

    package mutating func header(_ names: [String]) {
        for name in names { field(name) }
        endLine()
    }

    package mutating func field(_ bytes: UnsafeRawBufferPointer?) {
        separate()
        guard let bytes else { return }
        if Self.isPlain(bytes) { return text.put(bytes) }
        text.put(byte: UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { text.put(byte: byte) }
            text.put(byte: byte)
        }
        text.put(byte: UInt8(ascii: "\""))
    }

    @_disfavoredOverload
    package mutating func field(_ value: String) {
        var value = value
        value.withUTF8 { field(UnsafeRawBufferPointer($0)) }
    }

    package mutating func field(_ word: StaticString?) {
        separate()
        if let word { text.put(word) }
    }

    package mutating func field(_ value: Int64?) {
        separate()
        if let value { text.put(value) }
    }

    package mutating func field(_ value: UInt64) {
        separate()
        text.put(value)
    }

    package mutating func endLine() {
        text.put("\r\n")
        isFirst = true
    }

    private mutating func separate() {
        if !isFirst { text.put(byte: UInt8(ascii: ",")) }
        isFirst = false
    }

    /// Spaces at either end are quoted too: some readers trim what isn't.
    private static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return true }
        if first == UInt8(ascii: " ") || last == UInt8(ascii: " ") { return false }
        return !bytes.contains { byte in
            byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\"") || byte == 0x0A || byte == 0x0D
        }
    }
}
