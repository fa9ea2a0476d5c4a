private import Glibc

/// Bytes of text that grow and are used again: what CSV, journals and statements are written into.
///
///     var text = TextBuffer()
///     text.put("balance ")
///     text.putMoney(1234, exponent: 2)        // balance 12.34
///     try output.write(text)
///     text.removeAll()
package struct TextBuffer: ~Copyable {
    private var storage: UnsafeMutablePointer<UInt8>
    private var capacity: Int
    package private(set) var count = 0

    package init(capacity: Int = 4096) {
        self.capacity = max(64, capacity)
        storage = .allocate(capacity: self.capacity)
    }

    deinit { storage.deallocate() }

    /// The bytes so far, good inside the closure only.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: storage, count: count))
    }

    /// A copy as text.
    package var text: String { String(decoding: UnsafeBufferPointer(start: storage, count: count), as: UTF8.self) }

    /// Forgets the content and keeps the memory.
    package mutating func removeAll() { count = 0 }

    package mutating func put(byte: UInt8) {
        reserve(1)
        storage[count] = byte
        count &+= 1
    }

    package mutating func put(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        reserve(bytes.count)
        memcpy(storage + count, base, bytes.count)
        count &+= bytes.count
    }

    package mutating func put(_ word: StaticString) {
        put(UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount))
    }

    // A literal means the static form; without this the compiler would prefer String for it.
    @_disfavoredOverload
    package mutating func put(_ text: String) {
        var text = text
        text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
    }

    package mutating func put(_ value: UInt64) {
        reserve(DecimalDigits.maximum)
        count &+= DecimalDigits.write(value, to: storage + count)
    }

    package mutating func put(_ value: Int64) {
        if value < 0 { put(byte: UInt8(ascii: "-")) }
        put(value.magnitude)
    }

    /// Minor units as a decimal number, exactly.
    package mutating func putMoney(_ minorUnits: Int64, exponent: Int) {
        reserve(MoneyText.maximumLength)
        count &+= MoneyText.write(
            minorUnits: minorUnits, exponent: exponent,
            to: UnsafeMutableRawBufferPointer(start: storage + count, count: MoneyText.maximumLength))
    }

    /// RFC 3339 in UTC.
    package mutating func putTime(_ milliseconds: Int64) {
        reserve(RFC3339.length)
        count &+= RFC3339.write(
            milliseconds, to: UnsafeMutableRawBufferPointer(start: storage + count, count: RFC3339.length))
    }

    private mutating func reserve(_ extra: Int) {
        if count &+ extra > capacity { grow(extra) }
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let larger = max(capacity * 2, count + extra)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: storage, count: count)
        storage.deallocate()
        storage = moved
        capacity = larger
    }
}

extension BufferedWriter {
    package mutating func write(_ text: borrowing TextBuffer) throws(StreamError) {
        try text.withBytes { bytes throws(StreamError) in try write(bytes) }
    }
}
