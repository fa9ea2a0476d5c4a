/// The sums of the days, to be added to those in the file.
struct TotalsCache: ~Copyable {
    struct Key: Hashable {
        let tenant: Int
        let asset: Int64
        let day: Int64
    }

    private var slots: [Key: Int] = [:]
    /// One behind the other, `DailyTotals.slots` each.
    private var sums: [Int64] = []
    private var latest: (key: Key, at: Int)?

    /// Where the sums of a day begin.
    @inline(__always)
    mutating func place(tenant: Int, asset: Int64, day: Int64) -> Int {
        let key = Key(tenant: tenant, asset: asset, day: day)
        if let latest, latest.key == key { return latest.at }
        let at: Int
        if let known = slots[key] {
            at = known
        } else {
            at = sums.count
            sums.append(contentsOf: repeatElement(0, count: DailyTotals.slots))
            slots[key] = at
        }
        latest = (key, at)
        return at
    }

    /// False when the sum is beyond what a column can hold.
    @inline(__always)
    mutating func add(_ amount: Int64, to slot: Int, at place: Int) -> Bool {
        let (sum, overflow) = sums[place + slot].addingReportingOverflow(amount)
        sums[place + slot] = sum
        return !overflow
    }

    func forEach(_ body: (Key, ArraySlice<Int64>) throws(TablesError) -> Void) throws(TablesError) {
        for (key, at) in slots.sorted(by: { ($0.key.day, $0.value) < ($1.key.day, $1.value) }) {
            try body(key, sums[at..<at + DailyTotals.slots])
        }
    }

    var isEmpty: Bool { slots.isEmpty }

    mutating func removeAll() {
        slots.removeAll(keepingCapacity: true)
        sums.removeAll(keepingCapacity: true)
        latest = nil
    }
}
