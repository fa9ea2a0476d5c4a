internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// Opens the ledger of a day again in each way in which that happens: as it was closed, with whatever snapshots it
/// took by itself; with everything replayed; and from a snapshot of this moment.
struct Reopening: Sendable {
    let directory: String
    /// When the traffic ended, holds and all. The clock stands there: a later time would forget requests.
    let time: Int64
    let runs: Int
    let dashboard: Dashboard

    static let asClosed = "opening, as it was closed"
    static let replayed = "opening, everything replayed"
    static let fromSnapshot = "opening, from a snapshot of now"

    /// `look` sees the ledger after each opening.
    func measure(
        into report: inout BenchReport, _ look: (Ledger, _ name: String, inout BenchReport) -> Void = { _, _, _ in }
    ) async throws {
        try await open(Self.asClosed, &report, look)
        try removeSnapshots()
        try await open(Self.replayed, &report, look)
        let ledger = try opened()
        let meter = BenchReport.Meter()
        try await ledger.snapshot()
        report.add(meter.rate("writing a snapshot", count: ledger.memory.players))
        await ledger.close()
        try await open(Self.fromSnapshot, &report, look)
    }

    private func opened() throws(LedgerError) -> Ledger {
        try Ledger.open(
            at: directory, on: RealDisk(), clock: GivenClock(time), drive: .threads, snapshots: nil)
    }

    private func open(
        _ name: String, _ report: inout BenchReport, _ look: (Ledger, String, inout BenchReport) -> Void
    ) async throws {
        dashboard.say(name)
        var rates: [BenchReport.Rate] = []
        for run in 0..<runs {
            let meter = BenchReport.Meter()
            let ledger = try opened()
            rates.append(
                meter.rate(
                    name, count: 1,
                    details: [
                        ("events replayed", Int(ledger.opened.eventsReplayed)), ("players", ledger.memory.players),
                        ("requests", ledger.memory.requests),
                    ]))
            if run == 0 { look(ledger, name, &report) }
            await ledger.close()
        }
        report.addMedian(of: rates)
    }

    /// While nobody owns the ledger.
    private func removeSnapshots() throws(LedgerError) {
        let disk = RealDisk()
        let place = try LogDirectory.open(directory, kind: LedgerSettings.kind, on: disk)
        for lane in place.places {
            for name in try SnapshotFile.list(in: lane.directory, on: disk) {
                do throws(DiskFailure) { try disk.remove(lane.directory + "/" + name) } catch {
                    throw .io(error)
                }
            }
        }
    }
}
