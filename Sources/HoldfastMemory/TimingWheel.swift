/// When tens of millions of holds expire: scheduling and cancelling at once, popping in order.
///
/// Items are indices of a slab; the wheel keeps a due time and two links for each, 16 bytes, in an array of its own.
///
///     wheel.schedule(hold, due: now + ttlMilliseconds)
///     wheel.cancel(hold)
///     while let hold = wheel.popDue(upTo: now) { expire(hold) }
///
/// Items leave in the order of their due times, and those of one millisecond in the order in which they were scheduled.
/// A ledger that is replayed must expire its holds in the same order.
///
/// There are three levels, seen from the wheel's time, before which nothing is due:
///
/// | level | a bucket spans | an item is here if it is due |
/// | --- | --- | --- |
/// | 0 | 1 ms | in the same 1.0 s (2^10 ms) as the wheel's time |
/// | 1 | 1.0 s | in the same 17.5 minutes (2^20 ms), and not in level 0 |
/// | 2, a ring | 17.5 minutes | within the next 4095 of these, 49.7 days |
/// | overflow | everything | later |
///
/// So an item's bucket follows from its due time and the wheel's time, and `cancel` needs no search. When time enters
/// a bucket of a higher level, its items move down, in order. That is what keeps equal due times in their order: an
/// item can only enter a lower bucket directly after the higher one that covers it was emptied into it, and all
/// earlier ones came with that. Entering a bucket costs 3 ns an item, or 130 when the links are spread over memory;
/// that is why the wheel has many short buckets. `TimingWheel+Turning.swift` moves the time, forwards and back.
@frozen @usableFromInline package struct TimingWheel: ~Copyable, Sendable {
    /// Item n: next (UInt32), previous (UInt32), due (Int64). The first of a list is its own previous, so a previous
    /// of 0 means that the item is not scheduled. The last of a list has no next, 0.
    @usableFromInline let items: MappedRegion
    @usableFromInline let capacity: UInt32
    @usableFromInline let lists: WheelLists
    /// Nothing in the overflow is due before this.
    @usableFromInline var overflowEarliest: Int64 = .max
    /// The wheel's time. Nothing scheduled is due before it.
    @usableFromInline var time: Int64
    @usableFromInline var scheduled: Int = 0

    /// A wheel for items 1...capacity that starts at a time in milliseconds. Reserves addresses, not memory.
    package init(capacity: Int, startingAt time: Int64) {
        precondition(capacity > 0 && capacity < UInt32.max, "a wheel holds 1 to 2^32 - 2 items")
        items = MappedRegion(size: (capacity + 1) * 16)
        self.capacity = UInt32(capacity)
        self.time = time
        lists = WheelLists()
    }

    /// How many items are scheduled.
    @inlinable package var count: Int { scheduled }

    @inlinable package func isScheduled(_ item: UInt32) -> Bool { item != 0 && item <= capacity && previous(item) != 0 }

    /// When a scheduled item is due.
    @inlinable package func due(of item: UInt32) -> Int64 {
        precondition(isScheduled(item))
        return due(item)
    }

    /// Adds an item. One that is due in the past is popped next, in its order among the others.
    ///
    /// That turns the wheel back to its due time. It is meant for clocks that step back and for loading in any order:
    /// it costs at most a visit to each bucket in use, and the items between the two times move down once more.
    @inlinable package mutating func schedule(_ item: UInt32, due: Int64) {
        precondition(item != 0 && item <= capacity && previous(item) == 0, "an item is scheduled once at a time")
        if due < time { turnBack(to: due) }
        storeDue(item, due)
        place(item, due: due)
        scheduled += 1
    }

    /// Takes an item out before it is due.
    @inlinable package mutating func cancel(_ item: UInt32) {
        precondition(isScheduled(item), "only what is scheduled can be cancelled")
        unlink(item, from: list(due(item)))
        scheduled -= 1
    }

    /// The next item that is due at `now` or before, nil when there is none. The caller repeats until nil.
    ///
    /// A call moves items down only when time enters a bucket, each at most twice in its life. Empty time, of
    /// whatever length, costs a look at the bits of each level.
    @inlinable package mutating func popDue(upTo now: Int64) -> UInt32? {
        guard now >= time else { return nil }
        repeat {
            if let bucket = lists.next(level: 0, from: Int(time & 1023)) {
                let due = time & ~1023 | Int64(bucket)
                guard due <= now else { break }
                time = due
                let item = lists.first(bucket)
                unlink(item, from: bucket)
                scheduled -= 1
                return item
            }
        } while turnToNext(upTo: now)
        // Nothing is due until then, and no bucket in use lies between: `turnToNext` would have entered it.
        setTime(now)
        return nil
    }

    /// A time before which nothing is due, exact within the next seconds; nil when nothing is scheduled.
    ///
    /// Whoever sleeps until then and finds nothing to pop has moved the bucket down, and learns a later time.
    @inlinable package var earliestDue: Int64? {
        if let bucket = lists.next(level: 0, from: Int(time & 1023)) { return time & ~1023 | Int64(bucket) }
        if let bucket = lists.next(level: 1, from: 0) { return time & ~0xF_FFFF | Int64(bucket) << 10 }
        if let span = nextSpan() { return span << 20 }
        return scheduled == 0 ? nil : overflowEarliest
    }
}
