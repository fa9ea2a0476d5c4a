/// The balances that a player's events of one block have led to so far, in up to four assets. Packing and unpacking
/// keep it alike; where it knows nothing it says zero.
struct BalanceMemory: BitwiseCopyable {
    private struct Entry: BitwiseCopyable {
        var asset: UInt64 = 0
        var purse = PurseFacts()
    }

    private var entries = InlineArray<4, Entry>(repeating: Entry())
    private var next = 0

    /// What an event with this effect leads to. Wraps around where the numbers make no sense.
    @inline(__always)
    func expected(_ asset: UInt64, _ effect: Effect) -> PurseFacts {
        var purse = PurseFacts()
        for index in 0..<4 where entries[index].asset == asset { purse = entries[index].purse }
        return PurseFacts(balance: purse.balance &+ effect.balance, held: purse.held &+ effect.held)
    }

    @inline(__always)
    mutating func note(_ asset: UInt64, _ purse: PurseFacts) {
        for index in 0..<4 where entries[index].asset == asset {
            entries[index].purse = purse
            return
        }
        entries[next] = Entry(asset: asset, purse: purse)
        next = (next &+ 1) & 3
    }
}

extension PayloadShape {
    /// By how much an event of this shape moves its purse, as far as that follows from these numbers.
    @inline(__always)
    func effect(_ type: UInt16, amount: Int64, moment: Int64) -> Effect {
        guard let kind = EventKind(rawValue: type), (0...Amount.max).contains(amount),
            (0...Amount.max << 1).contains(moment)
        else { return Effect() }
        return Effect.of(kind, amount: amount, hold: moment, undone: Undone(rawValue: reason))
    }
}
