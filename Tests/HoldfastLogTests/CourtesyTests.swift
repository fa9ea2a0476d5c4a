import Testing

@testable import HoldfastLog

@Suite("Background work that stands aside")
struct CourtesyTests {
    /// Time and the lanes' waiting, which grows by `share` of it, as the test says.
    private final class Machine {
        var now: Int64 = 0
        var waits = CoreWaits.Account(nanoseconds: 0, turns: 0)
        var share = 0.0
        var naps = 0
        var isCounted = true

        func pass(_ nanoseconds: Int64) {
            now += nanoseconds
            waits.nanoseconds += Int64(Double(nanoseconds) * share)
        }

        /// Works as long as a hundred looks take, with so many turns of the lanes in each of them.
        func work(beside courtesy: Courtesy, turns: Int64 = 0) {
            for _ in 0..<100 {
                pass(Courtesy.lookEvery)
                waits.turns += turns
                courtesy.standAside { true }
            }
        }

        func courtesy() -> Courtesy {
            Courtesy(
                waits: { [self] in isCounted ? [.init(nanoseconds: 0, turns: 0), waits] : nil },
                hours: .init(
                    now: { [self] in now },
                    nap: { [self] nanoseconds in
                        naps += 1
                        pass(nanoseconds)
                    }))
        }
    }

    @Test(
        "goes on while the lanes have their cores, or nobody counts",
        arguments: [(0.0, true), (0.09, true), (0.9, false)])
    func goesOn(share: Double, isCounted: Bool) {
        let machine = Machine()
        machine.share = share
        machine.isCounted = isCounted
        let courtesy = machine.courtesy()
        machine.work(beside: courtesy)
        #expect(machine.naps == 0)
    }

    @Test("waits until the lanes are short no more")
    func waits() {
        let machine = Machine()
        machine.share = 0.5
        let courtesy = machine.courtesy()
        machine.pass(Courtesy.lookEvery)
        courtesy.standAside {
            if machine.now > 2_000_000_000 { machine.share = 0 }
            return true
        }
        #expect(machine.now > 2_000_000_000)
        #expect(machine.now <= 2_000_000_000 + 2 * Courtesy.pauseMax)
        let naps = machine.naps
        machine.pass(Courtesy.lookEvery)
        courtesy.standAside { true }
        #expect(machine.naps == naps)
    }

    @Test("takes less and less where it is what makes the lanes short")
    func backsOff() {
        let machine = Machine()
        let courtesy = machine.courtesy()
        var worked: Int64 = 0
        for _ in 0..<1_000 {
            machine.share = 0.5
            machine.pass(Courtesy.lookEvery)
            worked += Courtesy.lookEvery
            machine.share = 0
            courtesy.standAside { true }
        }
        #expect(Double(worked) / Double(machine.now) < 0.05)
    }

    @Test("is over at once when it may wait no longer")
    func isOver() {
        let machine = Machine()
        machine.share = 1
        let courtesy = machine.courtesy()
        machine.pass(Courtesy.lookEvery)
        courtesy.standAside { machine.naps < 3 }
        #expect(machine.naps == 3)
    }

    @Test("is not misled by threads that sleep and wake very often on idle cores")
    func waking() {
        let machine = Machine()
        machine.share = 0.5
        let courtesy = machine.courtesy()
        machine.work(beside: courtesy, turns: Courtesy.lookEvery / 2 / Courtesy.wakeMax)
        #expect(machine.naps == 0)
    }

    @Test("the kernel keeps an account of each thread, and of no other")
    func kernel() throws {
        let waits = CoreWaits()
        waits.includeThisThread()
        let isThere = RealDisk().fileExists("/proc/self/schedstat")
        #expect((waits.accounts != nil) == isThere)
        #expect(CoreWaits.Account(of: -1) == nil)
        if isThere { #expect(try #require(waits.accounts?.first).turns > 0) }
    }
}
