import HoldfastLog
import HoldfastMemory

/// What an auditor asks of a whole state, without a view of each player.
extension WalletState {
    /// Every player with events, and the number of the last.
    package func forEachSeq(
        _ body: (_ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer, _ seq: UInt64) -> Void
    ) {
        guard players.highWater > 0 else { return }
        for player in 1...players.highWater where isInUse(player) {
            body(tenant(of: player), id(of: player), players.pointer(player).pointee.seq)
        }
    }

    /// Every player whose name leads to another lane than this one.
    package func forEachStranger(
        in lane: Int, of lanes: Int,
        _ body: (_ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer, _ seq: UInt64, _ home: Int) -> Void
    ) {
        guard players.highWater > 0 else { return }
        for player in 1...players.highWater where isInUse(player) {
            let home = LanePlacement.lane(ofHash: keyHash(of: player), lanes: lanes)
            if home != lane { body(tenant(of: player), id(of: player), players.pointer(player).pointee.seq, home) }
        }
    }

    /// Every open hold.
    package mutating func forEachOpenHold(
        _ body: (AssetName, _ amount: Int64, _ expiresAt: Int64) throws -> Void
    ) rethrows {
        guard players.highWater > 0 else { return }
        assets.takeOver()
        for player in 1...players.highWater where isInUse(player) {
            var hold = players.pointer(player).pointee.firstHold
            while hold != 0 {
                let slot = holds.pointer(hold)
                try body(assets.name(of: slot.pointee.asset), slot.pointee.amount, slot.pointee.expiresAt)
                hold = slot.pointee.next
            }
        }
    }

    /// The first law, for every purse: held is the sum of the open holds, and not below zero.
    package mutating func forEachBrokenPurse(
        _ body: (PlayerName, AssetName, _ held: Int64, _ openHolds: Int64) -> Void
    ) {
        guard players.highWater > 0 else { return }
        assets.takeOver()
        for player in 1...players.highWater where isInUse(player) {
            let slot = players.pointer(player)
            check(player, slot.pointee.asset, slot.pointee.purse.held, body)
            var next = slot.pointee.nextPurse
            while next != 0 {
                let further = purses.pointer(next)
                check(player, further.pointee.asset, further.pointee.purse.held, body)
                next = further.pointee.next
            }
        }
    }

    private mutating func check(
        _ player: UInt32, _ asset: AssetID, _ held: Int64, _ body: (PlayerName, AssetName, Int64, Int64) -> Void
    ) {
        guard asset != 0 else { return }
        var open: Int64 = 0
        var hold = players.pointer(player).pointee.firstHold
        while hold != 0 {
            let slot = holds.pointer(hold)
            if slot.pointee.asset == asset { open &+= slot.pointee.amount }
            hold = slot.pointee.next
        }
        if open != held || held < 0 { body(name(of: player), assets.name(of: asset), held, open) }
    }

    func name(of player: UInt32) -> PlayerName {
        PlayerName(
            tenant: String(decoding: tenant(of: player), as: UTF8.self),
            player: String(decoding: id(of: player), as: UTF8.self), seq: players.pointer(player).pointee.seq)
    }
}

/// Whom a finding is about.
package struct PlayerName: Sendable, Equatable {
    package var tenant: String
    package var player: String
    /// Of the player's last event.
    package var seq: UInt64
}

/// One thing in which two states differ.
package struct StateDifference: Sendable, Equatable {
    package var player: PlayerName?
    package var asset: AssetName?
    package var expected: String
    package var found: String
}

extension WalletState {
    /// Everything about players in which another state differs from this one: who is there, their seq, the place of their
    /// last event, locks, balances, held amounts and open holds. The differences are handed out one by one; those beyond
    /// `limit` are only counted.
    package mutating func compare(
        with other: inout WalletState, limit: Int, _ body: (StateDifference) -> Void
    ) -> Int {
        assets.takeOver()
        other.assets.takeOver()
        var count = 0
        func note(_ difference: @autoclosure () -> StateDifference) {
            count += 1
            if count <= limit { body(difference()) }
        }
        var met = 0
        if players.highWater > 0 {
            for player in 1...players.highWater where isInUse(player) {
                let twin = other.findPlayer(keyHash(of: player), tenant(of: player), id(of: player))
                guard twin != 0, other.isInUse(twin) else {
                    note(
                        StateDifference(
                            player: name(of: player), expected: "the player, at seq \(name(of: player).seq)",
                            found: "no such player"))
                    continue
                }
                met += 1
                var differences: [(asset: AssetID?, expected: String, found: String)] = []
                comparePlayer(player, &other, twin) { differences.append(($0, $1, $2)) }
                for difference in differences {
                    let asset = difference.asset.map { assets.name(of: $0) }
                    note(
                        StateDifference(
                            player: name(of: player), asset: asset, expected: difference.expected,
                            found: difference.found))
                }
            }
        }
        if other.playerCount > met, other.players.highWater > 0 {
            for player in 1...other.players.highWater where other.isInUse(player) {
                let twin = findPlayer(other.keyHash(of: player), other.tenant(of: player), other.id(of: player))
                if twin != 0, isInUse(twin) { continue }
                note(StateDifference(player: other.name(of: player), expected: "no such player", found: "a player"))
            }
        }
        return count
    }

    private func comparePlayer(
        _ player: UInt32, _ other: inout WalletState, _ twin: UInt32, _ note: (AssetID?, String, String) -> Void
    ) {
        let (mine, theirs) = (players.pointer(player), other.players.pointer(twin))
        if mine.pointee.seq != theirs.pointee.seq {
            note(nil, "seq \(mine.pointee.seq)", "seq \(theirs.pointee.seq)")
        } else if mine.pointee.lastAddress != theirs.pointee.lastAddress {
            note(
                nil, "the last event at address \(mine.pointee.lastAddress)",
                "at address \(theirs.pointee.lastAddress)")
        }
        if mine.pointee.isLocked != theirs.pointee.isLocked {
            note(
                nil, mine.pointee.isLocked ? "locked" : "not locked", theirs.pointee.isLocked ? "locked" : "not locked")
        }
        var purses = 0
        forEachPurse(of: player) { asset, facts in
            purses += 1
            let found = other.purse(twin, asset)?.pointee
            if found != facts { note(asset, Self.text(facts), found.map(Self.text) ?? "no such purse") }
        }
        other.forEachPurse(of: twin) { asset, facts in
            purses -= 1
            if purse(player, asset) == nil { note(asset, "no such purse", Self.text(facts)) }
        }
        if mine.pointee.firstHold == 0, theirs.pointee.firstHold == 0 { return }
        compareHolds(player, &other, twin, note)
    }

    private func compareHolds(
        _ player: UInt32, _ other: inout WalletState, _ twin: UInt32, _ note: (AssetID?, String, String) -> Void
    ) {
        forEachHold(of: player) { hold, slot in
            let id = requestID(of: hold)
            let found = other.findHold(slot.requestHash, twin, id)
            if found == 0 {
                return note(slot.asset, "open hold \(String(decoding: id, as: UTF8.self))", "no such hold")
            }
            let theirs = other.holds.pointer(found)
            let isSame =
                theirs.pointee.amount == slot.amount && theirs.pointee.asset == slot.asset
                && theirs.pointee.expiresAt == slot.expiresAt && theirs.pointee.createdAt == slot.createdAt
                && theirs.pointee.address == slot.address
            if isSame { return }
            note(
                slot.asset,
                "open hold \(String(decoding: id, as: UTF8.self)) of \(slot.amount) until \(slot.expiresAt)",
                "\(theirs.pointee.amount) until \(theirs.pointee.expiresAt)")
        }
        other.forEachHold(of: twin) { hold, slot in
            let id = other.requestID(of: hold)
            if findHold(slot.requestHash, player, id) != 0 { return }
            note(slot.asset, "no such hold", "open hold \(String(decoding: id, as: UTF8.self)) of \(slot.amount)")
        }
    }

    private static func text(_ facts: PurseFacts) -> String { "balance \(facts.balance), held \(facts.held)" }
}
