internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet
private import Synchronization

/// Commands on their way to a ledger together: one batch a lane, and for each command when it was due and what must
/// become of it.
///
/// The generator's thread fills it, hands it over, and looks at the answers after the committing thread has called
/// back; each of the two waits for the other, which is the whole of the `@unchecked`.
final class LoadBatch: @unchecked Sendable {
    /// Of a lane.
    private struct Part {
        let commands: CommandBatch
        var expected: [DayCommand.Expectation] = []
        var due: [Int64] = []
        var doneAt: Int64 = 0
        var failure: LedgerError?
    }

    @exclusivity(unchecked) private var parts: [Part]
    private let waitingFor = Atomic<Int>(0)
    @exclusivity(unchecked) private(set) var count = 0

    init(lanes: Int, commandsExpected: Int) {
        parts = (0..<lanes).map { _ in Part(commands: CommandBatch(commandsExpected: commandsExpected)) }
        for lane in parts.indices {
            parts[lane].expected.reserveCapacity(commandsExpected)
            parts[lane].due.reserveCapacity(commandsExpected)
        }
    }

    @inline(__always)
    func append(_ command: inout PreparedCommand, _ expected: DayCommand.Expectation, due: Int64, lane: Int) {
        parts[lane].commands.append(&command)
        parts[lane].expected.append(expected)
        parts[lane].due.append(due)
        count &+= 1
    }

    /// Hands everything over without waiting; `settled` is called once, on the committing thread, when all of it is
    /// durable or has failed.
    func handOver(to ledger: Ledger, settled: @escaping @Sendable (LoadBatch) -> Void) {
        let filled = parts.indices.filter { parts[$0].commands.count > 0 }
        waitingFor.store(filled.count, ordering: .releasing)
        for lane in filled {
            let commands = parts[lane].commands
            commands.whenDone = { [self] commands, failure in
                parts[lane].doneAt = Machine.nanoseconds
                parts[lane].failure = failure ?? commands.failure
                if waitingFor.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { settled(self) }
            }
            if let refusal = ledger.engine.offer(commands, to: lane) { commands.finish(refusal) }
        }
    }

    /// Of a settled batch: what became of its commands, and how long each took from when it was due.
    func look(_ tally: inout LoadTally, _ latencies: Histogram) throws(LedgerError) {
        for part in parts where part.commands.count > 0 {
            if let failure = part.failure { throw failure }
            for index in 0..<part.commands.count { tally.add(part.commands.outcome(index), part.expected[index]) }
            // Commands that were due together took equally long.
            var from = 0
            while from < part.due.count {
                var to = from + 1
                while to < part.due.count, part.due[to] == part.due[from] { to += 1 }
                latencies.record(part.doneAt - part.due[from], times: to - from)
                from = to
            }
        }
    }

    func reset() {
        count = 0
        for lane in parts.indices {
            parts[lane].commands.reset()
            parts[lane].expected.removeAll(keepingCapacity: true)
            parts[lane].due.removeAll(keepingCapacity: true)
        }
    }
}

/// The answers that came, and whether each was the one that had to come.
struct LoadTally: Equatable {
    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var duplicates = 0
    private(set) var unexpected = 0
    private(set) var example: String?

    var count: Int { accepted + refused + duplicates }

    @inline(__always)
    mutating func add(_ outcome: Outcome, _ expected: DayCommand.Expectation) {
        let was: DayCommand.Expectation
        // By pattern: `==` on an enumeration of another module is a call through its witness table.
        switch outcome.status {
        case .refused, .failed, .pending:
            was = .refused
            refused &+= 1
        case .accepted where outcome.isDuplicate:
            was = .duplicate
            duplicates &+= 1
        case .accepted:
            was = .accepted
            accepted &+= 1
        }
        if was.rawValue != expected.rawValue { surprise(outcome, expected) }
    }

    @inline(never)
    private mutating func surprise(_ outcome: Outcome, _ expected: DayCommand.Expectation) {
        unexpected += 1
        if example == nil {
            let answer = outcome.status == .accepted ? "accepted \(outcome.event)" : "refused \(outcome.refusal)"
            example = "expected \(expected), answered \(answer)\(outcome.isDuplicate ? " as a duplicate" : "")"
        }
    }
}
