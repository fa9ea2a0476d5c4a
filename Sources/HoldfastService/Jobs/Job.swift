internal import HoldfastText

/// Something that the service does beside answering, now and then. It may take hours.
protocol Job: Sendable {
    var name: String { get }
    /// Nil for one that is run on demand only.
    var schedule: Schedule? { get }
    /// Does it once. Where it can end early without harm it does so once `mayGoOn` says no.
    func run(at now: Int64, mayGoOn: @escaping @Sendable () -> Bool) throws -> JobReport
}

/// What a job did.
struct JobReport: Sendable {
    /// The object that the verb of the same name prints.
    var json: [UInt8]
    /// What could not be done; the rest was.
    var problems: [String] = []
    /// It ended early, because it was told to.
    var isCutShort = false

    init(_ json: borrowing JSONWriter) { self.json = json.withBytes { Array($0.dropLast()) } }
}

/// How a job fares, and when it is due.
struct JobState: Sendable {
    let name: String
    let schedule: Schedule?
    /// When the last run began that succeeded.
    var succeededAt: Int64?
    /// How long that took.
    var took: Int64?
    var report: [UInt8]?
    /// Since the last success.
    var failures = 0
    var failure: (at: Int64, message: String)?
    var failuresEver = 0
    var isRequested = false
    var isRunning = false
    private var retryAt = Int64.min

    init(_ name: String, _ schedule: Schedule?) {
        self.name = name
        self.schedule = schedule
    }

    /// When it runs next, as things are; nil where nobody knows.
    func dueAt(_ now: Int64) -> Int64? {
        if isRequested { return now }
        guard let schedule else { return nil }
        let slot = schedule.latest(upTo: now)
        // Of what a clock that was ahead has noted nothing is believed, or nothing would run until then.
        let latest = now + Self.clockSkew
        if let succeededAt, slot...max(slot, latest) ~= succeededAt { return schedule.next(after: now) }
        // One that was missed, or that never ran, is made up for.
        if let failure, failure.at <= latest { return max(now, retryAt) }
        return now
    }

    func isDue(_ now: Int64) -> Bool { !isRunning && (dueAt(now) ?? .max) <= now }

    mutating func succeed(began: Int64, took: Int64, report: [UInt8]) {
        succeededAt = began
        self.took = took
        self.report = report
        failures = 0
        failure = nil
        retryAt = .min
    }

    /// The next attempt waits a minute, then two, four, … an hour at most.
    mutating func fail(at now: Int64, _ message: String) {
        failures += 1
        failuresEver += 1
        failure = (now, message)
        let pause = min(Self.pauseMax, Self.pauseMin << Int64(min(failures - 1, 20)))
        retryAt = min(now + pause, schedule?.next(after: now) ?? .max)
    }

    /// By so much a clock may be set back without anything running twice.
    private static let clockSkew: Int64 = 60_000
    static let pauseMin: Int64 = 60_000
    static let pauseMax: Int64 = 3_600_000
}
