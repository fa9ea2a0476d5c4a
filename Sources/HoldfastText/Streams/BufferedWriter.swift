/// Collects output and writes it in large pieces: on `flush()`, and when the buffer is full.
///
///     var output = BufferedWriter.standardOutput()
///     try output.write(json)
///     try output.flush()
///
/// What isn't flushed isn't written: a `deinit` has nobody to report a full disk to. After an error the unwritten rest
/// stays in the buffer.
package struct BufferedWriter: ~Copyable {
    /// Writes some of the bytes, at least one, and says how many.
    package typealias Sink = (UnsafeRawBufferPointer) throws(SystemError) -> Int

    private let sink: Sink
    private let buffer: UnsafeMutableRawBufferPointer
    /// What is collected stands in `written..<end`; what is before has left in an earlier, partial flush.
    private var written = 0
    private var end = 0

    package init(capacity: Int = 64 * 1024, sink: @escaping Sink) {
        precondition(capacity > 0, "a buffer has room")
        self.sink = sink
        buffer = .allocate(byteCount: capacity, alignment: 16)
    }

    package init(descriptor: Int32, capacity: Int = 64 * 1024) {
        self.init(capacity: capacity) { bytes throws(SystemError) in try SystemCalls.write(descriptor, bytes) }
    }

    package static func standardOutput() -> BufferedWriter {
        BufferedWriter(descriptor: SystemCalls.standardOutput)
    }

    package static func standardError() -> BufferedWriter {
        BufferedWriter(descriptor: SystemCalls.standardError, capacity: 4096)
    }

    deinit {
        buffer.deallocate()
    }

    /// For who goes on writing to standard output only when something comes: throws once its reader went away.
    package static func checkReaderOfStandardOutput() throws(StreamError) {
        if SystemCalls.isReaderGone(SystemCalls.standardOutput) { throw .readerWentAway }
    }

    /// Bytes that `flush()` would write.
    package var pending: Int { end - written }

    package mutating func write(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
        if bytes.count > buffer.count - end {
            try flush()
            // What would fill the buffer by itself need not pass through it.
            if bytes.count >= buffer.count { return try drain(bytes) }
        }
        UnsafeMutableRawBufferPointer(rebasing: buffer[end...]).copyMemory(from: bytes)
        end += bytes.count
    }

    package mutating func write(_ json: borrowing JSONWriter) throws(StreamError) {
        try json.withBytes { bytes throws(StreamError) in try write(bytes) }
    }

    package mutating func write(_ text: String) throws(StreamError) {
        var text = text
        // `withUTF8` rethrows untyped, so the result carries the error out.
        let result = text.withUTF8 { utf8 in
            Result { () throws(StreamError) in try write(UnsafeRawBufferPointer(utf8)) }
        }
        try result.get()
    }

    package mutating func writeLine(_ text: String) throws(StreamError) {
        try write(text)
        try write("\n")
    }

    /// Returns once the system has taken every byte.
    package mutating func flush() throws(StreamError) {
        while written < end {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[written..<end])
            written += try some(of: rest)
        }
        written = 0
        end = 0
    }

    private func drain(_ bytes: UnsafeRawBufferPointer) throws(StreamError) {
        var offset = 0
        while offset < bytes.count {
            offset += try some(of: UnsafeRawBufferPointer(rebasing: bytes[offset...]))
        }
    }

    private func some(of bytes: UnsafeRawBufferPointer) throws(StreamError) -> Int {
        do throws(SystemError) {
            return try sink(bytes)
        } catch {
            throw StreamError(error)
        }
    }
}
