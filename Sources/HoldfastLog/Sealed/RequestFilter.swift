internal import CHoldfast

/// Says of most names that a segment does not have them, with one short read: a Bloom filter in blocks of 32 bytes.
///
/// A name's hash chooses a block with its upper half and eight bits in it with its lower half, one in each word. 127
/// blocks make a page of 4096 bytes, with 28 bytes of zeros and the CRC32C of all before it at the end, so that a page
/// is read and checked on its own: a bit that was flipped to zero would hide a bet.
///
/// With ten bits a name about one in a hundred that is not there seems to be.
enum RequestFilter {
    static let blockBytes = 32
    static let blocksInPage = 127
    static let pageBytes = 4096
    private static let bitsPerName = 10

    static func blocks(names: UInt64) -> UInt64 { max(1, (names * UInt64(bitsPerName) + 255) / 256) }
    static func pages(names: UInt64) -> Int { Int((blocks(names: names) + 126) / 127) }

    private static let salts: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) = (
        0x47B6_137B, 0x4497_4D91, 0x8824_AD5B, 0xA2B7_289D, 0x7054_95C7, 0x2DF1_424B, 0x9EFC_4947, 0x5C6B_FB31
    )

    /// Where a name's bits are: page, offset of the block in it.
    static func place(_ hash: UInt64, names: UInt64) -> (page: Int, offset: Int) {
        let block = Int(((hash >> 32) &* blocks(names: names)) >> 32)
        return (block / blocksInPage, block % blocksInPage * blockBytes)
    }

    /// The bit of each of the block's eight words.
    @inline(__always)
    private static func mask(_ hash: UInt64) -> SIMD8<UInt32> {
        let low = UInt32(truncatingIfNeeded: hash)
        let salts = SIMD8<UInt32>(
            salts.0, salts.1, salts.2, salts.3, salts.4, salts.5, salts.6, salts.7)
        return SIMD8<UInt32>(repeating: 1) &<< ((salts &* SIMD8<UInt32>(repeating: low)) &>> 27)
    }

    /// All pages, from the hashes of all names. A hash may come several times.
    static func build(_ hashes: UnsafeBufferPointer<UInt64>) -> [UInt8] {
        let names = UInt64(hashes.count)
        var bytes = [UInt8](repeating: 0, count: pages(names: names) * pageBytes)
        bytes.withUnsafeMutableBytes { raw in
            let base = raw.baseAddress!
            for hash in hashes {
                let place = place(hash, names: names)
                let block = base + (place.page * pageBytes + place.offset)
                let word = block.loadUnaligned(as: SIMD8<UInt32>.self) | mask(hash)
                block.storeBytes(of: word, as: SIMD8<UInt32>.self)
            }
            for page in stride(from: 0, to: raw.count, by: pageBytes) {
                let sum = hf_crc32c(0, base + page, pageBytes - 4)
                (base + page).storeBytes(of: sum, toByteOffset: pageBytes - 4, as: UInt32.self)
            }
        }
        return bytes
    }

    static func isGood(page: UnsafeRawBufferPointer) -> Bool {
        page.count == pageBytes
            && hf_crc32c(0, page.baseAddress, pageBytes - 4)
                == page.loadUnaligned(fromByteOffset: pageBytes - 4, as: UInt32.self)
    }

    static func mayHold(_ hash: UInt64, page: UnsafeRawBufferPointer, offset: Int) -> Bool {
        let block = page.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt32>.self)
        let mask = mask(hash)
        return block & mask == mask
    }
}
