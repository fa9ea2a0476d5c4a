/// One transaction of a day before it has the form that a ledger, or a rival of it, takes.
struct DayCommand {
    enum Kind: UInt8 {
        case authorise, confirm, rollback, credit, debit
    }

    /// What must become of it. The traffic is made such that it is known.
    enum Expectation: UInt8 {
        case accepted, refused, duplicate
    }

    var kind = Kind.credit
    var expectation = Expectation.accepted
    var tenant: UInt16 = 0
    var player: UInt32 = 0
    /// Names the request; the hold of an authorise too.
    var request: UInt64 = 0
    /// The hold that a confirm or rollback is about, else 0.
    var target: UInt64 = 0
    var amount: Int64 = 0
    /// Milliseconds since 1970.
    var at: Int64 = 0
}
