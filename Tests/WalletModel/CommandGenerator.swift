internal import HoldfastTestSupport

/// Random command lines from a seed: the same seed gives the same lines on every machine.
///
///     var commands = CommandGenerator(seed: 7)
///     for _ in 0..<5_000 { answers.append(ledger.apply(line: commands.next())) }
///
/// Chance alone rarely meets the cases that matter, so the generator remembers what it sent: it retries,
/// changes retries, aims at known targets, rolls back before the bet and sends the bet afterwards.
public struct CommandGenerator: Sendable {
    var random: SplitMix64
    var at: Int64 = 1_763_683_200_000
    var sent: [Sent] = []
    /// Targets of rollbacks that came first; a command under such a name must find the tombstone.
    var expected: [Expected] = []
    var lastRetried: Sent?
    var count = 0

    /// A command that was sent, to be retried or aimed at.
    struct Sent: Sendable {
        let members: [JSONValue.Member]
        let tenant: String
        let player: String
        let requestID: String
        let operation: String
        let at: Int64

        func field(_ key: String) -> JSONValue? { JSONValue.object(members)[key] }
    }

    struct Expected: Sendable {
        let tenant: String
        let player: String
        let requestID: String
    }

    public init(seed: UInt64) {
        random = SplitMix64(seed: seed)
    }

    /// The next line, without its line end.
    public mutating func next() -> String {
        passTime()
        count += 1
        switch random.below(100) {
        case 0: return garbage()
        case 1..<5: return line(damaged(command()))
        case 5..<11: return retry()
        case 11..<14: return changedRetry()
        case 14..<17: return lateCommand()
        case 17 where random.oneIn(4): return fromTheFuture()
        default: return line(command())
        }
    }

    /// Mostly moments, at times the hours and days that close windows and holds, rarely backwards.
    private mutating func passTime() {
        switch random.below(2_000) {
        case 0: at += 86_400_000
        case 1: at += 90_000_000
        case 2: at += 2 * 86_400_000 + 1
        case 3..<8: at += 3_600_000
        case 8..<24: at += 30_000
        case 24..<40: at += 500
        case 40..<60: at -= Int64(random.below(5_000))
        default: at += [0, 0, 1, 5, 20, 90][random.below(6)]
        }
    }

    private mutating func line(_ members: [JSONValue.Member]) -> String {
        JSONValue.object(members).text
    }
}

// MARK: Commands

extension CommandGenerator {
    static let tenants = ["evian", "lotus"]
    /// Two of them look alike and differ in their bytes; a third is as long as a name may be.
    static let players = [
        "p0", "p1", "p2", "p3", "p4", "p5", "a b", "joão", "joa\u{303}o", "玩家7",
        String(repeating: "ł", count: 32), "\"\\/",
    ]
    /// Mostly one, so that its purses see many commands; the others have no decimals, three, six, eight.
    static let assets = ["BRL", "BRL", "BRL", "BRL", "BRL", "BRL", "BRL.bonus", "JPY", "KWD", "USDT", "BTC"]
    static let amountMax: Int64 = 9_007_199_254_740_991

    private mutating func command() -> [JSONValue.Member] {
        let operation = pick([
            "credit", "credit", "credit", "credit", "debit", "debit", "authorise", "authorise",
            "authorise", "confirm", "confirm", "rollback", "rollback", "transfer", "exchange",
            random.oneIn(6) ? "lock" : "unlock",
        ])
        return command(
            operation, tenant: pick(Self.tenants), player: pick(Self.players),
            requestID: "r\(count)")
    }

    private mutating func command(
        _ operation: String, tenant: String, player: String, requestID: String
    ) -> [JSONValue.Member] {
        var members = [
            JSONValue.Member(key: "op", value: .string(operation)),
            JSONValue.Member(key: "tenant", value: .string(tenant)),
            JSONValue.Member(key: "player", value: .string(player)),
            JSONValue.Member(key: "request_id", value: .string(requestID)),
        ]
        if !random.oneIn(50) { members.append(.init(key: "at", value: .integer(at))) }
        members += fields(of: operation, tenant: tenant, player: player, requestID: requestID)
        let note = operation == "lock" || operation == "unlock" ? "reason" : "ref"
        if random.oneIn(4) {
            members.append(.init(key: note, value: .string(random.oneIn(9) ? "" : "round/\(count % 90)")))
        }
        sent.append(
            Sent(
                members: members, tenant: tenant, player: player, requestID: requestID,
                operation: operation, at: at))
        return members
    }

    private mutating func fields(
        of operation: String, tenant: String, player: String, requestID: String
    ) -> [JSONValue.Member] {
        switch operation {
        case "credit": return creditFields(tenant: tenant, player: player)
        case "debit": return money(upTo: 2_500) + maybe("kind", pick(["bet", "withdrawal", "fee"]))
        case "authorise": return money(upTo: 900) + ttl()
        case "confirm":
            var fields = [aim(tenant: tenant, player: player, at: ["authorise"])]
            if random.oneIn(3) {
                fields.append(.init(key: "amount", value: .integer(random.oneIn(8) ? 0 : small(900))))
            }
            return fields
        case "rollback": return rollbackFields(tenant: tenant, player: player, requestID: requestID)
        case "transfer":
            let to = random.oneIn(12) ? "nobody" : random.oneIn(20) ? player : pick(Self.players)
            return money(upTo: 700) + [.init(key: "to", value: .string(to))]
        case "exchange": return money(upTo: 700) + exchangeFields()
        default: return []
        }
    }

    private mutating func creditFields(tenant: String, player: String) -> [JSONValue.Member] {
        var fields = money(upTo: 2_500)
        if random.oneIn(8) { fields[1].value = 0 }
        if random.oneIn(120) { fields[1].value = .integer(Self.amountMax - small(999)) }
        fields += maybe("kind", pick(["deposit", "win", "refund", "promo", "adjustment"]))
        if random.oneIn(4) { fields.append(aim(tenant: tenant, player: player, at: [])) }
        return fields
    }

    private mutating func rollbackFields(
        tenant: String, player: String, requestID: String
    ) -> [JSONValue.Member] {
        var fields = [aim(tenant: tenant, player: player, at: ["credit", "debit", "authorise"])]
        if random.oneIn(6) {
            let late = random.oneIn(20) ? requestID : "late\(count)"
            fields[0].value = .string(late)
            expected.append(Expected(tenant: tenant, player: player, requestID: late))
        }
        if random.oneIn(2) { fields.append(.init(key: "force", value: .bool(!random.oneIn(3)))) }
        return fields
    }

    private mutating func exchangeFields() -> [JSONValue.Member] {
        let large = random.oneIn(12)
        let num = large ? Self.amountMax - small(9) : small(400)
        let den = random.oneIn(9) ? Self.amountMax : small(700)
        return [
            .init(key: "to_asset", value: .string(pick(Self.assets))),
            .init(key: "rate", value: ["num": .integer(num), "den": .integer(den)]),
        ]
    }

    private mutating func ttl() -> [JSONValue.Member] {
        guard random.oneIn(2) else { return [] }
        let ttl: Int64 = [1, 500, 30_000, 86_400_000, 172_800_000, 2_592_000_000][random.below(6)]
        return [.init(key: "ttl_ms", value: .integer(ttl))]
    }

    private mutating func money(upTo bound: Int) -> [JSONValue.Member] {
        [
            .init(key: "asset", value: .string(pick(Self.assets))),
            .init(key: "amount", value: .integer(small(bound))),
        ]
    }

    private mutating func maybe(_ key: String, _ value: String) -> [JSONValue.Member] {
        random.oneIn(2) ? [.init(key: key, value: .string(value))] : []
    }

    /// A `target`: mostly one of the player's recent commands, of the wanted operations when it can.
    private mutating func aim(
        tenant: String, player: String, at operations: [String]
    ) -> JSONValue.Member {
        guard !random.oneIn(12) else { return .init(key: "target", value: .string("nothing\(count)")) }
        if random.oneIn(10), let late = expected.last(where: { $0.tenant == tenant && sameBytes($0.player, player) }) {
            return .init(key: "target", value: .string(late.requestID))
        }
        if random.oneIn(20), let received = transfer(to: player, of: tenant) {
            return .init(key: "target", value: .string(received.requestID))
        }
        let wanted = operations.isEmpty || random.oneIn(8) ? nil : operations
        let mine = sent.suffix(600).filter { other in
            other.tenant == tenant && sameBytes(other.player, player)
                && wanted?.contains(other.operation) ?? true
        }
        let target = mine.suffix(8).isEmpty ? "nothing\(count)" : pick(mine.suffix(8).map(\.requestID))
        return .init(key: "target", value: .string(target))
    }
}

extension CommandGenerator {
    /// The sender's request: the recipient's log has the event, and yet it is no command of theirs.
    private func transfer(to player: String, of tenant: String) -> Sent? {
        sent.last {
            $0.operation == "transfer" && $0.tenant == tenant && $0.field("to") == .string(player)
        }
    }
}

// MARK: Drawing

extension CommandGenerator {
    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[random.below(choices.count)]
    }

    mutating func small(_ bound: Int) -> Int64 { 1 + Int64(random.below(bound)) }

    /// A command of the kinds that a tombstone waits for, and now and then of another, under a name
    /// whose rollback was there first.
    private mutating func lateCommand() -> String {
        guard !expected.isEmpty else { return retry() }
        let late = random.oneIn(2) ? pick(Array(expected.suffix(4))) : pick(expected)
        let operation = pick(["credit", "debit", "authorise", "credit", "debit", "authorise", "confirm", "unlock"])
        return line(
            command(operation, tenant: late.tenant, player: late.player, requestID: late.requestID))
    }
}
