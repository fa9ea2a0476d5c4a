private import Glibc
internal import Holdfast
private import HoldfastLog
internal import HoldfastText

/// How cost grows with the number of players and with the length of history: the same day on ledgers of several
/// sizes, one after the other, each removed when it was measured.
package struct ScaleBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        /// The largest of each; the smaller steps are parts of it.
        package var players: Int
        package var events: Int
        package var lanes: Int
        package var seed: UInt64

        package init(directory: String, players: Int, events: Int, lanes: Int, seed: UInt64) {
            self.directory = directory
            self.players = players
            self.events = events
            self.lanes = lanes
            self.seed = seed
        }
    }

    private let plan: Plan
    private let dashboard: Dashboard

    package init(_ plan: Plan, dashboard: Dashboard) {
        self.plan = plan
        self.dashboard = dashboard
    }

    /// What was found at one size.
    private struct Step {
        let players: Int
        let events: Int
        var nanoseconds = 0.0
        var residentBytes = 0.0
        var replayed = 0.0
        var fromSnapshot = 0.0
        var sealedBytes = 0.0
    }

    package func run() async throws -> BenchReport {
        var report = BenchReport(
            "scale",
            parameters: [
                ("most players", plan.players), ("most events", plan.events), ("lanes", plan.lanes),
                ("seed", Int(plan.seed)),
            ])
        guard mkdir(plan.directory, 0o755) == 0 else {
            throw DiskFailure(operation: "make directory", path: plan.directory, errno: errno)
        }
        defer { rmdir(plan.directory) }
        var byPlayers: [Step] = []
        for share in [30, 10, 3, 1] {
            byPlayers.append(
                try await step(players: max(1_000, plan.players / share), events: plan.events / 10, &report))
        }
        // A thirtieth of the players with a tenth of the events is on both ways.
        let fewest = byPlayers[0].players
        let byEvents = [
            try await step(players: fewest, events: plan.events / 100, &report), byPlayers[0],
            try await step(players: fewest, events: plan.events, &report),
        ]
        addSeries("players", byPlayers, \.players, &report)
        addSeries("events", byEvents, \.events, &report)
        return report
    }

    private func step(players: Int, events: Int, _ report: inout BenchReport) async throws -> Step {
        var day = DayPlan()
        day.directory = plan.directory + "/ledger"
        day.transactions = max(1_000, events)
        day.players = players
        day.lanes = plan.lanes
        day.seed = plan.seed
        day.seals = true
        defer { Directory.remove(day.directory) }
        let name = "\(Human.count(players)) players, \(Human.count(events)) events"
        let found = try await DayBench(day, dashboard: dashboard).run()
        var step = Step(players: players, events: events)
        for rate in found.rates {
            switch rate.name {
            case "the day":
                step.nanoseconds = rate.cpuSeconds / Double(max(1, rate.count)) * 1e9
                report.add(rate.named(name))
            case Reopening.replayed: step.replayed = rate.seconds * 1e9
            case Reopening.fromSnapshot: step.fromSnapshot = rate.seconds * 1e9
            case DayAftermath.sealing: step.sealedBytes = Double(rate.bytes ?? 0)
            default: break
            }
        }
        for case .whole("resident_bytes", let bytes) in found.headline { step.residentBytes = Double(bytes) }
        report.check(name, faults: found.checks.flatMap(\.faults))
        report.note("\(name): ns of processor a transaction", step.nanoseconds)
        report.note("\(name): resident MiB", step.residentBytes / 0x1p20)
        report.note("\(name): ms to open, everything replayed", step.replayed / 1e6)
        report.note("\(name): ms to open from a snapshot", step.fromSnapshot / 1e6)
        report.note("\(name): MiB sealed", step.sealedBytes / 0x1p20)
        return step
    }

    private func addSeries(
        _ against: String, _ steps: [Step], _ size: (Step) -> Int, _ report: inout BenchReport
    ) {
        report.series += [
            .init(name: against, values: steps.map { Double(size($0)) }),
            .init(name: "ns_per_tx_by_\(against)", values: steps.map(\.nanoseconds)),
            .init(name: "resident_bytes_by_\(against)", values: steps.map(\.residentBytes)),
            .init(name: "opening_ns_by_\(against)", values: steps.map(\.replayed)),
            .init(name: "sealed_bytes_by_\(against)", values: steps.map(\.sealedBytes)),
            .init(name: "opening_from_snapshot_ns_by_\(against)", values: steps.map(\.fromSnapshot)),
        ]
    }
}
