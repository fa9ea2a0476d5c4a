private import CHoldfast
internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet
internal import Synchronization

/// Keeps a set of tables up to date with a ledger's log, from where each shard stands.
///
///     let sync = try TablesSync(ledger: "ledger", into: "tables", shards: 8)
///     try sync.run(following: false)
///
/// One thread reads the log and deals the records out; a few others write, each shard in transactions of its own. A
/// shard that fails is tried again after a while, longer each time, and the others go on meanwhile. One thread runs
/// it; `stop` and `takeStatus` may be called from others, and touch only what is atomic or locked. That is why it is
/// called Sendable.
package final class TablesSync: @unchecked Sendable {
    private let tables: TablesSet
    private let settings: SyncSettings
    private var queues: [ShardQueue] = []
    private var feed: LogFeed
    private var pool: WriterPool?
    private var room: OpenFiles?
    private let stopping = Atomic<Bool>(false)
    private var isFollowing = false
    private let shared = Locked(SyncStatus())
    private var backlogBytes = 0
    private var rate = EventRate()
    private var lastEventAt = hf_monotonic_ns()
    private var wasAtEndAt = Int64.min / 2

    package static let shardsDefault = 8

    package init(
        ledger: String, into path: String, shards: Int? = nil, settings: SyncSettings = SyncSettings()
    ) throws(TablesError) {
        let files: LedgerFiles
        do throws(LedgerError) { files = try LedgerFiles(ledger) } catch { throw .ledger(error) }
        self.settings = settings
        if let shards, !(1...TablesPaths.shardsMax).contains(shards) {
            throw .invalid(argument: "shards", reason: "there are 1 to \(TablesPaths.shardsMax) shards, not \(shards)")
        }
        tables = try TablesSet(
            TablesPaths(path), of: files.directory.manifest.log, shards: shards, orCreateWith: Self.shardsDefault)
        try tables.global.note(exponents: files.configuration.assets.exponents)
        // From where the log begins; on from the shards' own cursors once these are known.
        feed = try LogFeed(files, from: files.firstPosition, shards: tables.map.shards)
        try openShards()
    }

    package var shards: Int { tables.map.shards }

    /// How far it is; the lag is that since the last call. From any thread.
    package func takeStatus() -> SyncStatus {
        shared.with { status in
            defer { status.lagMilliseconds = 0 }
            return status
        }
    }

    /// Ends a run once what was read is written. From any thread.
    package func stop() { stopping.store(true, ordering: .relaxed) }

    /// Every shard is opened once before anything is written. One that is missing or damaged fails from the beginning,
    /// and the others go on without it, as they do without one that fails later.
    private func openShards() throws(TablesError) {
        room = OpenFiles(tables.map.shards * TablesPaths.filesOfShard)
        let tables = tables
        let cache = settings.cacheBytes / tables.map.shards
        let log = settings.logBytes / tables.map.shards
        let open: @Sendable (Int) throws(TablesError) -> ShardWriter = { (number) throws(TablesError) in
            let shard = try tables.openShard(number)
            try shard.setCache(bytes: cache)
            try shard.setLog(bytes: log)
            return try ShardWriter(shard) { (name, time) throws(TablesError) in try tables.note(tenant: name, at: time)
            }
        }
        queues = (0..<tables.map.shards).map { ShardQueue($0) }
        note { $0.failing = [:] }
        for queue in queues {
            do throws(TablesError) {
                let writer = try open(queue.number)
                queue.cursor = try writer.shard.position()
                queue.delivered = queue.cursor
                queue.writer = writer
            } catch {
                // Once it works it is read for from its own cursor on, wherever the others are.
                queue.hasGap = true
                fail(queue, error)
            }
        }
        // The shards first, the log after them: so it has all that they have, whoever wrote it.
        try feed.catchUp()
        let logEnd = feed.files.lastPosition
        for queue in queues {
            // Here the log is at fault, and not the shard: then nothing is written at all.
            guard queue.cursor <= logEnd else {
                throw .aheadOfLog(file: tables.paths.shard(queue.number), position: queue.cursor, logEnd: logEnd)
            }
        }
        try feed.rewind(to: (queues.filter { !$0.isFailing }.map(\.cursor).min() ?? logEnd) + 1)
        pool = WriterPool(threads: min(settings.writers, queues.count), open: open)
        notePosition()
    }

    /// Of shards that could not be read yet nobody knows how far they are. Where that is so of all, what was said before
    /// stays.
    private func notePosition() {
        guard let position = queues.compactMap({ $0.reached() }).min() else { return }
        note { $0.position = position }
    }

    private func note(_ change: (inout SyncStatus) -> Void) { shared.with { change(&$0) } }

    // MARK: Running

    /// Writes what the log has, and with `following` what comes, until `stop`. `progress` is called now and then.
    package func run(
        following: Bool, progress: (SyncStatus) -> Void = { _ in }
    ) throws(TablesError) {
        defer {
            while let pool, pool.underWay > 0 { _ = pool.takeResults(waiting: 1_000) }
            pool?.stop()
            pool = nil
        }
        isFollowing = following
        var lookAt: Int64 = 0
        while true {
            try takeResults(waiting: 0)
            let isStopping = stopping.load(ordering: .relaxed)
            let isAtEnd = isStopping ? true : try readOn()
            let isFinal = isAtEnd && (!following || isStopping)
            try writeWhatIsDue(isAtEnd: isAtEnd, isFinal: isFinal)
            // What is behind the rewind is yet to be read, and to be waited for.
            if mendGaps() { continue }
            let now = hf_monotonic_ns()
            if now >= lookAt {
                lookAt = now + 100_000_000
                notePosition()
                let lag = queues.reduce(0) { max($0, $1.lag(now)) }
                note { status in
                    status.lagMilliseconds = max(status.lagMilliseconds, lag)
                    status.logEnd = max(feed.files.lastPosition, feed.next - 1)
                }
                progress(shared.with { $0 })
                if following, try reopenAfterSwap() { continue }
            }
            if isFinal, try isFinished(giveUp: isStopping) { return }
            if isAtEnd || isFull {
                try takeResults(waiting: settings.pollMilliseconds)
                if pool!.underWay == 0, isAtEnd { Pause.milliseconds(isFinal ? 1 : settings.pollMilliseconds) }
                if isAtEnd, following, !isStopping { try feed.catchUp() }
            }
        }
    }

    private var isFull: Bool { backlogBytes >= settings.backlogBytesMax }

    /// Reads a little of the log into the queues. True at its end.
    private func readOn() throws(TablesError) -> Bool {
        if isFull { return false }
        let now = hf_monotonic_ns()
        // An event says when it happened, and of a hold's end that may be long before it was written down. So its own
        // time counts only while old ones are caught up with.
        let isBehind = now - wasAtEndAt > 1_000_000_000
        let count = try feed.readBatch { [self] shard, record, address, lane, undone in
            let queue = queues[shard]
            guard record.position > queue.delivered, !queue.hasGap else { return }
            if queue.pending.count == 0 {
                queue.pending.begunAt = now
                queue.pendingAge = isBehind ? max(0, wallClock() - record.time) : 0
                queue.pendingFrom = record.position
            }
            let before = queue.pending.bytes
            queue.pending.append(record, at: address, lane: lane, undoneMovement: undone)
            if !queue.isFailing { backlogBytes += queue.pending.bytes - before }
        }
        rate.count(count)
        if count > 0 { lastEventAt = now } else { wasAtEndAt = now }
        let upTo = feed.next - 1
        for queue in queues where !queue.hasGap && queue.delivered < upTo { queue.delivered = upTo }
        for queue in queues where queue.isFailing && queue.pending.bytes > settings.failingBytesMax {
            dropPending(queue)
        }
        return count == 0
    }

    // MARK: Writing

    /// Hands batches over where a writer is free. While all are at work batches grow: the further behind, the larger.
    private func writeWhatIsDue(isAtEnd: Bool, isFinal: Bool) throws(TablesError) {
        let now = hf_monotonic_ns()
        try retryWhatIsDue(now)
        guard let pool, pool.underWay < pool.size else { return }
        let isBusy = rate.perSecond(now) >= settings.busyRate
        let rows = isBusy ? max(settings.busyBatchRows, settings.batchRows) : settings.batchRows
        let wait =
            isBusy ? min(settings.busyWaitMilliseconds, settings.batchWaitMilliseconds) : settings.batchWaitMilliseconds
        let isQuiet = isAtEnd && now - lastEventAt >= settings.quietMilliseconds * 1_000_000
        let due = queues.filter { queue in
            guard !queue.isWriting, queue.underWay == nil, !queue.hasGap else { return false }
            if queue.pending.count == 0 {
                // Nothing to write, but a cursor that stays behind would have all of this read again.
                let behind = queue.delivered - queue.cursor
                return behind > 0 && (isFinal || isQuiet || behind > Self.idleEventsMax)
            }
            return isFinal || isFull || queue.pending.count >= rows || queue.waited(now) >= wait
        }
        for queue in ShardQueue.inOrder(due, now, lateAfter: wait).prefix(pool.size - pool.underWay) {
            queue.underWay = queue.pending
            queue.underWayAge = queue.pendingAge
            queue.underWayFrom = queue.pending.count > 0 ? queue.pendingFrom : queue.delivered + 1
            queue.underWay!.upTo = queue.delivered
            queue.pending = queue.spare ?? RecordBatch()
            queue.spare = nil
            pool.write(queue, steadily: isFollowing && queue.lag(now) < Self.steadyUpTo)
        }
    }

    /// Milliseconds. A shard that is further behind catches up first.
    private static let steadyUpTo = 600

    private static let idleEventsMax: UInt64 = 1 << 20

    private func retryWhatIsDue(_ now: Int64) throws(TablesError) {
        guard let pool else { return }
        let due = queues.filter { queue in
            let isGivenUp = !isFollowing && queue.vainTries >= settings.attemptsMax
            return queue.isFailing && !queue.isWriting && now >= queue.retryAt && !isGivenUp
        }
        if due.isEmpty { return }
        // Their files are opened anew, and none may stand further than the log.
        try feed.catchUp()
        for queue in due {
            queue.logEnd = feed.files.lastPosition
            if queue.underWay == nil {
                // Only to find out whether it works again.
                queue.underWay = RecordBatch(capacity: 64)
                queue.underWay!.upTo = queue.cursor
            }
            pool.write(queue)
        }
    }

    private func takeResults(waiting milliseconds: Int) throws(TablesError) {
        guard let pool else { return }
        for result in pool.takeResults(waiting: milliseconds) {
            result.queue.isWriting = false
            switch result.outcome {
            case .success(let outcome): settle(result.queue, outcome)
            case .failure(let error):
                // The log is at fault here too: what the shard takes for written is not in it.
                if case .aheadOfLog = error { throw error }
                fail(result.queue, error)
            }
        }
    }

    private func settle(_ queue: ShardQueue, _ outcome: ShardWriter.Outcome) {
        let batch = queue.underWay!
        if !queue.isFailing { backlogBytes -= batch.bytes } else { backlogBytes += queue.pending.bytes }
        let lag = queue.lag(hf_monotonic_ns())
        queue.cursor = max(queue.cursor, batch.upTo)
        if batch.count > 0 { queue.vainTries = 0 }
        queue.failure = nil
        queue.underWay = nil
        batch.removeAll()
        if queue.spare == nil { queue.spare = batch }
        notePosition()
        note { status in
            status.events += outcome.events
            status.deadLetters += outcome.deadLetters
            status.batches += 1
            status.lagMilliseconds = max(status.lagMilliseconds, lag)
            status.failing[queue.number] = nil
        }
    }

    private func fail(_ queue: ShardQueue, _ error: TablesError) {
        if !queue.isFailing { backlogBytes -= queue.bytesWaiting }
        queue.vainTries += 1
        queue.failure = error
        let doublings = min(queue.vainTries - 1, 20)
        let wait = min(settings.retryMilliseconds << Int64(doublings), settings.retryMillisecondsMax)
        queue.retryAt = hf_monotonic_ns() + wait * 1_000_000
        note { $0.failing[queue.number] = error.description }
    }

    // MARK: Shards that fail

    /// Gives up what waits for a shard that fails: it is read again once the shard works.
    private func dropPending(_ queue: ShardQueue) {
        queue.pending.removeAll()
        if !queue.isWriting { queue.underWay = nil }
        queue.hasGap = true
    }

    /// A shard that works again and missed something: the log is read again from there. The others have what comes
    /// and pass over it. Where the log can't be read from there, as it has given that up, the shard is none that works.
    /// True where there was one that does: then the log's end is not reached any more.
    private func mendGaps() -> Bool {
        let back = queues.filter { $0.hasGap && !$0.isFailing && !$0.isWriting && $0.underWay == nil }
        var mended = back.sorted { $0.cursor < $1.cursor }[...]
        while let first = mended.first {
            do throws(TablesError) {
                try feed.rewind(to: min(first.cursor + 1, feed.next))
                break
            } catch {
                fail(first, error)
                mended.removeFirst()
            }
        }
        for queue in mended {
            queue.hasGap = false
            queue.delivered = queue.cursor
        }
        return !mended.isEmpty
    }

    /// Whether all is written that can be; throws when some shards can't.
    private func isFinished(giveUp: Bool) throws(TablesError) -> Bool {
        if pool!.underWay > 0 { return false }
        let failing = queues.filter { $0.isFailing }
        let mayWork = failing.contains { !giveUp && $0.vainTries < settings.attemptsMax && $0.failure!.mayPass }
        if mayWork || !queues.allSatisfy({ $0.isFailing || $0.isWritten }) { return false }
        if failing.isEmpty { return true }
        // A run that was stopped may have been on its way.
        let logEnd = feed.files.lastPosition
        let othersAreWhole = queues.allSatisfy { $0.isFailing || $0.cursor >= logEnd }
        throw .shards(failing.map { $0.failure! }, of: queues.count, othersAreWhole: othersAreWhole)
    }

    /// Another process has built a new set and waits for this one to step aside.
    private func reopenAfterSwap() throws(TablesError) -> Bool {
        guard try tables.global.swap() != nil else { return false }
        while pool!.underWay > 0 { try takeResults(waiting: 1_000) }
        pool!.stop()
        queues.removeAll()
        backlogBytes = 0
        _ = try tables.takeOverSwap()
        feed = try LogFeed(feed.files, from: feed.files.firstPosition, shards: tables.map.shards)
        try openShards()
        return true
    }
}

extension TablesError {
    /// Whether the same may work a little later, without anybody's help.
    var mayPass: Bool {
        switch self {
        case .sqlite(let failure):
            switch failure.kind {
            case .busy, .full, .io, .other, .constraint, .tooBig: true
            case .damaged, .readOnly, .cannotOpen: false
            }
        case .file: true
        default: false
        }
    }
}
