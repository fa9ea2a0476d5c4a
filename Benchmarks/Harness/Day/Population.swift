private import Glibc

/// Who plays: tenants of Zipf-skewed sizes, and players of Zipf-skewed activity within each.
///
/// Tenant `t` has a share of the players, and of the traffic, in proportion to `1 / (t + 1)`. Within a tenant the
/// player of rank `r` is as active as `1 / r^0.8`: of a million players the most active twentieth makes half of the
/// traffic, and nobody more than a few thousandths. Ranks are scattered over the tenant's players, so that those who
/// play most do not lie side by side in memory.
struct Population {
    struct Tenant {
        let first: UInt32
        let players: UInt32
        /// `players^(1/5) - 1`: the inverse of the distribution is a fifth power, four multiplications.
        let spread: Double
        let asset: Int
    }

    struct Pick {
        var player: UInt32
        var tenant: UInt16
    }

    /// The tenants' currencies take turns.
    static let assets = ["BRL", "EUR", "USD", "MXN", "PEN"]
    static let tenantsMax = 1_000
    private static let tableSize = 1 << 13
    /// A prime larger than any number of players: multiplying by it visits each player once.
    private static let scatter: UInt64 = 2_654_435_761

    let players: Int
    let tenants: [Tenant]
    /// Of a random number's lowest bits: which tenant it means.
    private let table: [UInt16]

    init(players: Int, tenants count: Int) {
        precondition(count >= 1 && count <= Self.tenantsMax && players >= count, "each tenant has a player")
        self.players = players
        let harmonic = (1...count).reduce(0.0) { $0 + 1 / Double($1) }
        var tenants: [Tenant] = []
        var first = 0
        var share = 0.0
        for number in 0..<count {
            share += 1 / Double(number + 1) / harmonic
            // Each later tenant must still find a player.
            let end =
                number == count - 1
                ? players : max(first + 1, min(Int(share * Double(players)), players - (count - 1 - number)))
            tenants.append(
                Tenant(
                    first: UInt32(first), players: UInt32(end - first), spread: pow(Double(end - first + 1), 0.2) - 1,
                    asset: number % Self.assets.count))
            first = end
        }
        self.tenants = tenants
        table = (0..<Self.tableSize).map { slot in
            let at = (UInt64(slot) * UInt64(players)) / UInt64(Self.tableSize)
            return UInt16(tenants.lastIndex { UInt64($0.first) <= at }!)
        }
    }

    @inline(__always)
    func pick(_ random: UInt64) -> Pick {
        let number = table[Int(truncatingIfNeeded: random & UInt64(Self.tableSize - 1))]
        let tenant = tenants[Int(number)]
        let share = Double(random >> 16) * 0x1p-48
        let root = 1 + share * tenant.spread
        let square = root * root
        let rank = min(UInt64(square * square * root) &- 1, UInt64(tenant.players) &- 1)
        let player = tenant.first &+ UInt32(truncatingIfNeeded: (rank &* Self.scatter) % UInt64(tenant.players))
        return Pick(player: player, tenant: number)
    }

    func tenant(of player: UInt32) -> UInt16 {
        UInt16(tenants.lastIndex { $0.first <= player }!)
    }

    static func name(ofTenant number: Int) -> String {
        let digits = String(number)
        return "b" + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// Eight hexadecimal digits.
    static func name(ofPlayer number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
