import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("Progress")
struct ProgressTests {
    @Test("a job of less than a second says nothing", arguments: [Progress.Display.terminal(columns: 80), .lines])
    func shortJob(display: Progress.Display) {
        let stage = Stage()
        let progress = stage.progress(total: 10, display)
        stage.wait(milliseconds: 999)
        progress.advance(by: 10)
        progress.finish(summary: "all sound")
        #expect(stage.taken() == [])
    }

    @Test("on a terminal one line is redrawn ten times a second and cleared at the end")
    func terminal() {
        let stage = Stage()
        let progress = stage.progress(total: 50_000, .terminal(columns: 80))
        stage.wait(milliseconds: 4_000)
        progress.advance(by: 12_000)
        let line = "\rverify: 12 000 of 50 000 events (24 %), 3 000 events/s, 13 s left\u{1B}[K"
        #expect(stage.taken() == [line])
        stage.wait(milliseconds: 99)
        progress.advance(by: 1)
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1)
        progress.update(done: 50_000)
        #expect(stage.taken() == ["\rverify: 50 000 of 50 000 events (100 %), 12.2 k events/s\u{1B}[K"])
        progress.finish(summary: "all sound")
        #expect(stage.taken() == ["\r\u{1B}[K", "verify: all sound (4.1 s)\n"])
    }

    @Test("a narrow terminal cuts the line one column short of its width")
    func narrow() {
        let stage = Stage()
        let progress = stage.progress(total: 50_000, .terminal(columns: 20))
        stage.wait(milliseconds: 2_000)
        progress.advance(by: 1)
        #expect(stage.taken() == ["\rverify: 1 of 50 000\u{1B}[K"])
        progress.finish()
        #expect(stage.taken() == ["\r\u{1B}[K"])
    }

    @Test("elsewhere a line comes every five seconds")
    func lines() {
        let stage = Stage()
        let progress = stage.progress(unit: .bytes, .lines)
        stage.wait(milliseconds: 4_999)
        progress.advance(by: 5 << 20)
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1)
        progress.advance(by: 5 << 20)
        #expect(stage.taken() == ["verify: 10.0 MiB, 2.0 MiB/s\n"])
        stage.wait(milliseconds: 4_999)
        progress.advance(by: 1)
        #expect(stage.taken() == [])
        stage.wait(milliseconds: 1)
        progress.setTotal(40 << 20)
        progress.update(done: 20 << 20)
        #expect(stage.taken() == ["verify: 20.0 MiB of 40.0 MiB (50 %), 2.0 MiB/s, 10 s left\n"])
        progress.finish(summary: "done")
        progress.finish(summary: "once more")
        progress.advance(by: 1)
        #expect(stage.taken() == ["verify: done (10 s)\n"])
    }

    @Test("a job that ends without finish leaves a clean line behind")
    func abandoned() {
        let stage = Stage()
        do {
            let progress = stage.progress(.terminal(columns: 80))
            stage.wait(milliseconds: 2_000)
            progress.advance(by: 1)
        }
        #expect(stage.taken().last == "\r\u{1B}[K")
    }

    @Test("a silent one is silent")
    func silent() {
        let stage = Stage()
        let progress = stage.progress(.silent)
        stage.wait(milliseconds: 60_000)
        progress.advance(by: 1)
        progress.finish(summary: "done")
        #expect(stage.taken() == [])
    }

    @Test("a line that stays does not mix with the one that is drawn")
    func saying() {
        let stage = Stage()
        let progress = stage.progress(.terminal(columns: 80))
        stage.wait(milliseconds: 2_000)
        progress.advance(by: 1)
        _ = stage.taken()
        progress.say("one waits")
        #expect(stage.taken() == ["\r\u{1B}[K", "one waits\n"])
    }
}

extension Stage {
    fileprivate func progress(
        total: Int? = nil, unit: Progress.Unit = .things("events"), _ display: Progress.Display
    ) -> Progress {
        Progress("verify", unit: unit, total: total, display: display, clock: { self.now }, sink: { self.put($0) })
    }
}
