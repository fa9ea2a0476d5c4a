internal import Holdfast
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastWallet

/// Looks for every row of sealed segments in the archive, day by day: the segments are merged in the order of their
/// keys, which is the order of the archive's files, so that both are read once from their beginning to their end.
struct ArchivedSegments {
    private let archive: Archive
    private let logs: [FileBatchLog]

    init(_ archive: Archive, _ logs: [FileBatchLog]) {
        self.archive = archive
        self.logs = logs
    }

    /// Takes out of the plan what is not wholly in the archive. Damage on either side, and a row that is not the same
    /// there, is thrown.
    func confirm(_ plan: inout RetentionPlan, _ progress: (Int) -> Void) throws(ArchiveError) {
        for span in plan.segments {
            try inLog { () throws(LogError) in try logs[span.lane].checkSealed(span.number) }
        }
        var done = 0
        for day in days(of: plan.segments) {
            try confirm(day, &plan) {
                done += 1
                if done & 0xFFFF == 0 { progress(done) }
            }
        }
        progress(done)
    }

    private func days(of spans: [SealedSpan]) -> [Day] {
        var numbers: Set<Int64> = []
        for span in spans where span.events > 0 {
            numbers.formUnion(Day(of: span.firstTime).number...Day(of: span.lastTime).number)
        }
        return numbers.sorted().map { Day(number: $0) }
    }

    private func confirm(_ day: Day, _ plan: inout RetentionPlan, _ counted: () -> Void) throws(ArchiveError) {
        let spans = plan.segments.filter { $0.events > 0 && $0.firstTime < day.end && $0.lastTime >= day.begin }
        if spans.isEmpty { return }
        let merged = try inLog { () throws(LogError) in
            try MergedSegments(spans.map { (logs[$0.lane], $0.number) })
        }
        let archived = try ArchivedRows(
            archive.chain.files(of: day), of: archive, codec: GzipCodec(), place: "the log, \(day)")
        while let event = try inLog({ () throws(LogError) in try merged.next() }) {
            guard day.contains(event.record.time) else { continue }
            counted()
            if !plan.contains(event.segment, of: event.lane) { continue }
            let rows = try inLog { () throws(LogError) in try EventRows(reading: event.record) }
            var isThere = try archived.contains(rows.first)
            if let second = rows.second { isThere = try archived.contains(second) && isThere }
            if isThere { continue }
            let name = rows.first
            plan.keep(
                event.segment, of: event.lane,
                because: "event \(name.seq) of player \(String(decoding: name.playerID, as: UTF8.self)) of "
                    + "\(String(decoding: name.tenantID, as: UTF8.self)) on \(day) is not in the archive")
        }
        // What was found counts only in files that are what their manifests say.
        try archived.finish()
    }
}
