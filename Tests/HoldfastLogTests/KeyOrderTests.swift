import Testing

@testable import HoldfastLog

/// The order of a sealed segment against a plain sort of whole keys.
@Suite struct KeyOrderTests {
    /// How the keys of a segment may look.
    enum Keys: CaseIterable, CustomTestStringConvertible {
        case digits, uuids, fewOfMany, prefixes, zeros, oneKey, longAndAlike

        var testDescription: String { "\(self)" }

        func make(_ random: inout SealedStore.Random) -> [UInt8] {
            func digits(_ count: Int, _ base: UInt64 = 10) -> [UInt8] {
                (0..<count).map { _ in Array("0123456789abcdef".utf8)[Int(random.next(upTo: base))] }
            }
            switch self {
            case .digits: return Array("evian/player-".utf8) + digits(4)
            case .uuids: return Array("t\(random.next(upTo: 3))/".utf8) + digits(36, 16)
            case .fewOfMany: return Array("brand-\(random.next(upTo: 3))/p".utf8) + digits(1)
            // Each the beginning of others.
            case .prefixes:
                return Array(Array("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa".utf8)[...Int(random.next(upTo: 40))])
            // Bytes that look like what stands behind the end of a shorter key.
            case .zeros: return [1] + (0..<random.next(upTo: 20)).map { _ in UInt8(random.next(upTo: 2)) }
            case .oneKey: return Array("a/b".utf8)
            case .longAndAlike: return Array("x/".utf8) + [UInt8](repeating: 7, count: 60) + digits(2)
            }
        }
    }

    @Test("records come by key and then in the order of the log", arguments: Keys.allCases, [0, 1, 2, 47, 49, 3_000])
    func order(keys: Keys, count: Int) {
        var random = SealedStore.Random(UInt64(count) + 3)
        var image: [UInt64] = []
        var offsets: [UInt32] = []
        var expected: [(key: [UInt8], offset: UInt32)] = []
        for _ in 0..<count {
            let key = keys.make(&random)
            let size = RecordLayout.size(key: key.count, payload: 0, metadata: 0)
            offsets.append(UInt32(image.count))
            expected.append((key, UInt32(image.count)))
            var record = [UInt64](repeating: 0xA5A5_A5A5_A5A5_A5A5, count: size / 8)
            record.withUnsafeMutableBytes { raw in
                RecordHeader(type: 0, schemaVersion: 0, revision: 1, previous: 0, time: 0)
                    .store(at: raw.baseAddress!, key: key.count, payload: 0, metadata: 0)
                (raw.baseAddress! + RecordLayout.headerBytes).copyMemory(from: key, byteCount: key.count)
            }
            image += record
        }
        expected.sort { a, b in
            a.key == b.key ? a.offset < b.offset : a.key.lexicographicallyPrecedes(b.key)
        }
        let places = image.withUnsafeBytes { raw in
            KeyOrder(image: raw.baseAddress ?? UnsafeRawPointer(bitPattern: 16)!, offsets: offsets).places
        }
        #expect(places == expected.map(\.offset))
    }
}
