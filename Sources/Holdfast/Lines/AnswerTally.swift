package import HoldfastWallet

/// How many commands were accepted, and how many refused for which reason.
package struct AnswerTally: Sendable, Equatable {
    package private(set) var accepted = 0
    /// First answers that came again; they are counted among the others too.
    package private(set) var duplicates = 0
    private var refused: [Int] = []

    package init() {}

    package var refusals: [(reason: Refusal, count: Int)] {
        Refusal.allCases.compactMap { reason in
            let count = count(of: reason)
            return count > 0 ? (reason, count) : nil
        }
    }

    package func count(of reason: Refusal) -> Int {
        Int(reason.rawValue) < refused.count ? refused[Int(reason.rawValue)] : 0
    }

    package mutating func add(_ outcome: Outcome) {
        if outcome.isDuplicate { duplicates += 1 }
        if outcome.status == .accepted { accepted += 1 } else { add(outcome.refusal) }
    }

    package mutating func add(_ reason: Refusal, times: Int = 1) {
        if refused.isEmpty { refused = Array(repeating: 0, count: Int(UInt8.max) + 1) }
        refused[Int(reason.rawValue)] += times
    }

    package mutating func add(_ other: AnswerTally) {
        accepted += other.accepted
        duplicates += other.duplicates
        for (reason, count) in other.refusals { add(reason, times: count) }
    }
}
