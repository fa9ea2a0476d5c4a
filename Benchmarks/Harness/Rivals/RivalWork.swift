internal import Holdfast

/// The transactions that every rival gets: deposits, then some of a day, made ahead so that none of the making is in
/// anyone's time, and the books that each must come to.
struct RivalWork: Sendable {
    let population: Population
    let deposit: Int64
    let commands: [DayCommand]
    /// What all balances add up to, per player group and tenant, after the commands and the end of all holds.
    let books: DayBooks
    /// When all holds are over.
    let end: Int64

    init(players: Int, transactions: Int, seed: UInt64) {
        var plan = DayPlan()
        plan.players = players
        plan.tenants = min(100, players)
        plan.transactions = transactions
        plan.seed = seed
        // A second of the evening a second, as a busy hour is: a whole day of few transactions would let holds expire.
        plan.rate = max(1, transactions / 60)
        population = Population(players: players, tenants: plan.tenants)
        deposit = plan.deposit
        var traffic = DayTraffic(plan, population)
        var command = DayCommand()
        for player in 0..<players { traffic.deposit(player, deposit, &command) }
        commands = (0..<transactions).map { _ in
            traffic.next(&command)
            return command
        }
        end = traffic.now + DayTraffic.holdMilliseconds + 1
        traffic.end()
        books = traffic.books
    }

    /// `b003/0000002a`, as the ledger has it in its log.
    func key(_ command: DayCommand) -> String { key(player: command.player, tenant: command.tenant) }

    func key(player: UInt32, tenant: UInt16) -> String {
        Population.name(ofTenant: Int(tenant)) + "/" + Population.name(ofPlayer: player)
    }

    static func name(ofRequest request: UInt64) -> String {
        let digits = String(request, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The sum of all balances that a rival must end with.
    var total: Int64 { books.byTenant.reduce(0, &+) }

    /// Where the same player's commands always go to the same of several clients, in order.
    func shares(_ clients: Int) -> [[DayCommand]] {
        var shares = [[DayCommand]](repeating: [], count: clients)
        for command in commands { shares[Int(command.player) % clients].append(command) }
        return shares
    }
}

/// What a rival answered, in the terms of a day.
enum RivalAnswer {
    static func expectation(_ code: Int) -> DayCommand.Expectation? {
        switch code {
        case 0: .accepted
        case 1: .refused
        case 2: .duplicate
        default: nil
        }
    }
}

/// Why a rival could not run: it is not installed, or it failed.
struct RivalAbsent: Error, CustomStringConvertible {
    let description: String
}
