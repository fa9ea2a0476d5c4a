private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

extension Service {
    /// What GET /metrics shows. The census is missing where the ledger has stopped.
    func metricsPage(_ census: LedgerCensus?) -> [UInt8] {
        var page = MetricsPage()
        addRequests(to: &page)
        addCommands(to: &page)
        addLedger(census, to: &page)
        addJobs(to: &page)
        addTables(to: &page)
        return Array(page.text.utf8)
    }

    private func addRequests(to page: inout MetricsPage) {
        let requests = "holdfast_http_requests_total"
        page.figure(requests, .counter, "Requests that have ended, by route and status.")
        let sorted = metrics.requests.sorted {
            ($0.key.route.rawValue, $0.key.status) < ($1.key.route.rawValue, $1.key.status)
        }
        for (key, count) in sorted {
            page.value(requests, count, [("route", key.route.rawValue), ("status", "\(key.status)")])
        }
        let durations = "holdfast_http_request_seconds"
        page.figure(
            durations, .histogram, "From the request's first byte to the reply's last; without those who follow.")
        for (route, histogram) in metrics.durations.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            page.histogram(durations, histogram, [("route", route.rawValue)])
        }
        page.single(
            "holdfast_http_replies_broken_off_total", .counter, "Replies that were not sent whole.", metrics.brokenOff)
        page.single("holdfast_http_connections", .gauge, "Open connections.", connections)
        page.single("holdfast_http_requests_under_way", .gauge, "Requests under way.", requestsUnderWay)
        page.single("holdfast_http_streams", .gauge, "Histories and events that are being sent.", streamsUnderWay)
        page.single(
            "holdfast_http_complaints_total", .counter, "What the HTTP library found wrong with clients.", complaints)
        page.single("holdfast_log_lines_dropped_total", .counter, "Lines that nobody took from us.", log.dropped)
    }

    private func addCommands(to page: inout MetricsPage) {
        let commands = "holdfast_commands_total"
        page.figure(commands, .counter, "Commands that were answered: accepted, or refused for a reason.")
        page.value(commands, metrics.answers.accepted, [("answer", "accepted")])
        for (reason, count) in metrics.answers.refusals { page.value(commands, count, [("answer", reason.name)]) }
        page.single(
            "holdfast_commands_duplicate_total", .counter, "Commands that got their first answer again.",
            metrics.answers.duplicates)
        page.single("holdfast_commands_in_flight", .gauge, "Commands of batches under way.", commandsUnderWay)
    }

    private func addLedger(_ census: LedgerCensus?, to page: inout MetricsPage) {
        page.single("holdfast_ledger_up", .gauge, "Whether the lanes answer.", census == nil ? 0 : 1)
        page.single("holdfast_ledger_position", .gauge, "Position of the last durable event.", ledger.lastPosition)
        if let census {
            page.single("holdfast_ledger_players", .gauge, "Players.", census.players)
            page.single("holdfast_ledger_open_holds", .gauge, "Open holds.", census.openHolds)
        }
        let queue = "holdfast_lane_inbox_works"
        page.figure(queue, .gauge, "Batches of commands that wait for their lane.")
        for (lane, count) in ledger.engine.worksWaiting.enumerated() { page.value(queue, count, [("lane", "\(lane)")]) }
        page.single(
            "holdfast_sealing_failed", .gauge, "Whether segments are not sealed any more.",
            ledger.sealingFailure == nil ? 0 : 1)
        page.single("process_resident_memory_bytes", .gauge, "Resident memory.", Self.residentBytes)
    }

    private func addJobs(to page: inout MetricsPage) {
        let states = jobs.states
        func add(_ name: String, _ kind: MetricsPage.Kind, _ help: String, _ value: (JobState) -> Double?) {
            page.figure(name, kind, help)
            for state in states { if let value = value(state) { page.value(name, value, [("job", state.name)]) } }
        }
        add("holdfast_job_last_success_timestamp_seconds", .gauge, "When the last run began that succeeded.") {
            $0.succeededAt.map { Double($0) / 1_000 }
        }
        add("holdfast_job_last_success_seconds", .gauge, "How long that run took.") {
            $0.took.map { Double($0) / 1_000 }
        }
        add("holdfast_job_failing", .gauge, "Whether its last run failed.") { $0.failure == nil ? 0 : 1 }
        add("holdfast_job_failures_total", .counter, "Runs that failed.") { Double($0.failuresEver) }
    }

    private func addTables(to page: inout MetricsPage) {
        guard let tables else { return }
        let state = tables.state
        page.single(
            "holdfast_tables_failing", .gauge, "Shards that fail; -1 where the tables do not follow at all.",
            state.failure == nil ? state.failing.count : -1)
        page.single("holdfast_tables_position", .gauge, "Events that the tables have.", state.position)
        page.single("holdfast_tables_lag_events", .gauge, "Events that they lack.", state.lagRows)
        if let lag = tables.takeLagMilliseconds() {
            page.single(
                "holdfast_tables_lag_seconds", .gauge,
                "The longest time that an event was in the log only, since this was asked last.", Double(lag) / 1_000)
        }
        page.single("holdfast_tables_dead_letters", .gauge, "Events that could not be projected.", state.deadLetters)
    }

    private static var residentBytes: Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = fread(&bytes, 1, bytes.count, file)
        let fields = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }
}
