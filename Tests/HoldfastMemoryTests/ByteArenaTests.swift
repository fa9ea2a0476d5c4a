import HoldfastTestSupport
import Testing

@testable import HoldfastMemory

@Suite struct ByteArenaTests {
    @Test("bytes are found where they were put, whatever came later", arguments: 1...3)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var arena = ByteArena(capacity: 1 << 20)
        var entries: [(offset: UInt64, bytes: [UInt8])] = []
        for _ in 0..<2000 {
            let bytes = (0..<random.below(200)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let offset = bytes.withUnsafeBytes { arena.append($0) }
            #expect(offset != 0)
            entries.append((offset, bytes))
        }
        for (offset, bytes) in entries {
            let kept = UnsafeRawBufferPointer(start: arena.pointer(at: offset), count: bytes.count)
            let same = kept.elementsEqual(bytes)
            #expect(same)
        }
        let resident = arena.residentBytes
        #expect(resident == 8 + entries.reduce(0) { $0 + $1.bytes.count })
    }

    @Test("a full arena says 0 and keeps what it has")
    func exhaustion() {
        var arena = ByteArena(capacity: 4000)
        let bytes = [UInt8](repeating: 7, count: 3000)
        let offsets = (0..<2).map { _ in bytes.withUnsafeBytes { arena.append($0) } }
        #expect(offsets == [8, 0])
        let small = [1, 2, 3].withUnsafeBytes { arena.append($0) }
        #expect(small == 3008)
        let first = arena.pointer(at: 8).load(as: UInt8.self)
        #expect(first == 7)
    }
}
