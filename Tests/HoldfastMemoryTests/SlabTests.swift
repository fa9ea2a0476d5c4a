import HoldfastTestSupport
import Testing

@testable import HoldfastMemory

@Suite struct SlabTests {
    struct Hold: BitwiseCopyable, Equatable {
        var amount: Int64 = 0
        var due: Int64 = 0
        var filling: (Int64, Int64, Int64, Int64, Int64, Int64) = (0, 0, 0, 0, 0, 0)

        static func == (left: Hold, right: Hold) -> Bool {
            withUnsafeBytes(of: left) { a in withUnsafeBytes(of: right) { b in a.elementsEqual(b) } }
        }
    }

    @Test("elements of 64 bytes each have a cache line of their own, and index 0 is nobody's")
    func alignment() {
        var slab = Slab<Hold>(capacity: 64 << 20)
        for expected in 1...100 as ClosedRange<UInt32> {
            let index = slab.allocate()
            let misaligned = UInt(bitPattern: slab.pointer(index)) % 64
            #expect(index == expected)
            #expect(misaligned == 0)
        }
        let resident = slab.residentBytes
        #expect(resident == 101 * 64)
    }

    @Test("a freed element comes back first, and zeroed")
    func reuse() {
        var slab = Slab<Hold>(capacity: 10)
        let a = slab.allocate()
        let b = slab.allocate()
        slab[a].amount = 7
        slab[b].due = 9
        slab.free(a)
        slab.free(b)
        let reused = (slab.allocate(), slab.allocate())
        #expect(reused == (b, a))
        let zeroed = slab[a] == Hold() && slab[b] == Hold()
        #expect(zeroed)
    }

    @Test("a full slab says 0 until something is freed")
    func exhaustion() {
        var slab = Slab<Hold>(capacity: 3)
        let all = (0..<4).map { _ in slab.allocate() }
        #expect(all == [1, 2, 3, 0])
        slab.free(2)
        let after = [slab.allocate(), slab.allocate()]
        #expect(after == [2, 0])
    }

    @Test("elements keep what was written to them through any order of allocating and freeing", arguments: 1...4)
    func model(seed: Int) {
        var random = SplitMix64(seed: UInt64(seed))
        var slab = Slab<Hold>(capacity: 500)
        var model: [UInt32: Int64] = [:]
        var most = 0
        for step in 0..<20_000 {
            if random.below(100) < 52 {
                let index = slab.allocate()
                #expect((index == 0) == (model.count == 500))
                guard index != 0 else { continue }
                #expect(model[index] == nil)
                let fresh = slab[index] == Hold()
                #expect(fresh)
                slab[index].amount = Int64(step)
                slab[index].filling.5 = Int64(step)
                model[index] = Int64(step)
                most = max(most, model.count)
            } else if let (index, value) = model.randomElement(using: &random) {
                let found = (slab[index].amount, slab[index].filling.5)
                #expect(found == (value, value))
                slab.free(index)
                model[index] = nil
            }
            let counts = (slab.liveCount, Int(slab.highWater))
            #expect(counts == (model.count, most))
        }
    }
}
