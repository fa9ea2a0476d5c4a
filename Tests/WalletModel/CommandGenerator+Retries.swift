internal import HoldfastTestSupport

/// Requests that were sent before, and lines that should never have been.
extension CommandGenerator {
    /// The same request again, near or far in the past, with the time of now.
    mutating func retry() -> String {
        guard let earlier = earlier() else { return garbage() }
        lastRetried = earlier
        if random.oneIn(40) { passTime(toTheEdgeOf: earlier) }
        return JSONValue.object(atPresent(earlier.members)).text
    }

    /// A millisecond before the request's window closes, or after, or just then.
    private mutating func passTime(toTheEdgeOf earlier: Sent) {
        at = max(at, earlier.at + 86_400_000 + [-1, 0, 1][random.below(3)])
    }

    /// A refused line whose time is ahead of those that follow: one of wrong form must move no time, one
    /// with an asset that nobody declared does.
    mutating func fromTheFuture() -> String {
        let member = JSONValue.Member(key: "asset", value: .string(pick(["ZZZZ", "zzzz"])))
        return JSONValue.object([
            .init(key: "op", value: "credit"), .init(key: "tenant", value: "evian"),
            .init(key: "player", value: "p1"), .init(key: "request_id", value: .string("f\(count)")),
            .init(key: "at", value: .integer(at + 40_000)), member, .init(key: "amount", value: 1),
        ]).text
    }

    /// The same name with another meaning, or with a default spelled out, which is the same meaning.
    mutating func changedRetry() -> String {
        guard let earlier = earlier() else { return garbage() }
        var members = atPresent(earlier.members)
        switch random.below(5) {
        case 0: set("amount", .integer(small(300)), in: &members)
        case 1: set("ref", .string("changed/\(count)"), in: &members)
        case 2: set("target", .string("r\(random.below(count))"), in: &members)
        case 3: set("op", .string(pick(["credit", "debit", "unlock", "rollback"])), in: &members)
        default: spellDefaultsOut(earlier, in: &members)
        }
        return JSONValue.object(members).text
    }

    private mutating func earlier() -> Sent? {
        guard !sent.isEmpty else { return nil }
        if random.oneIn(4), let lastRetried { return lastRetried }
        return random.oneIn(2) ? pick(Array(sent.suffix(60))) : pick(sent)
    }

    private func spellDefaultsOut(_ earlier: Sent, in members: inout [JSONValue.Member]) {
        func fill(_ key: String, _ value: JSONValue) {
            if !members.contains(where: { $0.key == key }) { set(key, value, in: &members) }
        }
        switch earlier.operation {
        case "credit": fill("kind", "deposit")
        case "debit": fill("kind", "bet")
        case "authorise": fill("ttl_ms", 30_000)
        case "rollback": fill("force", false)
        case "confirm": fill("amount", hold(confirmedBy: earlier)?.field("amount") ?? 1)
        default: break
        }
    }

    private func hold(confirmedBy confirm: Sent) -> Sent? {
        sent.last { other in
            other.operation == "authorise" && other.tenant == confirm.tenant
                && sameBytes(other.player, confirm.player)
                && .string(other.requestID) == confirm.field("target")
        }
    }

    private func atPresent(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
        var members = members
        set("at", .integer(at), in: &members)
        return members
    }

    private func set(_ key: String, _ value: JSONValue, in members: inout [JSONValue.Member]) {
        if let place = members.firstIndex(where: { $0.key == key }) {
            members[place].value = value
        } else {
            members.append(.init(key: key, value: value))
        }
    }

    /// One or two faults in a good command. Which is named first is part of the contract.
    mutating func damaged(_ members: [JSONValue.Member]) -> [JSONValue.Member] {
        var members = members
        for _ in 0..<(random.oneIn(3) ? 2 : 1) {
            switch random.below(5) {
            case 0: if !members.isEmpty { members.remove(at: random.below(members.count)) }
            case 1: members.insert(.init(key: "extra\(count)", value: .null), at: random.below(members.count + 1))
            case 2: spoil(pick(Self.fieldNames), in: &members)
            default: if !members.isEmpty { spoil(members[random.below(members.count)].key, in: &members) }
            }
        }
        return members
    }

    /// A time of good form is left alone: one from the far future would stop the clock for all the rest.
    private mutating func spoil(_ key: String, in members: inout [JSONValue.Member]) {
        let value = pick(Self.oddValues)
        if key == "at", let time = value.integer, time > at { return }
        set(key, value, in: &members)
    }

    static let fieldNames = [
        "amount", "asset", "at", "force", "kind", "player", "rate", "reason", "ref", "request_id",
        "target", "tenant", "to", "to_asset", "ttl_ms", "op",
    ]

    static let oddValues: [JSONValue] = [
        .null, true, false, 0, -1, 1, 1.5, 5.0, 9_007_199_254_740_991, 9_007_199_254_740_992,
        .integer(.max), .real(1e300), "", "5", "brl", "ZZZZ", "BRL.", "BRL.Bonus", "BRL.bonusbonus", "B",
        "A2345678", "A23456789", "Evian", "-evian", "evian-2_", "a\u{0}b", "a\u{7F}b", "tab\there",
        .string(String(repeating: "x", count: 64)), .string(String(repeating: "x", count: 65)),
        .string(String(repeating: "é", count: 33)), [], [1], [:], ["num": 1, "den": 0], ["num": 0, "den": 1],
        ["num": 1, "den": 2], ["num": 1], ["num": 1, "den": 2, "x": 3], ["num": 1.0, "den": 2], "deposit",
    ]

    /// Lines that are no JSON object.
    mutating func garbage() -> String {
        let player = #""tenant":"evian","player":"p1","request_id":"g\#(count)""#
        return pick([
            "", " ", "null", "[]", "1", "\"credit\"", "{", "{}", "}{", "{\"op\"}", "nul", "{\"op\":\"credit\",}",
            #"{"op":"unlock","op":"lock",\#(player)}"#, #"{"op":"unlock",\#(player)} x"#,
            #"{"op":"unlock","tenant":"evian","player":"\ud800","request_id":"g\#(count)"}"#,
            #"{"op":"unlock","tenant":"evian","player":"jo\u00e3o","request_id":"g\#(count)"}"#,
            #"{"op":"unlock","tenant":"evian","player":"\ud83c\udfb0","request_id":"g\#(count)"}"#,
            #"{"op":"unlock",\#(player),"at":01}"#, #"{"op":"unlock",\#(player),"at":NaN}"#,
            #"{"op":"credit",\#(player),"asset":"BRL","amount":1e3}"#,
            #"{"op":"credit",\#(player),"asset":"BRL","amount":-0}"#,
            #" { "op" : "credit" , \#(player) , "asset" : "BRL" , "amount" : 7 } "#,
            #"{"op":"credit",\#(player),"asset":"BRL","amount":99999999999999999999999}"#,
            "{\"op\":\"unlock\",\"tenant\":\"evian\",\"player\":\"a\tb\",\"request_id\":\"g\(count)\"}",
        ])
    }
}
