internal import Holdfast
internal import HoldfastLog

/// The thread that makes a part of a day and hands it to a ledger; whoever started it waits for its end.
final class LoadJob: @unchecked Sendable {
    // @unchecked: the thread has it to itself from `run` until the end.

    static let threadName = "hf-load"

    /// Which of a day's commands.
    enum Part {
        /// The first ones, this much a player.
        case deposits(Int64)
        case day
    }

    private(set) var traffic: DayTraffic
    /// Processor time of the threads while it ran.
    private(set) var threads: [ThreadTime] = []
    private let part: Part
    private let ledger: Ledger
    private let loader: Loader

    init(_ traffic: DayTraffic, _ part: Part, _ ledger: Ledger, _ loader: Loader) {
        self.traffic = traffic
        self.part = part
        self.ledger = ledger
        self.loader = loader
    }

    func run(count: Int, pace: Loader.Pace, until deadline: Int64?) async {
        let before = ThreadTime.all()
        await withCheckedContinuation { continuation in
            _ = WorkerThread(name: Self.threadName) { [self] in
                var source = DaySource(traffic, part, LedgerScribe(ledger, traffic.population))
                loader.run(&source, count: count, pace: pace, until: deadline)
                traffic = source.traffic
                // While this thread is still there to be counted.
                threads = ThreadTime.since(before)
                continuation.resume()
            }
        }
    }
}

/// Makes a part of a day's commands, as a ledger takes them.
struct DaySource: LoadSource, ~Copyable {
    var traffic: DayTraffic
    private var scribe: LedgerScribe
    private var command = DayCommand()
    private let deposit: Int64?
    private var player = 0

    init(_ traffic: DayTraffic, _ part: LoadJob.Part, _ scribe: consuming LedgerScribe) {
        self.traffic = traffic
        self.scribe = scribe
        deposit = if case .deposits(let amount) = part { amount } else { nil }
    }

    @inline(__always)
    mutating func writeNext(into batch: LoadBatch, due: Int64) {
        if let deposit {
            traffic.deposit(player, deposit, &command)
            player += 1
        } else {
            traffic.next(&command)
        }
        scribe.write(&command, due: due, into: batch)
    }
}
