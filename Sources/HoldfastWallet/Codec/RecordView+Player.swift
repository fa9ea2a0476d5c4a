private import Glibc
package import HoldfastLog

/// A wallet's record has the key `tenant/player`, and a tenant has no slash.
extension RecordView {
    package var tenantID: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: key[..<max(0, playerStart(in: key) - 1)])
    }
    package var playerID: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: key[playerStart(in: key)...]) }
}

extension SealedRow {
    package var playerID: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: keyBytes[playerStart(in: keyBytes)...])
    }
}

/// Where the player's id begins; a key without a slash is all id.
private func playerStart(in key: UnsafeRawBufferPointer) -> Int {
    guard let slash = memchr(key.baseAddress!, Int32(UInt8(ascii: "/")), key.count) else { return 0 }
    return UnsafeRawPointer(slash) - key.baseAddress! + 1
}
