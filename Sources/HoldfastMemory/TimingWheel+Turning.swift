extension TimingWheel {
    /// Enters the next bucket in use of a higher level, if it begins by `now`, and moves its items down.
    ///
    /// Only called with an empty level 0, so the time may be moved to the beginning of what comes next.
    @inlinable mutating func turnToNext(upTo now: Int64) -> Bool {
        guard let bucket = lists.next(level: 1, from: 0) else { return turnToNextSpan(upTo: now) }
        let begin = time & ~0xF_FFFF | Int64(bucket) << 10
        guard begin <= now else { return false }
        time = begin
        replace(4096 | bucket)
        return true
    }

    /// The rare part: once in 17.5 minutes, or when the wheel is empty.
    @inline(never) @usableFromInline mutating func turnToNextSpan(upTo now: Int64) -> Bool {
        if let span = nextSpan() {
            guard span << 20 <= now else { return false }
            setTime(span << 20)
            replace(2 * 4096 | Int(span & 4095))
            return true
        }
        guard lists.first(WheelLists.overflow) != 0, overflowEarliest <= now else { return false }
        // Entering the overflow's range moves its first items down.
        setTime(overflowEarliest)
        return true
    }

    /// The first span of 17.5 minutes in level 2 that has items. The ring's own present is always empty there.
    @inlinable func nextSpan() -> Int64? {
        let present = time >> 20
        let start = Int(present & 4095)
        guard let bucket = lists.next(level: 2, from: start) ?? lists.next(level: 2, from: 0) else { return nil }
        return present + Int64((bucket - start) & 4095)
    }

    /// Moves the time forward over buckets that the caller knows to be empty, and takes in what comes near of the
    /// overflow: a visit to every item due more than 49 days ahead, at most once in 17.5 minutes.
    @inlinable mutating func setTime(_ new: Int64) {
        let entersSpan = new >> 20 != time >> 20
        time = new
        guard entersSpan, overflowEarliest >> 20 - new >> 20 < 4096 else { return }
        overflowEarliest = .max
        replace(WheelLists.overflow)
    }

    /// Moves the time back, so that an item may be due then.
    ///
    /// What shared its second or its 17.5 minutes with the old time, and doesn't with the new, goes up to the bucket that
    /// covers it. That bucket is empty, since time was inside it, and lists are joined whole, in the order of time. So
    /// equal due times keep their order here too.
    @inline(never) @usableFromInline mutating func turnBack(to new: Int64) {
        let old = time
        time = new
        if old >> 10 != new >> 10 {
            let covering = list(old)
            while let bucket = lists.next(level: 0, from: 0) { lift(bucket, to: covering, due: old) }
        }
        guard old >> 20 != new >> 20 else { return }
        let covering = list(old)
        while let bucket = lists.next(level: 1, from: 0) {
            lift(4096 | bucket, to: covering, due: old)
        }
        // The far end of the ring falls behind the horizon.
        let present = old >> 20
        let start = Int(present & 4095)
        var bucket = lists.next(level: 2, from: 0)
        while let found = bucket {
            let span = present + Int64((found - start) & 4095)
            if span - new >> 20 >= 4096 { lift(2 * 4096 | found, to: WheelLists.overflow, due: span << 20) }
            bucket = found == 4095 ? nil : lists.next(level: 2, from: found + 1)
        }
    }

    /// Joins a list to one of a higher level; `due` is not after the first of its items.
    private mutating func lift(_ list: Int, to target: Int, due: Int64) {
        join(list, to: target)
        if target == WheelLists.overflow { overflowEarliest = min(overflowEarliest, due) }
    }
}
