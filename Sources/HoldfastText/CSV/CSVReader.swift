/// Reads comma-separated values as people's programs write them: quotes or none, line ends of any system, a byte order
/// mark, semicolons or tabs for commas. One record at a time, however large the file.
///
///     var csv = CSVReader { buffer throws(SystemError) in try SystemCalls.read(descriptor, into: buffer) }
///     while let fields = try csv.next() { … }
package struct CSVReader: ~Copyable {
    package typealias Source = (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int

    /// What keeps a file from being read on.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        package let line: Int
        package let what: String
        package var description: String { "line \(line): \(what)" }
    }

    private let source: Source
    private let buffer: UnsafeMutableRawBufferPointer
    private var at = 0
    private var end = 0
    private var isAtEnd = false
    private var separator: UInt8?
    private var linesRead = 0
    /// Of the record that `next` gave last, from 1.
    package private(set) var line = 0

    /// A quote that is never closed would otherwise swallow the rest of the file.
    package static let recordBytesMax = 1 << 20

    package init(_ source: @escaping Source) {
        self.source = source
        buffer = .allocate(byteCount: 1 << 16, alignment: 16)
    }

    /// A file; the caller closes its descriptor.
    package init(descriptor: Int32) {
        self.init { buffer throws(SystemError) in try SystemCalls.read(descriptor, into: buffer) }
    }

    deinit { buffer.deallocate() }

    /// The fields of the next record that is not empty, or nil at the end.
    package mutating func next() throws -> [String]? {
        while let fields = try record() {
            if fields.count > 1 || !fields[0].isEmpty { return fields }
        }
        return nil
    }

    private mutating func record() throws -> [String]? {
        if linesRead == 0, line == 0 { try skipMark() }
        line = linesRead + 1
        guard try peek() != nil else { return nil }
        var fields: [[UInt8]] = [[]]
        var isQuoted = false
        /// Whether the field began with a quote: only then do quotes mean anything.
        var wasQuoted = false
        var bytes = 0
        while let byte = try take() {
            bytes += 1
            if bytes > Self.recordBytesMax {
                throw Fault(line: line, what: isQuoted ? "a quote that is never closed" : "a line of more than 1 MiB")
            }
            if isQuoted {
                if byte != UInt8(ascii: "\"") {
                    if byte == 0x0A { linesRead += 1 }
                    fields[fields.count - 1].append(byte)
                } else if try peek() == UInt8(ascii: "\"") {
                    _ = try take()
                    fields[fields.count - 1].append(byte)
                } else {
                    isQuoted = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\"") where fields[fields.count - 1].isEmpty && !wasQuoted:
                isQuoted = true
                wasQuoted = true
            case 0x0D:
                if try peek() == 0x0A { _ = try take() }
                return finish(fields)
            case 0x0A:
                return finish(fields)
            default:
                if try isSeparator(byte, fields) {
                    fields.append([])
                    wasQuoted = false
                } else {
                    fields[fields.count - 1].append(byte)
                }
            }
        }
        if isQuoted { throw Fault(line: line, what: "a quote that is never closed") }
        return finish(fields)
    }

    /// The first of the three that the first line has outside of quotes is what parts all fields.
    private mutating func isSeparator(_ byte: UInt8, _ fields: [[UInt8]]) throws -> Bool {
        if let separator { return byte == separator }
        guard byte == UInt8(ascii: ",") || byte == UInt8(ascii: ";") || byte == UInt8(ascii: "\t") else { return false }
        separator = byte
        return true
    }

    private mutating func finish(_ fields: [[UInt8]]) -> [String] {
        linesRead += 1
        return fields.map { String(decoding: $0, as: UTF8.self) }
    }

    private mutating func skipMark() throws {
        guard try peek() == 0xEF, end - at >= 3, buffer[at + 1] == 0xBB, buffer[at + 2] == 0xBF else { return }
        at += 3
    }

    private mutating func peek() throws -> UInt8? {
        if at == end { try fill() }
        return at < end ? buffer[at] : nil
    }

    private mutating func take() throws -> UInt8? {
        guard let byte = try peek() else { return nil }
        at += 1
        return byte
    }

    private mutating func fill() throws {
        if isAtEnd { return }
        at = 0
        end = try source(buffer)
        if end == 0 { isAtEnd = true }
    }
}
