import Holdfast

/// What a verb says on standard error of a ledger that has given up its oldest segments.
enum LogBeginning {
    /// `consequence` says what that means for what the verb prints.
    static func say(_ verb: String, _ first: UInt64, _ consequence: String = "") {
        if first > 1 { Output.say("holdfast \(verb): the events before position \(first) were given up\(consequence)") }
    }
}
