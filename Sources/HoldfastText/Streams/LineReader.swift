import Glibc

/// Reads a descriptor line by line, without a copy and without an allocation per line.
///
///     var input = LineReader.standardInput()
///     while let line = try input.next() {
///         switch line {
///         case .text(let bytes): answer(bytes)
///         case .tooLong: answerTooLong()
///         }
///         if try !input.isReady() { try output.flush() }      // nobody waits for an answer that we hold
///     }
///
/// A line ends with a newline, which is not part of it; a carriage return before it is. The last line counts without
/// its newline. A line longer than the limit is reported once, and reading goes on after its newline.
package struct LineReader: ~Copyable {
    package enum Line {
        /// Valid until the next call of `next()` or `isReady()`.
        case text(UnsafeRawBufferPointer)
        case tooLong(limit: Int)
    }

    /// Where bytes come from.
    package struct Source {
        /// Reads at least one byte, or none at the end of the input.
        package var read: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int
        /// Whether `read` would return at once.
        package var isReadable: () throws(SystemError) -> Bool

        package init(
            read: @escaping (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int,
            isReadable: @escaping () throws(SystemError) -> Bool
        ) {
            self.read = read
            self.isReadable = isReadable
        }
    }

    /// A command has a dozen fields of at most 64 bytes; this leaves room for every byte written as an escape.
    package static let usualLimit = 64 * 1024

    private let source: Source
    private let limit: Int
    private let buffer: UnsafeMutableRawBufferPointer
    /// What is read and not yet given out.
    private var start = 0
    private var end = 0
    /// No newline stands before this.
    private var searched = 0
    /// Inside a line already reported as too long.
    private var isSkipping = false
    private var reachedEnd = false

    package init(source: Source, limit: Int = Self.usualLimit, chunk: Int = 64 * 1024) {
        precondition(limit > 0 && chunk > 0, "a line and a read have room")
        self.source = source
        self.limit = limit
        // After what is kept, at most `limit` bytes, there is always room for a read.
        buffer = .allocate(byteCount: limit + chunk, alignment: 16)
    }

    package init(descriptor: Int32, limit: Int = Self.usualLimit) {
        let source = Source(
            read: { buffer throws(SystemError) in try SystemCalls.read(descriptor, into: buffer) },
            isReadable: { () throws(SystemError) in try SystemCalls.isReadable(descriptor) })
        self.init(source: source, limit: limit)
    }

    package static func standardInput(limit: Int = Self.usualLimit) -> LineReader {
        LineReader(descriptor: SystemCalls.standardInput, limit: limit)
    }

    deinit {
        buffer.deallocate()
    }

    /// The next line, or nil at the end of the input. Waits as long as the input does.
    package mutating func next() throws(StreamError) -> Line? {
        while true {
            if let length = bufferedLength() { return take(length) }
            if reachedEnd { return takeLast() }
            try fill()
        }
    }

    /// Whether `next()` would answer without waiting: a whole line is here, or the input has ended. Reads whatever can
    /// be read at once to find out.
    package mutating func isReady() throws(StreamError) -> Bool {
        while true {
            if bufferedLength() != nil || reachedEnd { return true }
            do throws(SystemError) {
                guard try source.isReadable() else { return false }
            } catch {
                throw StreamError(error)
            }
            try fill()
        }
    }

    // MARK: What serves them

    /// The length of the next line if it is known: to its newline, or past the limit.
    private mutating func bufferedLength() -> Int? {
        if isSkipping {
            guard let newline = findNewline() else {
                start = end
                return nil
            }
            start = newline + 1
            isSkipping = false
        }
        if let newline = findNewline() { return newline - start }
        return end - start > limit ? end - start : nil
    }

    private mutating func take(_ length: Int) -> Line {
        let first = start
        if first + length < end {  // its newline is here
            start = first + length + 1
        } else {
            start = end
            isSkipping = true
        }
        if length > limit { return .tooLong(limit: limit) }
        return .text(UnsafeRawBufferPointer(rebasing: buffer[first..<first + length]))
    }

    private mutating func takeLast() -> Line? {
        guard start < end else { return nil }
        defer { start = end }
        return .text(UnsafeRawBufferPointer(rebasing: buffer[start..<end]))
    }

    /// Leaves `searched` on the newline, so that asking again costs nothing.
    private mutating func findNewline() -> Int? {
        searched = max(searched, start)
        guard searched < end, let base = buffer.baseAddress else { return nil }
        guard let found = memchr(base + searched, 0x0A, end - searched) else {
            searched = end
            return nil
        }
        searched = base.distance(to: UnsafeMutableRawPointer(found))
        return searched
    }

    private mutating func fill() throws(StreamError) {
        if start > 0 {
            let kept = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
            buffer.copyMemory(from: kept)
            searched = max(0, searched - start)
            end -= start
            start = 0
        }
        assert(end <= limit, "what is kept is shorter than a line may be")
        do throws(SystemError) {
            let count = try source.read(UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
            reachedEnd = count == 0
            end += count
        } catch {
            throw StreamError(error)
        }
    }
}
