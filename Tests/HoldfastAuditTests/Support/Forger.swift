import Foundation
import HoldfastWallet
import WalletModel

@testable import HoldfastAudit
@testable import HoldfastLog

/// Rewrites a lane of a closed ledger so that every checksum and the whole chain of hashes are right, and what the
/// events say is not: what somebody with the files, and this code, could do.
struct Forger {
    let directory: String
    var path: String { directory + "/0000000000.log" }

    init(_ ledger: AuditedLedger, lane: Int = 0) { directory = ledger.path + "/lane-0\(lane)" }

    /// Lets `change` write into each record in turn, until it says that it has done what it wanted. Gives the offset
    /// of that record in the file.
    @discardableResult
    func forge(_ change: (RecordView, UnsafeMutableRawPointer) -> Bool) throws -> UInt64? {
        var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
        var forged: UInt64?
        bytes.withUnsafeMutableBytes { file in
            var at = SegmentHeader.blockBytes
            var previous: Digest?
            while let base = file.baseAddress.map({ $0 + at }),
                var header = BatchHeader(at: base, available: file.count - at)
            {
                var offset = BatchHeader.bytes
                for _ in 0..<header.count {
                    let record = RecordView(base + offset)
                    let size = record.size
                    if forged == nil, change(record, base + offset) { forged = UInt64(at + offset) }
                    offset += size
                }
                if let previous { header.previousHash = previous }
                previous = BatchView.finish(at: base, header: header, used: offset)
                at += header.size
                if at + BatchHeader.bytes > file.count { break }
            }
        }
        try Data(bytes).write(to: URL(filePath: path))
        // They name the hash of the last batch, and would give it away.
        for name in ["clean", "segments"] { try? FileManager.default.removeItem(atPath: directory + "/" + name) }
        return forged
    }

    /// Where a part of the payload lies that a record of a wallet has (docs/FORMAT.md).
    static func payload(_ record: RecordView) -> Int { RecordLayout.headerBytes + record.keyCount }

    static func balanceOffset(_ record: RecordView) -> Int? {
        let at = payload(record)
        let parts = record.base.load(fromByteOffset: at + 1, as: UInt8.self)
        guard parts & 4 != 0 else { return nil }
        return at + 8 + (parts & 1 != 0 ? 8 : 0) + (parts & 2 != 0 ? 8 : 0)
    }
}
