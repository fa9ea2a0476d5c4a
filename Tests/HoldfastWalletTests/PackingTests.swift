import HoldfastTestSupport
import Testing
import WalletModel

@testable import HoldfastLog
@testable import HoldfastWallet

/// What the packing of a wallet's events leaves out of a sealed block comes back, to the byte.
@Suite("Packing events")
struct PackingTests {
    /// Records of a random life, by player, as a block has them.
    private func records(seed: UInt64, commands: Int = 400) -> [[UInt8]] {
        let ledger = TestLedger()
        var generator = CommandGenerator(seed: seed)
        for _ in 0..<commands / 50 {
            _ = ledger.apply((0..<50).map { _ in generator.next() })
            ledger.commit()
        }
        var all: [(key: [UInt8], address: UInt64, bytes: [UInt8])] = []
        ledger.lane.forEachRecord { record, address in
            all.append((Array(record.key), address, Array(record.bytes)))
        }
        addresses = all.map(\.address)
        let sorted = all.sorted { a, b in
            a.key == b.key ? a.address < b.address : a.key.lexicographicallyPrecedes(b.key)
        }
        return sorted.map(\.bytes)
    }

    private final class Addresses: @unchecked Sendable { var list: [UInt64] = [] }
    private let known = Addresses()
    private var addresses: [UInt64] {
        get { known.list }
        nonmutating set { known.list = newValue }
    }

    private static let widths = SealedWidths(offset: 5, position: 8, time: 8, firstPosition: 0, firstTime: 0, start: 0)

    /// A block of these records, packed; and the memory that they lie in.
    private func pack(_ records: [[UInt8]]) -> (raw: [UInt8], rows: Int, payloadBytes: Int) {
        let size = records.reduce(0) { $0 + $1.count }
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size + 8, alignment: 16)
        defer { memory.deallocate() }
        var at = 0
        var rows: [SealedRow] = []
        var payloadBytes = 0
        for record in records {
            (memory.baseAddress! + at).copyMemory(from: record, byteCount: record.count)
            let view = RecordView(memory.baseAddress! + at)
            // Any place will do as long as a player's next record knows it.
            rows.append(SealedRow(view, at: rows.last?.address == nil ? 4096 : rows.last!.address + 512))
            payloadBytes += view.payloadCount
            at += record.count
        }
        for index in rows.indices.dropFirst() where rows[index].revision > 1 {
            rows[index].previous = rows[index - 1].address
        }
        var encoder = BlockEncoder(widths: Self.widths, packing: EventPacking())
        rows.withUnsafeMutableBufferPointer { encoder.encode($0) }
        var raw = [UInt8](repeating: 0, count: encoder.set.packedBytes)
        raw.withUnsafeMutableBytes { encoder.set.store(at: $0.baseAddress!) }
        return (raw, rows.count, payloadBytes)
    }

    private func payload(_ record: [UInt8]) -> [UInt8] {
        record.withUnsafeBytes { Array(RecordView($0.baseAddress!).payload) }
    }

    private func unpack(_ block: (raw: [UInt8], rows: Int, payloadBytes: Int)) -> [[UInt8]]? {
        let decoder = BlockDecoder(packing: EventPacking())
        return block.raw.withUnsafeBytes { raw in
            decoder.decode(raw, rows: block.rows, payloadBytes: block.payloadBytes, widths: Self.widths).map { rows in
                rows.map { Array($0.payloadBytes) }
            }
        }
    }

    @Test("every payload comes back, whatever happened in the life", arguments: 1...12 as ClosedRange<UInt64>)
    func comesBack(seed: UInt64) {
        let records = records(seed: seed)
        for start in stride(from: 0, to: records.count, by: SealedBlock.rowsMax) {
            let part = Array(records[start..<min(start + SealedBlock.rowsMax, records.count)])
            #expect(unpack(pack(part)) == part.map(payload))
        }
    }

    @Test("payloads that no wallet wrote come back too", arguments: 1...12 as ClosedRange<UInt64>)
    func anything(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let records = records(seed: seed).prefix(SealedBlock.rowsMax).map { record -> [UInt8] in
            var record = record
            let count = payload(record).count
            let start = record.withUnsafeBytes { 48 + RecordView($0.baseAddress!).keyCount }
            for _ in 0..<Int(random.next() % 4) where count > 0 {
                // Mostly in the first bytes, which say what the others are.
                let place = random.next() % 2 == 0 ? Int(random.next() % 8) % count : Int(random.next() % UInt64(count))
                record[start + place] = UInt8(truncatingIfNeeded: random.next())
            }
            return record
        }
        #expect(unpack(pack(records)) == records.map(payload))
    }

    @Test("a block of nonsense is refused or read, and never read beyond its end")
    func nonsense() {
        var random = SplitMix64(seed: 77)
        let block = pack(Array(records(seed: 3).prefix(120)))
        for _ in 0..<4_000 {
            var raw = block.raw
            for _ in 0..<1 + random.next() % 4 {
                raw[Int(random.next() % UInt64(raw.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            if random.next() % 8 == 0 { raw.removeLast(Int(random.next() % UInt64(raw.count))) }
            _ = unpack((raw, block.rows, block.payloadBytes))
        }
    }

    @Test("the fingerprint of a command follows from its event, so that it takes no room")
    func fingerprints() {
        let ledger = TestLedger()
        for answer in ledger.apply(EventTests.lines) { #expect(answer["ok"] != nil) }
        ledger.commit()
        var all: [[UInt8]] = []
        ledger.lane.forEachRecord { record, _ in all.append(Array(record.bytes)) }
        let anas = all.filter { $0.withUnsafeBytes { RecordView($0.baseAddress!).key.count == "evian/ana".utf8.count } }
        let block = pack(anas)
        let columns = SealedBlock.columnCount + EventPacking.Column.fingerprints
        let bytes = block.raw.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 4 * columns, as: UInt32.self) }
        // The confirm named its amount: two bytes say so.
        #expect(bytes == 2)
    }

    @Test("ids take half their size, UUIDs sixteen bytes")
    func texts() {
        var codes = ByteColumn(capacity: 16)
        var texts = ByteColumn(capacity: 16)
        defer {
            codes.free()
            texts.free()
        }
        let ids = [
            "0001000000012ab3", "00010000000f1c22", "550e8400-e29b-41d4-a716-446655440000", "bet-1", "bet-2", "bet-2",
            "ABC",
            "abc", "a", "550e8400-e29b-41d4-a716-44665544000x", String(repeating: "7", count: 64), "",
        ]
        var packing = TextPacking()
        var sizes: [Int] = []
        let stored = ids.map { Array($0.utf8) }
        for id in stored {
            let before = texts.count
            id.withUnsafeBytes { raw in
                // Kept where it is until the next one is packed.
                let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
                copy.copyMemory(from: raw)
                packing.pack(UnsafeRawPointer(copy.baseAddress!), raw.count, codes: &codes, texts: &texts)
            }
            sizes.append(texts.count - before)
        }
        #expect(sizes == [8, 3, 16, 5, 1, 0, 3, 2, 0, 36, 32, 0])
        var back = TextPacking()
        var (codeCursor, textCursor) = (ByteCursor(codes.bytes), ByteCursor(texts.bytes))
        for id in stored {
            let target = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 1)
            #expect(back.unpack(to: target, id.count, codes: &codeCursor, texts: &textCursor))
            #expect(Array(UnsafeRawBufferPointer(start: target, count: id.count)) == id)
        }
        #expect(codeCursor.isAtEnd && textCursor.isAtEnd)
    }
}
