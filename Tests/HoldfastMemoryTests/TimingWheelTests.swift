import HoldfastTestSupport
import Testing

@testable import HoldfastMemory

/// What the wheel must do, said plainly: a list that is searched for the least due time, the first scheduled of equals.
private struct NaiveWheel {
    var entries: [(item: UInt32, due: Int64, order: Int)] = []
    var order = 0

    mutating func schedule(_ item: UInt32, due: Int64) {
        order += 1
        entries.append((item, due, order))
    }

    mutating func cancel(_ item: UInt32) { entries.removeAll { $0.item == item } }

    mutating func popAll(upTo now: Int64) -> [UInt32] {
        let due = entries.filter { $0.due <= now }.sorted { ($0.due, $0.order) < ($1.due, $1.order) }
        entries.removeAll { $0.due <= now }
        return due.map(\.item)
    }
}

@Suite struct TimingWheelTests {
    static let day: Int64 = 86_400_000

    static func popAll(_ wheel: inout TimingWheel, upTo now: Int64) -> [UInt32] {
        var items: [UInt32] = []
        while let item = wheel.popDue(upTo: now) { items.append(item) }
        return items
    }

    @Test("items of one millisecond leave in the order of scheduling, though some came down through every level")
    func firstInFirstOut() {
        let start: Int64 = 1_700_000_000_000
        var wheel = TimingWheel(capacity: 100, startingAt: start)
        let due = start + 3000 * Self.day
        var now = start
        // Each is scheduled from nearer: the first into the overflow, the last into the millisecond itself.
        let distances: [Int64] = [2000 * Self.day, 60 * Self.day, 3 * Self.day, 3_600_000, 60_000, 700, 40, 1, 0]
        var item: UInt32 = 0
        for distance in distances {
            now = due - distance
            let early = Self.popAll(&wheel, upTo: now - 1)
            #expect(early == [])
            for _ in 0..<3 {
                item += 1
                wheel.schedule(item, due: due)
            }
        }
        let earlier = Self.popAll(&wheel, upTo: due - 1)
        let order = Self.popAll(&wheel, upTo: due)
        #expect(earlier == [])
        #expect(order == Array(1...item))
        let empty = (wheel.count, wheel.earliestDue)
        #expect(empty == (0, nil))
    }

    @Test("what is overdue when it is scheduled leaves next, in its order among the others")
    func overdue() {
        var wheel = TimingWheel(capacity: 10, startingAt: 10 * Self.day)
        wheel.schedule(1, due: 10 * Self.day + 5)
        wheel.schedule(2, due: 10 * Self.day)
        wheel.schedule(3, due: 9 * Self.day)
        wheel.schedule(4, due: -5)
        wheel.schedule(5, due: 9 * Self.day)
        let order = Self.popAll(&wheel, upTo: 10 * Self.day)
        #expect(order == [4, 3, 5, 2])
        let rest = Self.popAll(&wheel, upTo: .max)
        #expect(rest == [1])
    }

    @Test("a cancelled item never leaves, and can be scheduled anew")
    func cancelling() {
        var wheel = TimingWheel(capacity: 10, startingAt: 0)
        for item in 1...5 as ClosedRange<UInt32> { wheel.schedule(item, due: 1000) }
        for item in [1, 3, 5] as [UInt32] { wheel.cancel(item) }
        let scheduled = (1...5).map { wheel.isScheduled($0) }
        #expect(scheduled == [false, true, false, true, false])
        wheel.schedule(3, due: 1000)
        let order = Self.popAll(&wheel, upTo: 1000)
        #expect(order == [2, 4, 3])
    }

    @Test("sleeping until the earliest due time, again and again, finds every item on time")
    func sleeping() {
        var random = SplitMix64(seed: 5)
        var wheel = TimingWheel(capacity: 200, startingAt: 0)
        var dues: [Int64] = []
        for item in 1...200 as ClosedRange<UInt32> {
            dues.append(Int64(random.next() >> UInt64(25 + random.below(20))))
            wheel.schedule(item, due: dues[Int(item) - 1])
        }
        var found: [Int64] = []
        var wakings = 0
        while let wake = wheel.earliestDue {
            let items = Self.popAll(&wheel, upTo: wake)
            for item in items { #expect(dues[Int(item) - 1] == wake) }
            found += items.map { dues[Int($0) - 1] }
            wakings += 1
        }
        #expect(found == dues.sorted())
        #expect(wakings <= 200 * 4)
    }

    @Test(
        "the wheel agrees with a sorted list, over jumps of milliseconds to years, forwards and back",
        arguments: 1...8)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        let capacity = 300
        var now = Int64(random.next() >> 22)
        var wheel = TimingWheel(capacity: capacity, startingAt: now)
        var naive = NaiveWheel()
        var idle = Set(1...UInt32(capacity))
        for _ in 0..<6000 {
            switch random.below(100) {
            case 0..<55:
                guard let item = idle.min() else { continue }
                idle.remove(item)
                // Few distinct times of each magnitude, so that many items share one.
                let distance = Int64(1) << Int64(random.below(38))
                let sign: Int64 = random.below(12) == 0 ? -1 : 1
                let due = seed % 2 == 0 ? now + sign * distance : (now + sign * distance) & ~1023 | 17
                wheel.schedule(item, due: due)
                naive.schedule(item, due: due)
            case 55..<70:
                guard let entry = naive.entries.randomElement(using: &random) else { continue }
                let due = wheel.due(of: entry.item)
                #expect(due == entry.due)
                wheel.cancel(entry.item)
                naive.cancel(entry.item)
                idle.insert(entry.item)
            default:
                now += Int64(1) << Int64(random.below(random.below(5) == 0 ? 37 : 20))
                if random.below(9) == 0 { now -= 3000 }
                let expected = naive.popAll(upTo: now)
                let popped = Self.popAll(&wheel, upTo: now)
                #expect(popped == expected)
                guard popped == expected else { return }
                idle.formUnion(popped)
            }
            let earliest = wheel.earliestDue
            let least = naive.entries.map(\.due).min()
            #expect((earliest == nil) == (least == nil))
            if let earliest, let least { #expect(earliest <= least) }
            let count = wheel.count
            #expect(count == naive.entries.count)
        }
    }
}
