internal import CHoldfast
internal import HoldfastMemory

/// Every balance of a ledger, added up from the events' bytes: the second opinion's own books.
///
/// A player is 64 bytes with their key and first purse in place, found through a table by a hash of the key; further
/// purses hang on it. Events are taken in groups whose lines are asked for ahead, as the tables are larger than any
/// cache; in huge pages, which halve what an event costs. One thread uses them, so their properties need no check of
/// access.
final class PlainBooks {
    @exclusivity(unchecked) private let players: UnsafeMutablePointer<Player>
    /// Addresses, not memory: a player's page comes with them.
    private let playerRegion = MappedRegion(size: playersMax * MemoryLayout<Player>.stride)
    private static let playersMax = 1 << 31
    @exclusivity(unchecked) private(set) var playerCount = 0
    /// Numbers of players by hash, 0 for none, each below 32 bits of its hash; at most half full.
    @exclusivity(unchecked) private var table: UnsafeMutablePointer<UInt64>
    @exclusivity(unchecked) private var tableMask: UInt64
    private var tableRegion: MappedRegion
    /// Keys that are too long to stand in their player.
    @exclusivity(unchecked) private var longKeys: [UInt8] = []
    @exclusivity(unchecked) private var purses: [Purse] = [Purse(asset: 0)]
    @exclusivity(unchecked) private var assets = PlainAssets()
    @exclusivity(unchecked) private(set) var events: UInt64 = 0
    private(set) var purseCount = 0

    init() {
        precondition(MemoryLayout<Player>.stride == 64, "a player is a cache line")
        players = playerRegion.base.assumingMemoryBound(to: Player.self)
        let slots = 1 << 13
        tableRegion = MappedRegion(size: slots * MemoryLayout<UInt64>.stride)
        table = tableRegion.base.assumingMemoryBound(to: UInt64.self)
        tableMask = UInt64(slots - 1)
    }

    // MARK: Taking events in

    /// A record that was looked at, and whom its key was found to be, 0 where they were not there yet.
    private struct OnItsWay: BitwiseCopyable {
        var record: UnsafeRawPointer
        var key: PlainKey
        var hash: UInt64
        var guess = 0
    }

    /// How many are on their way at a time: apart by `lead`, a record's line of the table is asked for, then the player
    /// that this names, then it is taken in.
    private static let onTheirWayMax = 32
    private static let lead = (onTheirWayMax - 1) / 2

    /// Takes records in, in the log's order, each with `PlainKey.bytes` readable bytes behind it; `note` hears of each
    /// that says otherwise than these books, which then believe it, so that a fault is named once.
    @inline(__always)
    func take(
        _ count: Int, record: (_ index: Int) -> UnsafeRawPointer, note: (_ index: Int, Disagreement) -> Void
    ) {
        withUnsafeTemporaryAllocation(of: OnItsWay.self, capacity: Self.onTheirWayMax) { ring in
            var event = PlainEvent()
            for step in 0..<(count + 2 * Self.lead) {
                if step < count { ring[step % Self.onTheirWayMax] = meet(record(step)) }
                let metBefore = step - Self.lead
                if metBefore >= 0, metBefore < count { askFor(&ring[metBefore % Self.onTheirWayMax]) }
                let due = metBefore - Self.lead
                if due >= 0 { take(ring[due % Self.onTheirWayMax], &event) { note(due, $0) } }
            }
        }
    }

    @inline(__always)
    private func meet(_ record: UnsafeRawPointer) -> OnItsWay {
        let keyBytes = Int(record.load(fromByteOffset: 7, as: UInt8.self))
        let key = PlainKey(beforeSlack: UnsafeRawBufferPointer(start: record + 48, count: keyBytes))
        let hash = key.hash
        hf_prefetch(table + Int(hash & tableMask))
        return OnItsWay(record: record, key: key, hash: hash)
    }

    @inline(__always)
    private func askFor(_ next: inout OnItsWay) {
        next.guess = guess(next.hash)
        if next.guess != 0 { hf_prefetch_write(players + next.guess) }
    }

    /// The first player whose hash begins alike, 0 for none.
    @inline(__always)
    private func guess(_ hash: UInt64) -> Int {
        var slot = Int(hash & tableMask)
        // One that found its place taken lies behind it: the line that counts is its own.
        while table[slot] != 0, table[slot] >> 32 != hash >> 32 { slot = (slot &+ 1) & Int(tableMask) }
        return Int(table[slot] & 0xFFFF_FFFF)
    }

    /// Brings the lines of players closer: first those of the table, then those that these name.
    func prefetch(_ keys: UnsafeBufferPointer<PlainKey>) {
        for index in 0..<keys.count { hf_prefetch(table + Int(keys[index].hash & tableMask)) }
        for index in 0..<keys.count {
            let number = guess(keys[index].hash)
            if number != 0 { hf_prefetch_write(players + number) }
        }
    }

    @inline(__always)
    private func take(_ next: OnItsWay, _ event: inout PlainEvent, _ note: (Disagreement) -> Void) {
        guard event.read(next.record) else {
            return note(Disagreement(what: .unreadable, expected: "an event", found: "bytes that are none"))
        }
        let isGuessed = next.guess != 0 && isPlayer(next.guess, event.key, next.key)
        take(&event, isGuessed ? next.guess : playerNumber(event.key, next.key), note)
    }

    @inline(__always)
    private func take(_ event: inout PlainEvent, _ number: Int, _ note: (Disagreement) -> Void) {
        events &+= 1
        let player = players + number
        if player.pointee.isGiven {
            if event.revision <= player.pointee.seq { return }
            player.pointee.isGiven = false
        }
        let isNext = event.revision == player.pointee.seq &+ 1
        if !isNext {
            note(
                Disagreement(what: .seq, expected: "\(player.pointee.seq &+ 1)", found: "\(event.revision)"))
        }
        player.pointee.seq = event.revision
        guard event.asset.count > 0 else { return }
        // What was missed may have moved anything: the next event is believed what it leads to.
        if !isNext { return believe(event, number) }
        let effect = event.effect
        if event.type == PlainEvent.Kind.refused {
            let (balance, held) = funds(number, event.asset)
            if balance != event.balanceAfter || held != event.heldAfter {
                note(Self.disagreement(.balance, event.asset, (balance, held), (event.balanceAfter, event.heldAfter)))
            }
            return
        }
        let isForced = event.type == PlainEvent.Kind.rolledBack && event.reason == 4
        move(
            number, event.asset, effect, (event.balanceAfter, event.heldAfter), .balance, mayFallBelowZero: isForced,
            note)
        if event.type == PlainEvent.Kind.transferred || event.type == PlainEvent.Kind.received {
            assets.addTransfer(effect.balance)
        }
        if event.type == PlainEvent.Kind.exchanged {
            move(
                number, event.toAsset, (event.toAmount, 0), (event.toBalance, event.toHeld), .toBalance,
                mayFallBelowZero: false, note)
        }
    }

    @inline(never)
    private func believe(_ event: PlainEvent, _ number: Int) {
        withFunds(number, event.asset) { balance, held in
            balance = event.balanceAfter
            held = event.heldAfter
        }
        guard event.type == PlainEvent.Kind.exchanged else { return }
        withFunds(number, event.toAsset) { balance, held in
            balance = event.toBalance
            held = event.toHeld
        }
    }

    @inline(__always)
    private func move(
        _ number: Int, _ asset: UnsafeRawBufferPointer, _ effect: (balance: Int64, held: Int64),
        _ after: (balance: Int64, held: Int64), _ what: Disagreement.What, mayFallBelowZero: Bool,
        _ note: (Disagreement) -> Void
    ) {
        withFunds(number, asset) { balance, held in
            let before = balance &- held
            balance &+= effect.balance
            held &+= effect.held
            if balance != after.balance || held != after.held {
                note(Self.disagreement(what, asset, (balance, held), after))
                balance = after.balance
                held = after.held
            }
            // What is available never falls below zero, except where a credit is taken back by force.
            let available = balance &- held
            if available < 0, available < before, !mayFallBelowZero {
                note(
                    Disagreement(
                        what: .law, asset: Self.text(asset), expected: "held at most the balance",
                        found: "balance \(balance), held \(held)"))
            }
        }
    }

    private static func disagreement(
        _ what: Disagreement.What, _ asset: UnsafeRawBufferPointer, _ expected: (Int64, Int64),
        _ found: (Int64, Int64)
    ) -> Disagreement {
        Disagreement(
            what: what, asset: text(asset), expected: "balance \(expected.0), held \(expected.1)",
            found: "balance \(found.0), held \(found.1)")
    }

    private static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }

    /// What a purse had when the part of the log began that is left.
    func begin(
        key: UnsafeRawBufferPointer, seq: UInt64, asset: UnsafeRawBufferPointer, balance: Int64, held: Int64
    ) {
        let plain = PlainKey(key)
        let number = playerNumber(key, plain)
        players[number].seq = seq
        players[number].isGiven = true
        if asset.count == 0 { return }
        withFunds(number, asset, PlainKey(asset)) { ownBalance, ownHeld in
            ownBalance = balance
            ownHeld = held
        }
    }

    // MARK: Asking

    /// What a player has in an asset, and their seq; nil for players and purses that no event touched.
    func funds(
        key: UnsafeRawBufferPointer, _ plain: PlainKey, asset: UnsafeRawBufferPointer
    ) -> (balance: Int64, held: Int64)? {
        guard let number = findPlayer(key, plain) else { return nil }
        let id = assets.number(of: asset, PlainKey(asset))
        let player = players[number]
        if Int(player.asset) == id { return (player.balance, player.held) }
        var next = player.next
        while next != 0 {
            let purse = purses[Int(next)]
            if Int(purse.asset) == id { return (purse.balance, purse.held) }
            next = purse.next
        }
        return nil
    }

    func seq(key: UnsafeRawBufferPointer) -> UInt64? {
        findPlayer(key, PlainKey(key)).map { players[$0].seq }
    }

    /// Sums by asset.
    var totals: [String: Total] {
        var sums = assets.transfers.map { Total(transfers: $0) }
        for number in 1..<(playerCount + 1) {
            let player = players[number]
            sums[Int(player.asset)].balance += Int128(player.balance)
            sums[Int(player.asset)].held += Int128(player.held)
        }
        for purse in purses.dropFirst() {
            sums[Int(purse.asset)].balance += Int128(purse.balance)
            sums[Int(purse.asset)].held += Int128(purse.held)
        }
        var totals: [String: Total] = [:]
        for (name, sum) in zip(assets.names, sums).dropFirst() { totals[String(decoding: name, as: UTF8.self)] = sum }
        return totals
    }

    // MARK: Tables

    private func funds(_ number: Int, _ asset: UnsafeRawBufferPointer) -> (Int64, Int64) {
        let id = assets.number(of: asset, PlainKey(beforeSlack: asset))
        if Int(players[number].asset) == id { return (players[number].balance, players[number].held) }
        var next = players[number].next
        while next != 0 {
            if Int(purses[Int(next)].asset) == id { return (purses[Int(next)].balance, purses[Int(next)].held) }
            next = purses[Int(next)].next
        }
        return (0, 0)
    }

    /// Hands out a player's purse in an asset, a new one where there is none.
    @inline(__always)
    private func withFunds(_ number: Int, _ asset: UnsafeRawBufferPointer, _ body: (inout Int64, inout Int64) -> Void) {
        withFunds(number, asset, PlainKey(beforeSlack: asset), body)
    }

    @inline(__always)
    private func withFunds(
        _ number: Int, _ asset: UnsafeRawBufferPointer, _ name: PlainKey, _ body: (inout Int64, inout Int64) -> Void
    ) {
        let id = assets.number(of: asset, name)
        let player = players + number
        if player.pointee.asset == 0 {
            player.pointee.asset = UInt16(id)
            purseCount += 1
        }
        if Int(player.pointee.asset) == id { return body(&player.pointee.balance, &player.pointee.held) }
        var next = Int(player.pointee.next)
        while next != 0, Int(purses[next].asset) != id { next = Int(purses[next].next) }
        if next == 0 {
            purses.append(Purse(next: player.pointee.next, asset: UInt16(id)))
            next = purses.count - 1
            player.pointee.next = UInt32(next)
            purseCount += 1
        }
        var purse = purses[next]
        body(&purse.balance, &purse.held)
        purses[next] = purse
    }

    @inline(__always)
    private func findPlayer(_ text: UnsafeRawBufferPointer, _ key: PlainKey) -> Int? {
        let hash = key.hash
        var slot = Int(hash & tableMask)
        while table[slot] != 0 {
            if table[slot] >> 32 == hash >> 32 {
                let number = Int(table[slot] & 0xFFFF_FFFF)
                if isPlayer(number, text, key) { return number }
            }
            slot = (slot + 1) & Int(tableMask)
        }
        return nil
    }

    @inline(__always)
    private func isPlayer(_ number: Int, _ text: UnsafeRawBufferPointer, _ key: PlainKey) -> Bool {
        let player = players + number
        guard Int(player.pointee.keyBytes) == text.count, player.pointee.key.isSame(as: key, in: text.count) else {
            return false
        }
        return text.count <= PlainKey.bytes || isLongKey(of: player.pointee, text)
    }

    /// A long key's last word says where it is kept.
    private func isLongKey(of player: Player, _ text: UnsafeRawBufferPointer) -> Bool {
        let start = Int(player.key.d)
        return longKeys[start..<(start + text.count)].elementsEqual(text)
    }

    @inline(__always)
    private func playerNumber(_ text: UnsafeRawBufferPointer, _ key: PlainKey) -> Int {
        findPlayer(text, key) ?? addPlayer(text, key)
    }

    @inline(never)
    private func addPlayer(_ text: UnsafeRawBufferPointer, _ key: PlainKey) -> Int {
        precondition(playerCount + 2 < Self.playersMax, "a ledger has fewer players than that")
        if UInt64(playerCount + 2) * 2 > tableMask { growTable() }
        playerCount += 1
        var kept = key
        if text.count > PlainKey.bytes {
            kept.d = UInt64(longKeys.count)
            longKeys += text
        }
        (players + playerCount).initialize(to: Player(key: kept, keyBytes: UInt8(text.count)))
        place(playerCount, key.hash)
        return playerCount
    }

    private func place(_ number: Int, _ hash: UInt64) {
        var slot = Int(hash & tableMask)
        while table[slot] != 0 { slot = (slot + 1) & Int(tableMask) }
        table[slot] = (hash >> 32) << 32 | UInt64(number)
    }

    private func growTable() {
        let slots = 2 * (Int(tableMask) + 1)
        tableRegion = MappedRegion(size: slots * MemoryLayout<UInt64>.stride)
        table = tableRegion.base.assumingMemoryBound(to: UInt64.self)
        tableMask = UInt64(slots - 1)
        for number in 1..<(playerCount + 1) {
            let player = players[number]
            guard Int(player.keyBytes) > PlainKey.bytes else {
                place(number, player.key.hash)
                continue
            }
            let start = Int(player.key.d)
            let hash = longKeys[start..<(start + Int(player.keyBytes))].withUnsafeBytes { PlainKey($0).hash }
            place(number, hash)
        }
    }
}
