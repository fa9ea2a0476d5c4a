public import Glibc

/// Writes compact JSON into bytes that it owns and reuses.
///
///     var json = JSONWriter()
///     json.beginObject()
///     json.member("ok", true)
///     json.member("amount", 5)
///     json.endObject()
///     json.newline()                      // {"ok":true,"amount":5}\n
///     try output.write(json)
///     json.removeAll()
///
/// One flag is all the state that commas need: it is set after a value, and cleared after an opening, a key and a
/// newline. Whether openings and endings match is checked in debug builds only: callers are straight-line code.
@usableFromInline
package struct JSONWriter: ~Copyable {
    @usableFromInline var storage: UnsafeMutablePointer<UInt8>
    @usableFromInline var capacity: Int
    @usableFromInline var needsComma = false
    @usableFromInline var depth = 0

    /// How many bytes are written.
    package private(set) var count: Int {
        @inlinable get { length }
        set { length = newValue }
    }
    @usableFromInline var length = 0

    package init(capacity: Int = 4096) {
        precondition(capacity >= 0, "a capacity is not negative")
        self.capacity = max(64, capacity)
        storage = .allocate(capacity: self.capacity)
    }

    deinit {
        storage.deallocate()
    }

    /// The bytes so far. They stay valid inside the closure only: the next write may move them.
    @inlinable
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: storage, count: length))
    }

    /// A copy of the bytes as text; for tests and messages.
    package var text: String {
        String(decoding: UnsafeBufferPointer(start: storage, count: length), as: UTF8.self)
    }

    /// Forgets the content and keeps the memory.
    @inlinable
    package mutating func removeAll() {
        length = 0
        depth = 0
        needsComma = false
    }

    // MARK: Structure

    @inlinable @inline(__always)
    package mutating func beginObject() { open(UInt8(ascii: "{")) }

    @inlinable @inline(__always)
    package mutating func endObject() { close(UInt8(ascii: "}")) }

    @inlinable @inline(__always)
    package mutating func beginArray() { open(UInt8(ascii: "[")) }

    @inlinable @inline(__always)
    package mutating func endArray() { close(UInt8(ascii: "]")) }

    /// Ends a line. The value before it must be complete.
    @inlinable @inline(__always)
    package mutating func newline() {
        assert(depth == 0, "a line ends inside an object or array")
        reserve(1)
        put(UInt8(ascii: "\n"))
        needsComma = false
    }

    /// A key known at compile time. It is copied as it stands, so it may hold nothing that wants escaping.
    @inlinable @inline(__always)
    package mutating func key(_ name: StaticString) {
        let size = name.utf8CodeUnitCount
        assert(Self.isPlain(name), "a static key holds no quote, backslash or control character")
        reserve(size &+ 4)
        if needsComma { put(UInt8(ascii: ",")) }
        put(UInt8(ascii: "\""))
        memcpy(storage + length, name.utf8Start, size)
        length &+= size
        put(UInt8(ascii: "\""))
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    /// A key known at run time, such as an asset's name.
    @inlinable
    package mutating func key(_ name: UnsafeRawBufferPointer) {
        string(name)
        reserve(1)
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    // A literal means the static form above; without this the compiler would prefer String for it.
    @_disfavoredOverload @inlinable
    package mutating func key(_ name: String) {
        string(name)
        reserve(1)
        put(UInt8(ascii: ":"))
        needsComma = false
    }

    // MARK: What serves them

    @inlinable @inline(__always)
    mutating func open(_ bracket: UInt8) {
        reserve(2)
        separate()
        put(bracket)
        depth &+= 1
        needsComma = false
    }

    @inlinable @inline(__always)
    mutating func close(_ bracket: UInt8) {
        assert(depth > 0, "nothing is open")
        reserve(1)
        put(bracket)
        depth &-= 1
        needsComma = true
    }

    /// Puts the comma before a value, if one is due. The caller has reserved room for it.
    @inlinable @inline(__always)
    mutating func separate() {
        if needsComma { put(UInt8(ascii: ",")) }
        needsComma = true
    }

    /// Room must have been reserved.
    @inlinable @inline(__always)
    mutating func put(_ byte: UInt8) {
        storage[length] = byte
        length &+= 1
    }

    @inlinable @inline(__always)
    mutating func reserve(_ extra: Int) {
        if length &+ extra > capacity { grow(extra) }
    }

    @usableFromInline @inline(never)
    mutating func grow(_ extra: Int) {
        let larger = max(capacity * 2, length + extra)
        let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
        moved.update(from: storage, count: length)
        storage.deallocate()
        storage = moved
        capacity = larger
    }

    @usableFromInline
    static func isPlain(_ name: StaticString) -> Bool {
        UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
            .allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}
