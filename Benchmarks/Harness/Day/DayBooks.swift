internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// The generator's own books: what the ledger must hold after the traffic, known without looking at its answers.
///
/// Sums are kept for each tenant, and so for each asset, and for each of 1 024 groups of players, so that money that
/// went to a wrong player shows even where the sum is right.
struct DayBooks: Equatable {
    static let groups = 1_024

    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var duplicates = 0
    /// Holds that nobody settles. An event each.
    var expired = 0
    /// Wrapping sums: 30 million large balances may pass 64 bits, and equal ones stay equal.
    private(set) var byTenant: [Int64]
    private(set) var byGroup: [Int64]

    init(_ population: Population) {
        byTenant = Array(repeating: 0, count: population.tenants.count)
        byGroup = Array(repeating: 0, count: Self.groups)
    }

    /// Events that the log must have: of each accepted command one, of each refusal, of each hold that expired.
    var events: Int { accepted + refused + expired }

    @inline(__always)
    mutating func count(_ expectation: DayCommand.Expectation) {
        switch expectation {
        case .accepted: accepted &+= 1
        case .refused: refused &+= 1
        case .duplicate: duplicates &+= 1
        }
    }

    @inline(__always)
    mutating func add(_ amount: Int64, to player: UInt32, of tenant: UInt16) {
        byTenant[Int(tenant)] &+= amount
        byGroup[Int(player) & (Self.groups &- 1)] &+= amount
    }
}

/// A ledger's balances added up in the same way, from its state.
struct DayBalances {
    private(set) var byTenant: [Int64]
    private(set) var byGroup: [Int64]
    private(set) var players = 0
    private(set) var held: Int128 = 0
    private(set) var byAsset: [(asset: String, balance: Int128)]
    private var strangers = 0

    init(_ ledger: Ledger, _ population: Population) {
        byTenant = Array(repeating: 0, count: population.tenants.count)
        byGroup = Array(repeating: 0, count: DayBooks.groups)
        byAsset = Population.assets.map { ($0, 0) }
        for machine in ledger.engine.machines {
            machine.withState { state in
                state.forEachPurse { tenant, player, asset, facts in
                    add(tenant, player, facts.balance, facts.held, population)
                }
            }
        }
    }

    private mutating func add(
        _ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer, _ balance: Int64, _ held: Int64,
        _ population: Population
    ) {
        guard let tenant = Self.number(tenant.dropFirst(), radix: 10), let player = Self.number(player[...], radix: 16),
            tenant < byTenant.count
        else {
            strangers += 1
            return
        }
        players += 1
        self.held += Int128(held)
        byTenant[tenant] &+= balance
        byGroup[player & (DayBooks.groups - 1)] &+= balance
        byAsset[population.tenants[tenant].asset].balance += Int128(balance)
    }

    private static func number(_ text: Slice<UnsafeRawBufferPointer>, radix: Int) -> Int? {
        var value = 0
        for byte in text {
            let digit = byte >= UInt8(ascii: "a") ? Int(byte) - 87 : Int(byte) - 48
            guard digit >= 0, digit < radix else { return nil }
            value = value * radix + digit
        }
        return value
    }

    /// How they differ from what the generator expects, in words; empty where they do not.
    func differences(from books: DayBooks, players expected: Int) -> [String] {
        var found: [String] = []
        if strangers > 0 { found.append("\(strangers) purses of players that nobody made") }
        if players != expected { found.append("\(players) players have a purse, \(expected) were made") }
        if held != 0 { found.append("\(held) is held though every hold was settled or is over") }
        for (number, (has, wants)) in zip(byTenant, books.byTenant).enumerated() where has != wants {
            found.append("tenant \(Population.name(ofTenant: number)) holds \(has &- wants) more than it should")
        }
        let groups = zip(byGroup, books.byGroup).count { $0 != $1 }
        if groups > 0 {
            found.append("\(groups) of \(DayBooks.groups) groups of players hold other sums than they should")
        }
        return found
    }
}
