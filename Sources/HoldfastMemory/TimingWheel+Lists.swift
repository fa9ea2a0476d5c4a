extension TimingWheel {
    /// The list for a due time that is not before the wheel's time. The subtraction can't overflow after the shifts.
    @inlinable @inline(__always) func list(_ due: Int64) -> Int {
        if due >> 10 == time >> 10 { return Int(due & 1023) }
        if due >> 20 == time >> 20 { return 4096 | Int(due >> 10 & 1023) }
        return due >> 20 - time >> 20 < 4096 ? 2 * 4096 | Int(due >> 20 & 4095) : WheelLists.overflow
    }

    /// Appends an item to the list where it belongs now.
    @inlinable mutating func place(_ item: UInt32, due: Int64) {
        assert(due >= time, "nothing is due before the wheel's time")
        let list = list(due)
        let last = lists.last(list)
        storeNext(item, 0)
        if last == 0 {
            storePrevious(item, item)
            lists.set(list, first: item, last: item)
        } else {
            storePrevious(item, last)
            storeNext(last, item)
            lists.set(list, first: lists.first(list), last: item)
        }
        if list == WheelLists.overflow { overflowEarliest = min(overflowEarliest, due) }
    }

    /// Takes an item out of its list, after which it counts as not scheduled.
    @inlinable func unlink(_ item: UInt32, from list: Int) {
        let next = next(item)
        let previous = previous(item)
        let isFirst = previous == item
        assert(isFirst == (lists.first(list) == item), "the list follows from the due time")
        if isFirst {
            if next != 0 { storePrevious(next, next) }
            lists.set(list, first: next, last: next == 0 ? 0 : lists.last(list))
        } else {
            storeNext(previous, next)
            if next != 0 {
                storePrevious(next, previous)
            } else {
                lists.set(list, first: lists.first(list), last: previous)
            }
        }
        storePrevious(item, 0)
    }

    /// Empties a list by placing each of its items, in order, where it belongs now.
    @inlinable mutating func replace(_ list: Int) {
        var item = lists.first(list)
        lists.set(list, first: 0, last: 0)
        while item != 0 {
            let following = next(item)
            place(item, due: due(item))
            item = following
        }
    }

    /// Appends a whole list to another and leaves it empty.
    func join(_ list: Int, to target: Int) {
        let first = lists.first(list)
        guard first != 0 else { return }
        let last = lists.last(list)
        lists.set(list, first: 0, last: 0)
        let targetLast = lists.last(target)
        if targetLast == 0 {
            lists.set(target, first: first, last: last)
        } else {
            storeNext(targetLast, first)
            storePrevious(first, targetLast)
            lists.set(target, first: lists.first(target), last: last)
        }
    }

    // Offsets can't overflow: an item is at most `capacity`, for which the region was sized.
    @inlinable @inline(__always) func next(_ item: UInt32) -> UInt32 {
        items.base.load(fromByteOffset: Int(item) &* 16, as: UInt32.self)
    }
    @inlinable @inline(__always) func previous(_ item: UInt32) -> UInt32 {
        items.base.load(fromByteOffset: Int(item) &* 16 &+ 4, as: UInt32.self)
    }
    @inlinable @inline(__always) func due(_ item: UInt32) -> Int64 {
        items.base.load(fromByteOffset: Int(item) &* 16 &+ 8, as: Int64.self)
    }
    @inlinable @inline(__always) func storeNext(_ item: UInt32, _ next: UInt32) {
        items.base.storeBytes(of: next, toByteOffset: Int(item) &* 16, as: UInt32.self)
    }
    @inlinable @inline(__always) func storePrevious(_ item: UInt32, _ previous: UInt32) {
        items.base.storeBytes(of: previous, toByteOffset: Int(item) &* 16 &+ 4, as: UInt32.self)
    }
    @inlinable @inline(__always) func storeDue(_ item: UInt32, _ due: Int64) {
        items.base.storeBytes(of: due, toByteOffset: Int(item) &* 16 &+ 8, as: Int64.self)
    }
}
