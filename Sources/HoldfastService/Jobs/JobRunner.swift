private import CHoldfast
internal import HoldfastLog

/// Runs jobs when they are due, one at a time, on a thread of its own. What a job meets is noted and never leaves here: it
/// is tried again, after pauses that grow.
final class JobRunner: Sendable {
    enum Request: Sendable {
        case accepted
        case alreadyRunning
        case unknown
    }

    private struct State {
        var jobs: [JobState]
        var isStopping = false
    }

    private let jobs: [any Job]
    private let clock: any LogClock
    private let file: JobFile?
    private let log: ServiceLog
    private let state: Locked<State>
    private let changed = Signal()
    private let ended = Signal()
    private let hasEnded = Locked(true)
    /// Time may be set, so it is looked at now and then however long there is nothing to do.
    private static let lookAgainMilliseconds: Int64 = 30_000

    init(_ jobs: [any Job], clock: any LogClock, file: JobFile?, log: ServiceLog) {
        self.jobs = jobs
        self.clock = clock
        self.file = file
        self.log = log
        let known = file?.read(log) ?? [:]
        state = Locked(
            State(
                jobs: jobs.map { job in
                    var state = JobState(job.name, job.schedule)
                    state.succeededAt = known[job.name]
                    return state
                }))
    }

    var states: [JobState] { state.with { $0.jobs } }

    /// Has a job run as soon as the one before it is done.
    func request(_ name: String) -> Request {
        let answer = state.with { state -> Request in
            guard let index = state.jobs.firstIndex(where: { $0.name == name }) else { return .unknown }
            if state.jobs[index].isRunning || state.jobs[index].isRequested { return .alreadyRunning }
            state.jobs[index].isRequested = true
            return .accepted
        }
        changed.raise()
        return answer
    }

    func start() {
        hasEnded.with { $0 = false }
        WorkerThread(name: "hf-jobs") { [self] in
            while !isStopping {
                let ticket = changed.ticket
                if runNext() { continue }
                changed.wait(after: ticket, nanoseconds: waitMilliseconds() * 1_000_000)
            }
            hasEnded.with { $0 = true }
            ended.raise()
        }.detach()
    }

    private var isStopping: Bool { state.with { $0.isStopping } }

    private func waitMilliseconds() -> Int64 {
        let now = clock.now()
        let due = states.compactMap { $0.dueAt(now) }.min() ?? .max
        return max(1, min(Self.lookAgainMilliseconds, due == .max ? .max : due - now))
    }

    /// Runs the first job that is due, on this thread. False where none is.
    @discardableResult
    func runNext() -> Bool {
        let now = clock.now()
        let chosen = state.with { state -> Int? in
            guard !state.isStopping, let index = state.jobs.firstIndex(where: { $0.isDue(now) }) else { return nil }
            state.jobs[index].isRequested = false
            state.jobs[index].isRunning = true
            return index
        }
        guard let chosen else { return false }
        run(chosen, at: now)
        return true
    }

    private func run(_ index: Int, at now: Int64) {
        let began = hf_monotonic_ns()
        let result = Result { try jobs[index].run(at: now) { [self] in !isStopping } }
        let took = (hf_monotonic_ns() - began) / 1_000_000
        let failure: String? =
            switch result {
            case .success(let report) where report.isCutShort: "it was cut short, because the service was stopped"
            case .success(let report): report.problems.isEmpty ? nil : report.problems.joined(separator: "; ")
            case .failure(let error): "\(error)"
            }
        state.with { state in
            state.jobs[index].isRunning = false
            if let failure {
                state.jobs[index].fail(at: clock.now(), failure)
            } else if case .success(let report) = result {
                state.jobs[index].succeed(began: now, took: took, report: report.json)
            }
        }
        log.job(jobs[index].name, milliseconds: took, failure: failure)
        if failure == nil { file?.write(states, log) }
    }

    /// Lets the job at hand come to a place where it can end, as long as that takes no longer than this. One that does not
    /// end by then dies with the process, and is finished or cleared away by its next run.
    func stop(within nanoseconds: Int64) {
        state.with { $0.isStopping = true }
        changed.raise()
        let until = hf_monotonic_ns() + nanoseconds
        while true {
            let ticket = ended.ticket
            let left = until - hf_monotonic_ns()
            if hasEnded.with({ $0 }) || left <= 0 { return }
            ended.wait(after: ticket, nanoseconds: left)
        }
    }
}
