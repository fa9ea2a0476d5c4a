import Testing

@testable import HoldfastBench

@Suite("a day's traffic")
struct TrafficTests {
    private static func commands(_ count: Int, _ change: (inout DayPlan) -> Void = { _ in }) -> [DayCommand] {
        var plan = DayPlan()
        plan.players = 10_000
        plan.transactions = count
        change(&plan)
        var traffic = DayTraffic(plan, Population(players: plan.players, tenants: plan.tenants))
        var command = DayCommand()
        return (0..<count).map { _ in
            traffic.next(&command)
            return command
        }
    }

    private static func words(_ commands: [DayCommand]) -> [String] { commands.map { "\($0)" } }

    @Test("the same seed makes the same day, another seed another")
    func deterministic() {
        let day = Self.words(Self.commands(3_000))
        #expect(day == Self.words(Self.commands(3_000)))
        #expect(day != Self.words(Self.commands(3_000) { $0.seed = 2 }))
    }

    @Test("the mix is the wallet benchmark's")
    func mix() {
        let commands = Self.commands(400_000)
        func share(_ isCounted: (DayCommand) -> Bool) -> Double {
            Double(commands.count(where: isCounted)) / Double(commands.count)
        }
        let shares = [
            (0.45, share { $0.kind == .authorise && $0.expectation == .accepted }),
            (0.40, share { $0.kind == .confirm }), (0.08, share { $0.kind == .credit }),
            (0.03, share { $0.kind == .debit && $0.expectation == .accepted }), (0.02, share { $0.kind == .rollback }),
            (0.01, share { $0.expectation == .duplicate }), (0.01, share { $0.expectation == .refused }),
        ]
        for (expected, found) in shares { #expect(abs(found - expected) < 0.01) }
    }

    @Test("time goes through the whole day and never back; the busiest minute has five times the mean")
    func curve() {
        let commands = Self.commands(288_000)
        let times = commands.map { $0.at - DayPlan.midnight }
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(times.first! < 600_000 && times.last! > 86_300_000 && times.last! < 86_400_000)
        var byMinute = [Int](repeating: 0, count: DayCurve.minutes)
        for time in times { byMinute[Int(time / 60_000)] += 1 }
        let peak = byMinute.max()!
        #expect(abs(Double(peak) - 5 * 200) < 20)
        #expect(abs(byMinute.firstIndex(of: peak)! - 1_260) < 20)
        #expect(byMinute.min()! > 0)
    }

    @Test("a day of fewer transactions than minutes ends where it should")
    func sparse() {
        let times = Self.commands(1_000) { $0.players = 1_000 }.map(\.at)
        #expect(times.last! < DayPlan.midnight + 86_400_000 + 60_000)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test("at a set rate a second of the day passes in a second")
    func rate() {
        let commands = Self.commands(5_000) { $0.rate = 1_000 }
        #expect(commands.last!.at - commands.first!.at == 4_999)
    }

    @Test("a few tenants and a few players make most of the traffic, and everybody is somebody's player")
    func population() {
        let population = Population(players: 100_000, tenants: 100)
        #expect(population.tenants.reduce(0) { $0 + Int($1.players) } == 100_000)
        #expect(population.tenants.allSatisfy { $0.players > 0 })
        #expect(population.tenants[0].players > 15_000)
        var random: UInt64 = 88_172_645_463_325_252
        var byPlayer: [UInt32: Int] = [:]
        for _ in 0..<200_000 {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            let pick = population.pick(random)
            #expect(population.tenant(of: pick.player) == pick.tenant)
            byPlayer[pick.player, default: 0] += 1
        }
        let busiest = byPlayer.values.sorted(by: >)
        let top = busiest.prefix(5_000).reduce(0, +)
        #expect(top > 80_000 && top < 160_000)
    }

    @Test("a population of one tenant and one player each is possible")
    func smallest() {
        let population = Population(players: 3, tenants: 3)
        #expect(population.tenants.map(\.players) == [1, 1, 1])
        #expect(population.pick(.max).player < 3 && population.pick(0).player < 3)
    }

    @Test("holds come back in the order in which they went in, however many")
    func queue() {
        var queue = HoldQueue()
        var next: UInt64 = 0
        var expected: UInt64 = 0
        for round in 0..<40 {
            for _ in 0..<(round * 37 % 900) {
                queue.append(.init(request: next, at: 0, player: 0, tenant: 0))
                next += 1
            }
            for _ in 0..<min(queue.count, round * 31 % 700) {
                #expect(queue.first?.request == expected)
                queue.removeFirst()
                expected += 1
            }
        }
        #expect(queue.count == Int(next - expected))
    }
}
