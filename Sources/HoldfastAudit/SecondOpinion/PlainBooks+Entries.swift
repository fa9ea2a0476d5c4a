extension PlainBooks {
    struct Player {
        var key: PlainKey
        var seq: UInt64 = 0
        var balance: Int64 = 0
        var held: Int64 = 0
        /// Number of the next purse, 0 for none.
        var next: UInt32 = 0
        var asset: UInt16 = 0
        var keyBytes: UInt8
        /// Where the log has given up its beginning: the player is as a snapshot says, which has the first events that
        /// are left already.
        var isGiven = false
    }

    struct Purse {
        var balance: Int64 = 0
        var held: Int64 = 0
        var next: UInt32 = 0
        var asset: UInt16
    }

    /// Sums of one asset over the ledger.
    struct Total: Equatable {
        var balance: Int128 = 0
        var held: Int128 = 0
        /// What transfers left over; they cancel out.
        var transfers: Int128 = 0
    }

    /// What an event says, against what these books have.
    struct Disagreement {
        enum What { case unreadable, seq, balance, toBalance, law }
        var what: What
        var asset: String?
        var expected: String
        var found: String
    }
}
