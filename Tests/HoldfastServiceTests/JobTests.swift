import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastText
import Testing

@testable import HoldfastService

@Suite("Jobs")
struct JobTests {
    /// One that does what a test says.
    private final class Errand: Job {
        let name: String
        let schedule: Schedule?
        let runs = Locked<[Int64]>([])
        let fails = Locked(false)
        let body: @Sendable (@Sendable () -> Bool) -> Void

        struct Failure: Error, CustomStringConvertible {
            let description = "the disk is full"
        }

        init(
            _ name: String, _ schedule: Schedule?, _ body: @escaping @Sendable (@Sendable () -> Bool) -> Void = { _ in }
        ) {
            self.name = name
            self.schedule = schedule
            self.body = body
        }

        func run(at now: Int64, mayGoOn: @escaping @Sendable () -> Bool) throws -> JobReport {
            runs.with { $0.append(now) }
            body(mayGoOn)
            if fails.with({ $0 }) { throw Failure() }
            return JobReport(JSONWriter.line { $0.member("done", true) })
        }
    }

    private let place = TemporaryDirectory()
    private let quiet = ServiceLog(.json, .failures) { _ in }
    private static let night = 1_795_316_400_000 as Int64  // 2026-11-22T03:00:00Z
    private static let day = 86_400_000 as Int64

    @Test("run when they are due by a given clock, one after the other; what failed is tried again later")
    func byClock() throws {
        #expect(RFC3339.text(Self.night) == "2026-11-22T03:00:00.000Z")
        let clock = GivenClock(Self.night - 1)
        let archive = Errand("archive", Schedule(minuteOfDay: 180))
        let backup = Errand("backup", Schedule(every: .week(on: .sunday), minuteOfDay: 180))
        let runner = JobRunner([archive, backup], clock: clock, file: JobFile(in: place.path), log: quiet)
        #expect(runner.runNext() && runner.runNext() && !runner.runNext(), "both never ran")
        archive.fails.with { $0 = true }
        clock.advance(to: Self.night)
        #expect(runner.runNext() && runner.runNext() && !runner.runNext())
        #expect(archive.runs.with { $0 } == [Self.night - 1, Self.night])
        #expect(backup.runs.with { $0 } == [Self.night - 1, Self.night])
        #expect(runner.states[0].failure?.message == "the disk is full")
        clock.advance(to: Self.night + 59_999)
        #expect(!runner.runNext())
        clock.advance(to: Self.night + 60_000)
        #expect(runner.runNext() && !runner.runNext())
        archive.fails.with { $0 = false }
        clock.advance(to: Self.night + 180_000)
        #expect(runner.runNext() && !runner.runNext())
        #expect(runner.states[0].failure == nil && runner.states[0].failuresEver == 2)
        clock.advance(to: Self.night + Self.day)
        #expect(runner.runNext() && !runner.runNext())
        // The next night is not the next week.
        #expect(backup.runs.with { $0.count } == 2 && archive.runs.with { $0.count } == 5)
    }

    @Test("that were missed while the service was down are made up for at its start; others are not run again")
    func catchUp() throws {
        let clock = GivenClock(Self.night)
        let schedule = Schedule(minuteOfDay: 180)
        let first = Errand("archive", schedule)
        JobRunner([first], clock: clock, file: JobFile(in: place.path), log: quiet).runNext()
        #expect(first.runs.with { $0.count } == 1)
        clock.advance(to: Self.night + Self.day - 1)
        let sameNight = Errand("archive", schedule)
        #expect(!JobRunner([sameNight], clock: clock, file: JobFile(in: place.path), log: quiet).runNext())
        clock.advance(to: Self.night + 3 * Self.day + 1)
        let later = Errand("archive", schedule)
        let runner = JobRunner([later], clock: clock, file: JobFile(in: place.path), log: quiet)
        #expect(runner.runNext() && !runner.runNext())
        // A file that can't be read makes every job run once.
        try RealDisk().writeWhole(Array("{".utf8), to: place.path + "/jobs", in: place.path)
        let again = Errand("archive", schedule)
        #expect(JobRunner([again], clock: clock, file: JobFile(in: place.path), log: quiet).runNext())
    }

    @Test("can be asked for, but not twice at once, and are told when to end")
    func onDemand() throws {
        let begun = Signal()
        let before = begun.ticket
        let told = Locked(false)
        let errand = Errand("archive", nil) { mayGoOn in
            begun.raise()
            while mayGoOn() { begun.wait(after: begun.ticket, nanoseconds: 1_000_000) }
            told.with { $0 = true }
        }
        let runner = JobRunner([errand], clock: GivenClock(Self.night), file: nil, log: quiet)
        runner.start()
        guard case .accepted = runner.request("archive") else { return #expect(Bool(false), "it was not taken") }
        begun.wait(after: before, nanoseconds: 20_000_000_000)
        guard case .alreadyRunning = runner.request("archive") else { return #expect(Bool(false), "taken twice") }
        guard case .unknown = runner.request("nightly") else { return #expect(Bool(false), "unknown") }
        runner.stop(within: 20_000_000_000)
        #expect(told.with { $0 } && errand.runs.with { $0.count } == 1)
    }

    @Test("that do not end do not keep the service from ending")
    func stubborn() {
        let end = Signal()
        let ticket = end.ticket
        let errand = Errand("archive", Schedule(minuteOfDay: 0)) { _ in
            end.wait(after: ticket, nanoseconds: 20_000_000_000)
        }
        let runner = JobRunner([errand], clock: GivenClock(Self.night), file: nil, log: quiet)
        runner.start()
        let began = SystemClock().now()
        runner.stop(within: 1_000_000)
        #expect(SystemClock().now() - began < 10_000)
        end.raise()
    }

    @Test("of the service move old days out of tables that follow the log, and copy the ledger")
    func whole() async throws {
        // A hundred days ago by the ledger's clock.
        let clock = GivenClock(Self.night - 100 * Self.day)
        let test = try await ServiceUnderTest.make(at: place, clock: clock) { configuration in
            configuration.tables = .init(directory: place.path + "/tables", shards: 1)
            configuration.archive = .init(root: place.path + "/archive", schedule: Schedule(minuteOfDay: 180))
            configuration.backup = .init(target: place.path + "/copies", schedule: Schedule(minuteOfDay: 240))
        }
        try await test.ask { client in
            _ = try client.post("/v1/commands", credit("p1", "d1"))
            try eventually("the tables have it") {
                try client.get("/v1/jobs").body.contains(#""tables":{"following":true,"position":1,"#)
            }
            try eventually("both ran for the first time") {
                let body = try client.get("/v1/jobs").body
                return !body.contains(#""succeeded_at":null,"running":true"#)
                    && body.split(separator: #""report""#).count == 3
            }
            clock.advance(to: Self.night)
            for name in ["archive", "backup", "snapshot"] {
                let response = try client.post("/v1/jobs/\(name)/run")
                // One that is due by now may have begun by itself.
                #expect([202, 409].contains(response.status))
            }
            try eventually("the day is in files") { place.has("archive/warehouse/tenant=evian") }
            try eventually("the ledger is copied") { try client.get("/v1/jobs").body.contains(#""position":1,"time""#) }
            let metrics = try client.get("/metrics").body
            #expect(metrics.contains(#"holdfast_job_failing{job="archive"} 0.0"#))
            #expect(metrics.contains("holdfast_tables_position 1\n"))
        }
        await test.service.stop()
        #expect(place.has("archive/warehouse") && place.has("copies/backup") && place.has("ledger/jobs"))
        #expect(test.said.contains { $0.contains(#""log":"job","job":"archive","ok":true"#) })
    }

    @Test("that fail are shown, and the ledger takes commands all the same")
    func failing() async throws {
        try RealDisk().writeWhole([1], to: place.path + "/tables", in: place.path)
        let test = try await ServiceUnderTest.make(at: place) { configuration in
            configuration.tables = .init(directory: place.path + "/tables", shards: 2)
            configuration.backup = .init(target: place.path + "/tables/copies", schedule: Schedule(minuteOfDay: 240))
        }
        try await test.ask { client in
            try eventually("both fail") {
                let body = try client.get("/readyz").body
                return body.contains(#""name":"backup","failing":true"#) && body.contains(#""tables_failing":true"#)
            }
            let ready = try client.get("/readyz")
            #expect(ready.status == 200 && ready.body.contains(#""failures":1"#))
            let answer = try client.post("/v1/commands", credit("p1", "d1"))
            #expect(answer.status == 200)
            let metrics = try client.get("/metrics").body
            #expect(metrics.contains(#"holdfast_job_failing{job="backup"} 1.0"#))
            #expect(metrics.contains("holdfast_tables_failing -1\n"))
        }
        await test.service.stop()
    }
}
