import Holdfast
import HoldfastArchive
import HoldfastTables
import SimulatedDisk

/// Rows of docs/DOMAIN.md as lines, written out by hand: what the archive's own writer must agree with.
enum RowMaker {
    static let firstDay = Day(number: 20_400)

    static func line(
        tenant: String = "evian", player: String, seq: Int, position: Int, event: String = "credited",
        asset: String? = "BRL", amount: Int? = 5, delta: Int? = 5, held: Int? = 0, after: Int? = 5, heldAfter: Int? = 0,
        request: String? = "r1", target: String? = nil, kind: String? = "deposit", ref: String? = nil,
        error: String? = nil, at: Int64
    ) -> String {
        func text(_ value: String?) -> String {
            guard let value else { return "null" }
            return "\"" + value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        }
        func number(_ value: Int?) -> String { value.map(String.init) ?? "null" }
        return "{\"tenant_id\":\(text(tenant)),\"player_id\":\(text(player)),\"seq\":\(seq),\"position\":\(position),"
            + "\"event\":\(text(event)),\"asset\":\(text(asset)),\"amount\":\(number(amount)),"
            + "\"balance_delta\":\(number(delta)),\"held_delta\":\(number(held)),\"balance_after\":\(number(after)),"
            + "\"held_after\":\(number(heldAfter)),\"request_id\":\(text(request)),\"target\":\(text(target)),"
            + "\"kind\":\(text(kind)),\"ref\":\(text(ref)),\"error\":\(text(error)),\"created_at\":\(at)}"
    }

    static func withoutRef(_ line: String) -> String {
        let start = line.firstRange(of: "\"ref\":")!.upperBound
        return line[..<start] + "null" + line[line.firstRange(of: ",\"error\":")!.lowerBound...]
    }

    /// Rows are sorted by player, tenant and seq, an exchange's money out before its money in.
    struct Key: Comparable {
        let player: [UInt8]
        let tenant: String
        let seq: UInt64
        let half: UInt8

        static func < (left: Key, right: Key) -> Bool {
            if left.player != right.player { return left.player.lexicographicallyPrecedes(right.player) }
            return (left.tenant, left.seq, left.half) < (right.tenant, right.seq, right.half)
        }
    }

    static func key(_ line: String) -> Key {
        let parser = RowLineParser()
        return Array(line.utf8).withUnsafeBytes { raw in
            _ = parser.parse(raw)
            return Key(
                player: Array(parser.player), tenant: String(decoding: parser.text(.tenantID)!, as: UTF8.self),
                seq: parser.seq, half: parser.half)
        }
    }

    /// A ledger's rows over some days, spread over shards: several tenants, awkward ids, refs, refusals, exchanges.
    static func shelves(
        count: Int, days: Int = 3, players: Int = 4, rowsPerDay: Int = 3, seed: UInt64 = 1
    ) -> [[Day: [MemoryShelf.Row]]] {
        var random = SplitMix(seed: seed)
        var shelves = [[Day: [MemoryShelf.Row]]](repeating: [:], count: count)
        var position = 0
        for tenant in ["evian", "volvic"] {
            for number in 0..<players {
                let player = ["ana", "p\"\\é1", "bob", "p0", "p2"][number]
                var seq = 0
                for offset in 0..<days {
                    let day = Day(number: firstDay.number + Int64(offset))
                    for index in 0..<rowsPerDay {
                        seq += 1
                        position += 1
                        let at = day.begin + Int64(index) * 1_000 + Int64(number)
                        let shard = Shard.number(of: player, shards: count)
                        var lines: [String] = []
                        switch random.next() % 5 {
                        case 0:
                            lines = [
                                line(
                                    tenant: tenant, player: player, seq: seq, position: position, event: "exchanged",
                                    amount: 9, delta: -9, after: 91, request: "x\(seq)", kind: nil, at: at),
                                line(
                                    tenant: tenant, player: player, seq: seq, position: position, event: "exchanged",
                                    asset: "USD", amount: 2, delta: 2, after: 2, request: "x\(seq)", kind: nil,
                                    at: at),
                            ]
                        case 1:
                            lines = [
                                line(
                                    tenant: tenant, player: player, seq: seq, position: position, event: "refused",
                                    amount: nil, delta: 0, request: "f\(seq)", kind: "bet", ref: "crash/\"\(seq)\"",
                                    error: "insufficient_funds", at: at)
                            ]
                        case 2:
                            lines = [
                                line(
                                    tenant: tenant, player: player, seq: seq, position: position, event: "locked",
                                    asset: nil, amount: 0, delta: nil, held: nil, after: nil, heldAfter: nil,
                                    request: "l\(seq)", kind: nil, at: at)
                            ]
                        default:
                            lines = [
                                line(
                                    tenant: tenant, player: player, seq: seq, position: position, request: "d\(seq)",
                                    ref: random.next() & 1 == 0 ? "round/\(random.next() % 100)" : nil, at: at)
                            ]
                        }
                        shelves[shard][day, default: []] += lines.map { MemoryShelf.Row(line: $0) }
                    }
                }
            }
        }
        for shard in shelves.indices {
            for day in shelves[shard].keys {
                shelves[shard][day]!.sort { key($0.line) < key($1.line) }
            }
        }
        return shelves
    }
}
