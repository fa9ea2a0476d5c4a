internal import CHoldfast
internal import HoldfastLog
package import HoldfastWallet

/// Rows of a day in memory: appended in the order of the log, given back in the order of their players. A piece stands
/// by itself: once it is sorted, whoever has it may read it, on any thread.
package final class GatheredRows: @unchecked Sendable {
    /// How many are to come.
    let expected: Int
    package var count: Int { entries.count }

    /// Where names, rows and their texts lie.
    @exclusivity(unchecked) private var memory = TextArena()
    @exclusivity(unchecked) private var entries: [Entry] = []
    private var players: [GatheredPlayer] = []
    /// Of a player's ref, where it stands in `players`; -1 where it has no rows, or none that are wanted.
    @exclusivity(unchecked) private var slots: [Int32] = []
    /// Whether any player's rows are taken.
    private let takesAll: Bool
    /// By their refs.
    private var assets: [UnsafeRawBufferPointer?] = []
    /// The rows and the players in the order in which they are given back, once sorted.
    private var order: [UnsafePointer<GatheredRow>] = []
    private var playersInOrder: [Int] = []

    private struct Entry {
        let row: UnsafePointer<GatheredRow>
        let player: Int32
    }

    private struct GatheredPlayer {
        let ref: Int64
        var rows = 0
        var tenant = UnsafeRawBufferPointer(start: nil, count: 0)
        var id = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    /// For rows of all players, or of some alone: then rows of others are passed over.
    init(expecting rows: Int, of players: [Int64]? = nil, playerMax: Int64, assets: [(ref: Int64, name: [UInt8])]) {
        expected = rows
        takesAll = players == nil
        entries.reserveCapacity(rows)
        slots = Array(repeating: -1, count: Int(playerMax) + 1)
        for ref in players ?? [] { _ = add(ref) }
        for (ref, name) in assets where 0...Int64(AssetID.max) ~= ref {
            while self.assets.count <= Int(ref) { self.assets.append(nil) }
            self.assets[Int(ref)] = name.withUnsafeBytes { keep($0) }
        }
    }

    func append(_ row: EntryValues, in file: String) throws(TablesError) {
        let ref = row.integer(GatheredRow.playerColumn)
        guard slots.indices.contains(Int(ref)) else {
            throw .foreignFile(file: file, found: "a row of the unknown player \(ref)", expected: "a player's number")
        }
        var slot = slots[Int(ref)]
        if slot < 0 {
            guard takesAll else { return }
            slot = add(ref)
        }
        entries.append(Entry(row: try GatheredRow.read(row, into: &memory, in: file), player: slot))
    }

    private func add(_ ref: Int64) -> Int32 {
        slots[Int(ref)] = Int32(players.count)
        players.append(GatheredPlayer(ref: ref))
        return slots[Int(ref)]
    }

    private func keep(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        text.isEmpty ? text : UnsafeRawBufferPointer(start: memory.keep(text), count: text.count)
    }

    // MARK: Putting in order

    var playerCount: Int { players.count }
    func ref(ofPlayer slot: Int) -> Int64 { players[slot].ref }

    func name(_ slot: Int, tenant: UnsafeRawBufferPointer, player: UnsafeRawBufferPointer) {
        players[slot].tenant = keep(tenant)
        players[slot].id = keep(player)
    }

    /// After the last row, once every player has its name.
    func sort() {
        for entry in entries { players[Int(entry.player)].rows += 1 }
        playersInOrder = players.indices.sorted { left, right in
            let order = compareBytes(players[left].id, players[right].id)
            return order != 0 ? order < 0 : compareBytes(players[left].tenant, players[right].tenant) < 0
        }
        var next = Array(repeating: 0, count: players.count)
        var begin = 0
        for player in playersInOrder {
            next[player] = begin
            begin += players[player].rows
        }
        order = Array(unsafeUninitializedCapacity: entries.count) { order, count in
            for entry in entries {
                let player = Int(entry.player)
                (order.baseAddress! + next[player]).initialize(to: entry.row)
                next[player] += 1
            }
            count = entries.count
        }
        slots = []
    }

    // MARK: Giving back

    /// By player (by bytes), tenant and seq. The texts are good as long as the piece is.
    package func forEachRow<Failure: Error>(_ body: (EventRow) throws(Failure) -> Void) throws(Failure) {
        precondition(order.count == entries.count, "rows are sorted before they are given back")
        var at = 0
        for player in playersInOrder {
            let player = players[player]
            for _ in 0..<player.rows {
                // They lie where the log had them: far apart, so those to come are fetched meanwhile.
                if at + Self.fetchedAhead < order.count { order[at + Self.fetchedAhead].fetch() }
                try body(order[at].pointee.row(at: order[at], tenant: player.tenant, player: player.id, assets: assets))
                at += 1
            }
        }
    }

    private static let fetchedAhead = 16
}

extension UnsafePointer<GatheredRow> {
    @inline(__always)
    fileprivate func fetch() {
        let start = UnsafeRawPointer(self)
        hf_prefetch(start)
        hf_prefetch(start + 64)
        hf_prefetch(start + 128)
    }
}
