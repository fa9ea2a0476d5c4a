/// A day's transactions, one after the other, deterministic from a seed: 45% authorise, 40% confirm, 8% credit, 3%
/// debit, 2% rollback, 1% duplicates, 1% refused for lack of funds; 3% of the holds are left to expire.
///
/// Holds are settled in the order in which they were opened, a few seconds of the day later, so that the queue of
/// open ones is all the memory that the traffic needs. Cost: 25 ns a command.
struct DayTraffic {
    static let amountMax: Int64 = 1_024
    /// More than any player has.
    private static let tooMuch: Int64 = 9_000_000_000_000_000
    /// How long a round lasts, from the bet to its settlement.
    static let roundMilliseconds: Int64 = 5_000
    /// The engine's own default, not sent.
    static let holdMilliseconds: Int64 = 30_000

    let population: Population
    private(set) var books: DayBooks
    private var time: DayTime
    private var holds = HoldQueue()
    private var random: UInt64
    /// The next request's name. The seed is in it, so that runs with several seeds may follow each other.
    private var request: UInt64

    init(_ plan: DayPlan, _ population: Population) {
        self.population = population
        books = DayBooks(population)
        time =
            plan.rate.map { DayTime(perSecond: $0, fromMinute: 20 * 60) }
            ?? DayTime(DayCurve(transactions: plan.transactions))
        random = (plan.seed &+ 1) &* 0x9E37_79B9_7F4A_7C15 | 1
        request = ((plan.seed & 0x7FFF) << 1 | 1) << 44
    }

    /// The latest time of the traffic so far.
    private(set) var now: Int64 = DayPlan.midnight

    @inline(__always)
    private mutating func dice() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }

    /// From a request's name, so that a repetition and a settlement know it without its being remembered.
    @inline(__always)
    private func amount(of request: UInt64) -> Int64 {
        Int64((request &* 0x9E37_79B9_7F4A_7C15) >> 54) &+ 1
    }

    /// Of each 45 settlements 40 are confirms, 2 rollbacks, and 3 never come.
    private enum Settlement { case confirm, rollback, none }

    @inline(__always)
    private func settlement(of request: UInt64) -> Settlement {
        let share = ((request &* 0xD6E8_FEB8_6659_FD93) >> 32 &* 45) >> 32
        return share < 40 ? .confirm : share < 42 ? .rollback : .none
    }

    @inline(__always)
    mutating func next(_ command: inout DayCommand) {
        now = DayPlan.midnight &+ time.next()
        command.at = now
        while let hold = holds.first, hold.at &+ Self.roundMilliseconds <= now {
            holds.removeFirst()
            if settle(hold, &command) { return }
        }
        begin(&command)
    }

    /// False where nothing is sent: nobody settles the hold, or it is over before anybody could.
    @inline(__always)
    private mutating func settle(_ hold: HoldQueue.Hold, _ command: inout DayCommand) -> Bool {
        let settlement = settlement(of: hold.request)
        guard settlement != .none, now < hold.at &+ Self.holdMilliseconds else {
            books.expired += 1
            return false
        }
        command.player = hold.player
        command.tenant = hold.tenant
        command.target = hold.request
        command.expectation = .accepted
        command.amount = 0
        nameRequest(&command)
        if settlement == .confirm {
            command.kind = .confirm
            books.add(-amount(of: hold.request), to: hold.player, of: hold.tenant)
        } else {
            command.kind = .rollback
        }
        books.count(command.expectation)
        return true
    }

    /// What does not follow from something earlier, in parts of 58.
    @inline(__always)
    private mutating func begin(_ command: inout DayCommand) {
        let who = population.pick(dice())
        command.player = who.player
        command.tenant = who.tenant
        command.target = 0
        command.expectation = .accepted
        let share = (dice() >> 32 &* 58) >> 32
        if share == 57, !holds.isEmpty { return repeatOne(&command) }
        nameRequest(&command)
        command.amount = amount(of: command.request)
        if share < 45 || share == 57 {
            command.kind = .authorise
            holds.append(.init(request: command.request, at: now, player: who.player, tenant: who.tenant))
        } else if share < 53 {
            command.kind = .credit
            books.add(command.amount, to: who.player, of: who.tenant)
        } else if share < 56 {
            command.kind = .debit
            books.add(-command.amount, to: who.player, of: who.tenant)
        } else {
            command.kind = .debit
            command.amount = Self.tooMuch
            command.expectation = .refused
        }
        books.count(command.expectation)
    }

    /// A caller who did not get the answer to an authorise and sends it again.
    private mutating func repeatOne(_ command: inout DayCommand) {
        let hold = holds[Int(truncatingIfNeeded: dice() >> 33) % holds.count]
        command.player = hold.player
        command.tenant = hold.tenant
        command.request = hold.request
        command.amount = amount(of: hold.request)
        command.kind = .authorise
        command.expectation = .duplicate
        books.count(.duplicate)
    }

    @inline(__always)
    private mutating func nameRequest(_ command: inout DayCommand) {
        command.request = request
        request &+= 1
    }

    /// The first deposits, one a player, in the players' order.
    mutating func deposit(_ number: Int, _ amount: Int64, _ command: inout DayCommand) {
        command.kind = .credit
        command.expectation = .accepted
        command.player = UInt32(number)
        while Int(command.tenant) + 1 < population.tenants.count,
            population.tenants[Int(command.tenant) + 1].first <= command.player
        { command.tenant += 1 }
        command.amount = amount
        command.request = UInt64(number)
        command.target = 0
        command.at = DayPlan.opening
        books.add(amount, to: command.player, of: command.tenant)
        books.count(.accepted)
    }

    /// After the last transaction: what is still open will expire.
    mutating func end() {
        books.expired += holds.count
        holds.removeAll()
    }
}

/// Open holds in the order of their opening: a ring that grows.
struct HoldQueue {
    struct Hold: BitwiseCopyable {
        var request: UInt64
        var at: Int64
        var player: UInt32
        var tenant: UInt16
    }

    private var ring: [Hold]
    private var head = 0
    private(set) var count = 0

    init() { ring = Array(repeating: Hold(request: 0, at: 0, player: 0, tenant: 0), count: 1 << 12) }

    var isEmpty: Bool { count == 0 }

    @inline(__always)
    var first: Hold? { count == 0 ? nil : ring[head] }

    subscript(_ index: Int) -> Hold { ring[(head &+ index) & (ring.count &- 1)] }

    @inline(__always)
    mutating func removeFirst() {
        head = (head &+ 1) & (ring.count &- 1)
        count &-= 1
    }

    @inline(__always)
    mutating func append(_ hold: Hold) {
        if count == ring.count { grow() }
        ring[(head &+ count) & (ring.count &- 1)] = hold
        count &+= 1
    }

    mutating func removeAll() { count = 0 }

    @inline(never)
    private mutating func grow() {
        let inOrder = (0..<count).map { self[$0] }
        ring = inOrder + Array(repeating: inOrder[0], count: count)
        head = 0
    }
}
