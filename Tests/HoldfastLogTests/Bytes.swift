import CHoldfast

func crc32c(_ bytes: some Collection<UInt8>) -> UInt32 {
    Array(bytes).withUnsafeBytes { hf_crc32c(0, $0.baseAddress, $0.count) }
}

extension [UInt8] {
    /// Puts an integer down in little-endian order.
    mutating func store<T: FixedWidthInteger>(_ value: T, at offset: Int) {
        for index in 0..<MemoryLayout<T>.size {
            self[offset + index] = UInt8(truncatingIfNeeded: value >> T(index * 8))
        }
    }
}
