internal import CHoldfast
private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// The records of one day of one shard, one behind the other as the log gave them. Each knows its player, and a player
/// their records come in the order of seq: so only the players are sorted, and the records are counted into place. Once
/// all are there nothing changes any more, so any thread may read them.
final class GatheredRecords: RowPiece, @unchecked Sendable {
    let expected: Int
    private(set) var count = 0
    private var bytes: [UInt8] = []
    private var records: [(at: Int, player: Int32)] = []
    private var players: [DayPlayer] = []
    private var index = FlatIndex(expecting: 1024)

    private struct DayPlayer {
        /// Where their first record begins.
        let at: Int
        let hash: UInt64
        var records: Int
    }

    init(expected: Int) { self.expected = expected }

    func append(_ record: RecordView, rows: Int) {
        let key = record.key
        let hash = hf_hash64(key.baseAddress, key.count, 0)
        let player = find(key, hash) ?? add(hash)
        players[player].records += 1
        records.append((bytes.count, Int32(player)))
        bytes += UnsafeRawBufferPointer(start: record.base, count: record.size)
        count += rows
    }

    private func find(_ key: UnsafeRawBufferPointer, _ hash: UInt64) -> Int? {
        bytes.withUnsafeBytes { bytes in
            index.find(hash) { slot in
                let known = RecordView(bytes.baseAddress! + players[slot].at).key
                return known.count == key.count && memcmp(known.baseAddress!, key.baseAddress!, key.count) == 0
            }
        }
    }

    private func add(_ hash: UInt64) -> Int {
        players.append(DayPlayer(at: bytes.count, hash: hash, records: 0))
        index.add(hash, slot: players.count - 1) { players[$0].hash }
        return players.count - 1
    }

    /// By player (by bytes), tenant and seq.
    func forEachRow(_ body: (EventRow) throws(ArchiveError) -> Void) throws(ArchiveError) {
        var failure: ArchiveError?
        bytes.withUnsafeBytes { bytes in
            do throws(ArchiveError) {
                for at in inOrder(bytes) {
                    let rows = try inLog { () throws(LogError) in
                        try EventRows(reading: RecordView(bytes.baseAddress! + at))
                    }
                    try body(rows.first)
                    if let second = rows.second { try body(second) }
                }
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
    }

    /// Where the records begin, in the order in which they are wanted.
    private func inOrder(_ bytes: UnsafeRawBufferPointer) -> [Int] {
        func record(_ player: Int) -> RecordView { RecordView(bytes.baseAddress! + players[player].at) }
        let sorted = players.indices.sorted { left, right in
            let order = comparePlayers(record(left).playerID, record(right).playerID)
            return order != 0 ? order < 0 : comparePlayers(record(left).tenantID, record(right).tenantID) < 0
        }
        var next = Array(repeating: 0, count: players.count)
        var begin = 0
        for player in sorted {
            next[player] = begin
            begin += players[player].records
        }
        var order = Array(repeating: 0, count: records.count)
        for (at, player) in records {
            order[next[Int(player)]] = at
            next[Int(player)] += 1
        }
        return order
    }
}
