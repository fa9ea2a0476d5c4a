import HoldfastTestSupport
import HoldfastText
import Testing

@testable import HoldfastTables

@Suite("What tables sync says of itself")
struct SyncDisplayTests {
    private func display(_ stage: Stage, follow: Bool, _ display: Progress.Display) -> SyncDisplay {
        SyncDisplay(follow: follow, display: display, clock: { stage.now }, sink: { stage.put($0) })
    }

    private func status(_ events: Int, behind: UInt64 = 0, failing: [Int: String] = [:]) -> SyncStatus {
        var status = SyncStatus()
        status.events = events
        status.position = UInt64(events)
        status.logEnd = UInt64(events) + behind
        status.lagMilliseconds = behind > 0 ? 1_500 : 0
        status.failing = failing
        return status
    }

    @Test("on a terminal a follower redraws one line each second, and leaves none behind")
    func terminal() {
        let stage = Stage()
        let shown = display(stage, follow: true, .terminal(columns: 80))
        func show(_ status: SyncStatus) { shown.show(status) { status } }
        show(status(10))
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1_000)
        show(status(3_000))
        #expect(stage.taken() == ["\rtables sync: 3 000 events, 3 000 events/s, up to date\u{1B}[K"])
        stage.wait(milliseconds: 999)
        show(status(4_000))
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1)
        show(status(5_000, behind: 20))
        #expect(
            stage.taken() == ["\rtables sync: 5 000 events, 2 000 events/s, lag 20 events, 1.5 s\u{1B}[K"])
        shown.finish(status(5_020))
        #expect(stage.taken() == ["\r\u{1B}[K", "tables sync: 5 020 events, up to 5020 (2.0 s)\n"])
    }

    @Test("elsewhere a line comes every five seconds")
    func lines() {
        let stage = Stage()
        let shown = display(stage, follow: true, .lines)
        stage.wait(milliseconds: 4_999)
        shown.show(status(1)) { status(1) }
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1)
        shown.show(status(10)) { status(10) }
        #expect(stage.taken() == ["tables sync: 10 events, 2 events/s, up to date\n"])
    }

    @Test("a follower says at once which shard fails and that it goes on, beside its line")
    func failing() {
        let stage = Stage()
        let shown = display(stage, follow: true, .terminal(columns: 80))
        func show(_ status: SyncStatus) { shown.show(status) { status } }
        stage.wait(milliseconds: 1_000)
        show(status(10))
        _ = stage.taken()
        show(status(10, failing: [3: "it is full"]))
        #expect(stage.taken() == ["\r\u{1B}[K", "tables sync: shard 3 waits: it is full\n"])
        show(status(10, failing: [3: "it is full"]))
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1_000)
        show(status(10, failing: [3: "it is full"]))
        #expect(
            stage.taken() == ["\rtables sync: 10 events, 0 events/s, up to date, without 1 of the shards\u{1B}[K"])
        stage.wait(milliseconds: 1)
        show(status(10))
        #expect(stage.taken() == ["\r\u{1B}[K", "tables sync: shard 3 goes on\n"])
    }

    @Test("a run that ends says what fails at its end; before that only if it lasts")
    func oneShot() {
        let stage = Stage()
        let shown = display(stage, follow: false, .lines)
        func show(_ status: SyncStatus) { shown.show(status) { status } }
        show(status(10, failing: [3: "it is gone"]))
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1_000)
        show(status(20, failing: [3: "it is gone"]))
        #expect(stage.taken() == ["tables sync: shard 3 waits: it is gone\n"])
    }
}
