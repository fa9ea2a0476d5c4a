/// Where a log is cut for an earlier moment, and how its last rounds are made anew.
///
/// All rounds that are wholly before the moment stay byte for byte. From the first round on that loses an event, what
/// remains of each is committed anew: a round of the lanes that have events left in it, with the positions that
/// follow. Every batch keeps its address and number; one that lost events is shorter, and is the last of its lane.
struct RestoreCut {
    /// The first round that loses an event; nil where none does.
    let round: UInt64?
    private let moment: RestoreMoment
    private let bond: EventBond

    init(_ logs: [FileBatchLog], at moment: RestoreMoment, bond: @escaping EventBond) throws(LogError) {
        self.moment = moment
        self.bond = bond
        var round: UInt64?
        for log in logs {
            let first = try log.firstBatch(from: Self.start(log, moment)) { batch in
                if moment.includesAll(of: batch.header) { return false }
                var loses = false
                batch.forEachRecord { record, _ in if !moment.includes(record) { loses = true } }
                return loses
            }
            if let first { round = min(round ?? .max, first.round) }
        }
        self.round = round
    }

    /// A segment before which nothing is lost.
    private static func start(_ log: FileBatchLog, _ moment: RestoreMoment) -> UInt64 {
        let headers = log.state.with { $0.segments.headers }
        let last =
            switch moment {
            case .newest: headers.last
            case .time(let time): headers.last { $0.time <= time }
            case .position(let position): headers.last { $0.firstPosition <= position }
            }
        return (last ?? headers.first)?.number ?? 0
    }

    /// The first address of each lane that is made anew, or the lane's end.
    func addresses(_ logs: [FileBatchLog]) throws(LogError) -> [UInt64] {
        guard let round else { return logs.map(\.tail.address) }
        var addresses: [UInt64] = []
        for log in logs {
            var segment = log.tail.address / log.at.segmentBytes
            let first = log.firstAddress / log.at.segmentBytes
            // Rounds grow, so the first of that round or later stands in the last segment that begins before it.
            while segment > first, try log.firstBatch(of: segment)?.round ?? .max >= round { segment -= 1 }
            let batch = try log.firstBatch(from: segment) { $0.header.round >= round }
            addresses.append(batch?.address ?? log.tail.address)
        }
        return addresses
    }

    // MARK: Rounds

    /// What is left of one round: for each lane that is in it its batch and how many of its events.
    struct Remains {
        let round: UInt64
        var parts: [Part]

        struct Part {
            let lane: Int
            /// Fences that stand right before the batch.
            let fences: [[UInt8]]
            let batch: [UInt8]
            var events: Int
        }
    }

    /// Calls `body` with the rounds that are made anew, in their order, until no lane has an event left.
    func forEachRound(
        _ logs: [FileBatchLog], from addresses: [UInt64], _ body: (Remains) throws(LogError) -> Void
    ) throws(LogError) {
        var lanes: [LaneRounds] = []
        for (log, address) in zip(logs, addresses) { lanes.append(try LaneRounds(log, from: address)) }
        while let round = lanes.compactMap(\.round).min() {
            var remains = Remains(round: round, parts: [])
            var lost: Set<[UInt8]> = []
            for lane in lanes where lane.round == round {
                let events = lane.count(moment)
                remains.parts.append(
                    Remains.Part(lane: lane.log.at.lane, fences: lane.fences, batch: lane.batch, events: events))
                lane.forEachRecord(from: events) { record in
                    if let name = bond(record) { lost.insert(name) }
                }
            }
            keepBondsWhole(&remains, lost)
            for part in remains.parts {
                let lane = lanes[part.lane]
                if part.events < lane.header!.count { lane.end() } else { try lane.advance() }
            }
            try body(remains)
        }
    }

    /// Takes out what belongs to a lost event, and with it what came after it in its lane, until nothing is parted.
    private func keepBondsWhole(_ remains: inout Remains, _ lostFirst: Set<[UInt8]>) {
        var lost = lostFirst
        var changed = !lost.isEmpty
        while changed {
            changed = false
            for (index, part) in remains.parts.enumerated() {
                var keep = part.events
                LaneRounds.forEachRecord(of: part.batch) { number, record in
                    guard number < keep, let name = bond(record), lost.contains(name) else { return }
                    keep = number
                }
                if keep == part.events { continue }
                LaneRounds.forEachRecord(of: part.batch) { number, record in
                    if number >= keep, number < part.events, let name = bond(record) { lost.insert(name) }
                }
                remains.parts[index].events = keep
                changed = true
            }
        }
    }
}

/// Walks the batches of one lane that are made anew.
private final class LaneRounds {
    let log: FileBatchLog
    private let cursor: any BatchCursor
    /// The present batch, and fences right before it.
    private(set) var batch: [UInt8] = []
    private(set) var fences: [[UInt8]] = []
    private(set) var header: BatchHeader?

    init(_ log: FileBatchLog, from address: UInt64) throws(LogError) {
        self.log = log
        cursor = try log.batches(from: address, upTo: log.tail.address)
        try advance()
    }

    var round: UInt64? { header?.round }

    func end() { header = nil }

    func advance() throws(LogError) {
        header = nil
        batch = []
        fences = []
        while let next = try cursor.next() {
            if next.header.kind == .fence {
                fences.append(Array(next.bytes))
                continue
            }
            header = next.header
            batch = Array(next.bytes)
            return
        }
    }

    /// How many events of the present batch the moment includes.
    func count(_ moment: RestoreMoment) -> Int {
        var count = 0
        var isOver = false
        Self.forEachRecord(of: batch) { _, record in
            if !moment.includes(record) { isOver = true }
            if !isOver { count += 1 }
        }
        return count
    }

    func forEachRecord(from first: Int, _ body: (RecordView) -> Void) {
        Self.forEachRecord(of: batch) { number, record in if number >= first { body(record) } }
    }

    static func forEachRecord(of batch: [UInt8], _ body: (Int, RecordView) -> Void) {
        batch.withUnsafeBytes { raw in
            guard let base = raw.baseAddress, let header = BatchHeader(at: base, available: raw.count) else { return }
            var number = 0
            BatchView(header: header, base: base).forEachRecord { record, _ in
                body(number, record)
                number += 1
            }
        }
    }
}

extension FileBatchLog {
    /// The first batch from a segment on that `isWanted`.
    fileprivate func firstBatch(
        from segment: UInt64, where isWanted: (BatchView) -> Bool
    ) throws(LogError) -> BatchHeader? {
        let cursor = try batches(from: segment * at.segmentBytes, upTo: tail.address)
        while let batch = try cursor.next() {
            if isWanted(batch) { return batch.header }
        }
        return nil
    }

    /// The first batch of a segment.
    fileprivate func firstBatch(of segment: UInt64) throws(LogError) -> BatchHeader? {
        try batches(from: segment * at.segmentBytes, upTo: tail.address).next()?.header
    }
}
