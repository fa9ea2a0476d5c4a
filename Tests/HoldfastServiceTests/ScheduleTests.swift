import HoldfastText
import Testing

@testable import HoldfastService

@Suite("A schedule")
struct ScheduleTests {
    private static func time(_ text: String) throws -> Int64 { try RFC3339.milliseconds(text) }

    @Test(
        "of every day comes at its time of the day, in UTC",
        arguments: [
            ("2026-03-29T02:59:59.999Z", "2026-03-28T03:00:00Z", "2026-03-29T03:00:00Z"),
            ("2026-03-29T03:00:00Z", "2026-03-29T03:00:00Z", "2026-03-30T03:00:00Z"),
            // Where clocks are set back or forward, UTC knows nothing of it.
            ("2026-10-25T03:30:00Z", "2026-10-25T03:00:00Z", "2026-10-26T03:00:00Z"),
            ("2028-02-29T12:00:00Z", "2028-02-29T03:00:00Z", "2028-03-01T03:00:00Z"),
        ])
    func daily(now: String, latest: String, next: String) throws {
        let schedule = Schedule(minuteOfDay: 180)
        let now = try Self.time(now)
        #expect(schedule.latest(upTo: now) == (try Self.time(latest)))
        #expect(schedule.next(after: now) == (try Self.time(next)))
    }

    @Test(
        "of every week comes on its day",
        arguments: [
            // 22 November 2026 is a Sunday.
            ("2026-11-22T03:59:00Z", "2026-11-15T04:00:00Z", "2026-11-22T04:00:00Z"),
            ("2026-11-22T04:00:00Z", "2026-11-22T04:00:00Z", "2026-11-29T04:00:00Z"),
            ("2026-11-28T23:00:00Z", "2026-11-22T04:00:00Z", "2026-11-29T04:00:00Z"),
        ])
    func weekly(now: String, latest: String, next: String) throws {
        let schedule = Schedule(every: .week(on: .sunday), minuteOfDay: 240)
        let now = try Self.time(now)
        #expect(schedule.latest(upTo: now) == (try Self.time(latest)))
        #expect(schedule.next(after: now) == (try Self.time(next)))
    }

    @Test("is written as hours and minutes", arguments: ["3:00", "03:60", "24:00", "0300", "", "03:00:00", "aa:bb"])
    func malformed(text: String) {
        #expect(Schedule.minuteOfDay(text) == nil)
        #expect(Schedule.minuteOfDay("23:59") == 1_439)
    }

    @Test("makes up for what was missed, once, and waits longer after each failure")
    func state() throws {
        let night = try Self.time("2026-11-22T03:00:00Z")
        var job = JobState("archive", Schedule(minuteOfDay: 180))
        let noon = night + 9 * 3_600_000
        #expect(job.dueAt(noon) == noon, "one that never ran runs at once")
        job.succeed(began: noon, took: 5, report: [])
        #expect(job.dueAt(noon) == night + 86_400_000)
        // The machine was off for three nights.
        let later = night + 3 * 86_400_000 + 3_600_000
        #expect(job.isDue(later))
        var pauses: [Int64] = []
        for _ in 0..<8 {
            job.fail(at: later, "no")
            pauses.append(job.dueAt(later)! - later)
        }
        #expect(pauses == [60_000, 120_000, 240_000, 480_000, 960_000, 1_920_000, 3_600_000, 3_600_000])
        #expect(!job.isDue(later) && job.isDue(later + 3_600_000))
        // Asked for by hand it does not wait.
        job.isRequested = true
        #expect(job.isDue(later))
        job.isRequested = false
        job.succeed(began: later, took: 5, report: [])
        #expect(job.failures == 0 && job.failuresEver == 8 && job.failure == nil)
        #expect(job.dueAt(later) == night + 4 * 86_400_000)
        // A clock that is set back a little makes nothing due twice; one that was days ahead keeps nothing from running.
        #expect(!job.isDue(later - 30_000))
        #expect(job.isDue(night + 86_400_000))
        job.fail(at: later, "no")
        #expect(job.isDue(night + 86_400_000) && !job.isDue(later))
        // The next time that it is due anyway is not put off by a pause.
        for _ in 0..<20 { job.fail(at: night + 5 * 86_400_000 - 1_000, "no") }
        #expect(job.isDue(night + 5 * 86_400_000))
        #expect(JobState("snapshot", nil).dueAt(noon) == nil)
    }
}
