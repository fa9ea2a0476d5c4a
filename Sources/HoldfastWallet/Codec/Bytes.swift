private import Glibc

/// Copies a short text. The sizes that ids have are done by two overlapping loads instead of a call: 1 ns for 6.
@inline(__always)
func copyBytes(from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) {
    guard let base = source.baseAddress else { return }
    let count = source.count
    if count > 32 {
        copyLongerBytes(from: base, count, to: target)
    } else if count >= 16 {
        let end = count &- 16
        let first = base.loadUnaligned(as: UInt128.self)
        let last = base.loadUnaligned(fromByteOffset: end, as: UInt128.self)
        target.storeUnaligned(first)
        target.storeUnaligned(last, at: end)
    } else if count >= 8 {
        let end = count &- 8
        let first = base.loadUnaligned(as: UInt64.self)
        let last = base.loadUnaligned(fromByteOffset: end, as: UInt64.self)
        target.storeUnaligned(first)
        target.storeUnaligned(last, at: end)
    } else if count >= 4 {
        let end = count &- 4
        let first = base.loadUnaligned(as: UInt32.self)
        let last = base.loadUnaligned(fromByteOffset: end, as: UInt32.self)
        target.storeUnaligned(first)
        target.storeUnaligned(last, at: end)
    } else {
        var index = 0
        while index < count {
            target.storeBytes(of: base.load(fromByteOffset: index, as: UInt8.self), toByteOffset: index, as: UInt8.self)
            index &+= 1
        }
    }
}

/// 33 bytes and more: texts that lie one behind the other.
@inline(__always)
private func copyLongerBytes(from base: UnsafeRawPointer, _ count: Int, to target: UnsafeMutableRawPointer) {
    guard count <= 64 else {
        target.copyMemory(from: base, byteCount: count)
        return
    }
    let end = count &- 32
    let first = base.loadUnaligned(as: UInt128.self)
    let second = base.loadUnaligned(fromByteOffset: 16, as: UInt128.self)
    let third = base.loadUnaligned(fromByteOffset: end, as: UInt128.self)
    let fourth = base.loadUnaligned(fromByteOffset: end &+ 16, as: UInt128.self)
    target.storeUnaligned(first)
    target.storeUnaligned(second, at: 16)
    target.storeUnaligned(third, at: end)
    target.storeUnaligned(fourth, at: end &+ 16)
}

extension UnsafeMutableRawPointer {
    /// `storeBytes` of a trivial value compiles to one unaligned store.
    @inline(__always)
    func storeUnaligned<Value: BitwiseCopyable>(_ value: Value, at offset: Int = 0) {
        storeBytes(of: value, toByteOffset: offset, as: Value.self)
    }
}

/// Whether two texts have the same bytes. Ids are never compared in any other way.
@inline(__always)
func sameBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
    guard left.count == right.count else { return false }
    return sameBytes(left.baseAddress, right.baseAddress, count: left.count)
}

@inline(__always)
func sameBytes(_ left: UnsafeRawPointer?, _ right: UnsafeRawPointer?, count: Int) -> Bool {
    guard count > 0, let left, let right else { return count == 0 }
    if count >= 8 {
        guard count <= 16 else { return memcmp(left, right, count) == 0 }
        let end = count &- 8
        let first = left.loadUnaligned(as: UInt64.self) ^ right.loadUnaligned(as: UInt64.self)
        let last =
            left.loadUnaligned(fromByteOffset: end, as: UInt64.self)
            ^ right.loadUnaligned(fromByteOffset: end, as: UInt64.self)
        return first | last == 0
    }
    if count >= 4 {
        let end = count &- 4
        let first = left.loadUnaligned(as: UInt32.self) ^ right.loadUnaligned(as: UInt32.self)
        let last =
            left.loadUnaligned(fromByteOffset: end, as: UInt32.self)
            ^ right.loadUnaligned(fromByteOffset: end, as: UInt32.self)
        return first | last == 0
    }
    var index = 0
    while index < count {
        if left.load(fromByteOffset: index, as: UInt8.self) != right.load(fromByteOffset: index, as: UInt8.self) {
            return false
        }
        index &+= 1
    }
    return true
}
