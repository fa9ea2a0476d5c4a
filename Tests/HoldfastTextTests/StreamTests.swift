import Glibc
import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("Line reader")
struct LineReaderTests {
    /// Input that arrives in given pieces; after the last one it ends.
    private final class Pieces {
        var rest: [[UInt8]]

        init(_ pieces: [[UInt8]]) { rest = pieces }

        var source: LineReader.Source {
            LineReader.Source(
                read: { buffer throws(SystemError) in
                    guard !self.rest.isEmpty else { return 0 }
                    let piece = self.rest[0].prefix(buffer.count)
                    buffer.copyBytes(from: piece)
                    self.rest[0].removeFirst(piece.count)
                    if self.rest[0].isEmpty { self.rest.removeFirst() }
                    return piece.count
                },
                isReadable: { () throws(SystemError) in !self.rest.isEmpty })
        }
    }

    private func lines(_ pieces: [[UInt8]], limit: Int = 10, chunk: Int = 8) throws -> [String] {
        var reader = LineReader(source: Pieces(pieces).source, limit: limit, chunk: chunk)
        var lines: [String] = []
        while let line = try reader.next() {
            switch line {
            case .text(let bytes): lines.append(String(decoding: bytes, as: UTF8.self))
            case .tooLong(let limit): lines.append("<more than \(limit)>")
            }
        }
        return lines
    }

    private func lines(_ text: String, limit: Int = 10, chunk: Int = 8) throws -> [String] {
        try lines(text.isEmpty ? [] : [Array(text.utf8)], limit: limit, chunk: chunk)
    }

    @Test("lines end with newlines; the last one counts without")
    func simple() throws {
        #expect(try lines("a\nbc\n\nd\r\ne") == ["a", "bc", "", "d\r", "e"])
        #expect(try lines("") == [])
        #expect(try lines("\n") == [""])
        #expect(try lines("a\n") == ["a"])
    }

    @Test("a line of exactly the limit is a line; one byte more is too long, and the next line is read")
    func limit() throws {
        #expect(try lines("0123456789\nx\n") == ["0123456789", "x"])
        #expect(try lines("0123456789x\ny\n") == ["<more than 10>", "y"])
        #expect(try lines("0123456789") == ["0123456789"])
        #expect(try lines("0123456789x") == ["<more than 10>"])
        #expect(try lines(String(repeating: "z", count: 1_000) + "\ny") == ["<more than 10>", "y"])
        #expect(try lines(String(repeating: "z", count: 1_000)) == ["<more than 10>"])
    }

    @Test("however the input is cut into pieces, the lines are the same")
    func pieces() throws {
        var generator = SplitMix64(seed: 8)
        for round in 0..<500 {
            var expected: [String] = []
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<20, using: &generator) {
                let length = Int.random(in: 0..<30, using: &generator)
                let line = String(repeating: "x", count: length)
                expected.append(length > 16 ? "<more than 16>" : line)
                bytes += Array(line.utf8) + [0x0A]
            }
            var pieces: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...40, using: &generator))
                pieces.append(Array(piece))
                rest = rest.dropFirst(piece.count)
            }
            #expect(try lines(pieces, limit: 16, chunk: 1 + round % 33) == expected)
        }
    }

    @Test("on a pipe the reader says whether a line is there, and never waits to say it")
    func ready() throws {
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        var reader = LineReader(descriptor: ends[0])
        func put(_ text: String) { _ = text.withCString { write(ends[1], $0, strlen($0)) } }
        func text(_ line: LineReader.Line?) -> String? {
            guard case .text(let bytes)? = line else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try !reader.isReady())
        put("one\ntw")
        #expect(try reader.isReady())
        #expect(text(try reader.next()) == "one")
        #expect(try !reader.isReady())
        put("o\n\nthree")
        #expect(text(try reader.next()) == "two")
        #expect(text(try reader.next()) == "")
        #expect(try !reader.isReady())
        close(ends[1])
        #expect(try reader.isReady())
        #expect(text(try reader.next()) == "three")
        #expect(try reader.isReady())
        #expect(try reader.next() == nil)
        close(ends[0])
    }

    @Test("a line that is too long is reported before its end arrives")
    func readyTooLong() throws {
        let pieces = Pieces([Array("0123456789ab".utf8), Array("cdef\nnext\n".utf8)])
        var reader = LineReader(source: pieces.source, limit: 10, chunk: 64)
        guard case .tooLong(10)? = try reader.next() else {
            Issue.record("expected a line that is too long")
            return
        }
        #expect(pieces.rest.count == 1)
        guard case .text(let bytes)? = try reader.next() else {
            Issue.record("expected the next line")
            return
        }
        #expect(Array(bytes) == Array("next".utf8))
    }

    @Test("a failing read is reported with its errno")
    func failure() {
        var reader = LineReader(descriptor: -1)
        #expect(throws: StreamError.failed(SystemError(call: "read", code: EBADF))) { _ = try reader.next() }
    }
}

extension LineReader.Line? {
    fileprivate static func == (line: LineReader.Line?, none: _OptionalNilComparisonType) -> Bool {
        if case .none = line { true } else { false }
    }
}

@Suite("Buffered writer")
struct BufferedWriterTests {
    /// Takes at most `appetite` bytes a call.
    private final class Sink {
        var taken: [UInt8] = []
        var calls = 0
        var appetite = Int.max
        var failure: SystemError?

        func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
            calls += 1
            if let failure { throw failure }
            let count = min(appetite, bytes.count)
            taken += bytes.prefix(count)
            return count
        }
    }

    @Test("small writes leave in one call; nothing leaves before flush")
    func collects() throws {
        let sink = Sink()
        var writer = BufferedWriter(capacity: 64, sink: sink.write)
        try writer.write("abc")
        try writer.writeLine("def")
        #expect(sink.calls == 0 && writer.pending == 7)
        try writer.flush()
        try writer.flush()
        #expect(sink.calls == 1 && sink.taken == Array("abcdef\n".utf8) && writer.pending == 0)
    }

    @Test("whatever the sizes, and however little the system takes at once, every byte arrives in order")
    func partialWrites() throws {
        var generator = SplitMix64(seed: 9)
        for _ in 0..<200 {
            let sink = Sink()
            sink.appetite = Int.random(in: 1...20, using: &generator)
            var writer = BufferedWriter(capacity: Int.random(in: 1...32, using: &generator), sink: sink.write)
            var expected: [UInt8] = []
            for _ in 0..<30 {
                let bytes = (0..<Int.random(in: 0...50, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                expected += bytes
                try bytes.withUnsafeBytes { try writer.write($0) }
            }
            try writer.flush()
            #expect(sink.taken == expected)
        }
    }

    @Test("JSON goes out as it was written")
    func json() throws {
        let sink = Sink()
        var writer = BufferedWriter(sink: sink.write)
        var json = JSONWriter()
        json.beginArray()
        json.endArray()
        json.newline()
        try writer.write(json)
        try writer.flush()
        #expect(sink.taken == Array("[]\n".utf8))
    }

    @Test("a reader that went away is told apart from a fault")
    func readerWentAway() throws {
        SystemCalls.ignoreBrokenPipes()
        var ends: [Int32] = [0, 0]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        var writer = BufferedWriter(descriptor: ends[1])
        try writer.write("x")
        #expect(throws: StreamError.readerWentAway) { try writer.flush() }
        close(ends[1])
    }

    @Test("a full disk is a fault with its errno, and the rest stays pending")
    func fullDisk() throws {
        let descriptor = open("/dev/full", O_WRONLY)
        defer { close(descriptor) }
        var writer = BufferedWriter(descriptor: descriptor)
        try writer.write("x")
        #expect(throws: StreamError.failed(SystemError(call: "write", code: ENOSPC))) { try writer.flush() }
        #expect(writer.pending == 1)
        #expect(SystemError(call: "write", code: ENOSPC).description == "write: No space left on device (errno 28)")
    }

    @Test("after a failed flush, the next one goes on where it stopped")
    func resumes() throws {
        let sink = Sink()
        var writer = BufferedWriter(capacity: 16, sink: sink.write)
        try writer.write("abcdef")
        sink.failure = SystemError(call: "write", code: EIO)
        #expect(throws: StreamError.failed(SystemError(call: "write", code: EIO))) { try writer.flush() }
        sink.failure = nil
        try writer.flush()
        #expect(sink.taken == Array("abcdef".utf8))
    }
}
