package import Holdfast
internal import HoldfastArchive
package import HoldfastLog

/// The HTTP face of a ledger: it owns the ledger, answers requests, and does what is due beside it.
///
///     let service = try Service(at: "ledger", configuration)
///     print(service.address)
///     …
///     await service.stop()
///
/// Requests are handled on the server's one thread, and what is kept for them here is touched by that thread alone; that
/// is the whole of the `@unchecked`.
package final class Service: @unchecked Sendable {
    package let ledger: Ledger
    /// Where it listens, with the true port.
    package let address: ListenAddress
    package let isEncrypted: Bool
    let configuration: ServiceConfiguration
    let log: ServiceLog
    let clock: any LogClock
    let jobs: JobRunner
    let tables: TablesFollower?
    private var server: HTTPServer!
    /// For sockets, so that no client takes a descriptor that the ledger needs for its next segment.
    private let room: OpenFiles

    // The loop's.
    var reading: CommandReading
    var names: AssetNames
    var metrics = ServiceMetrics()
    var spareRuns: [CommandRun] = []
    var commandsUnderWay = 0
    var streamsUnderWay = 0
    /// Of the last command that could not be taken for want of space; nil once one could be.
    var storageTrouble: StorageTrouble?
    var connections: Int { server.connections }
    var complaints: Int { server.complaints }
    var requestsUnderWay: Int { server.requestsUnderWay }

    /// Opens the ledger and listens. Throws where either is not possible.
    package init(
        at directory: String, _ configuration: ServiceConfiguration, clock: any LogClock = SystemClock(),
        log: ServiceLog
    ) throws {
        self.configuration = configuration
        self.log = log
        self.clock = clock
        let listener = try Listener(configuration.listen)
        guard listener.isLoopback || !configuration.tokens.isEmpty || configuration.isOpenToAll else {
            throw ServiceError.openToAll(configuration.listen)
        }
        address = listener.address
        isEncrypted = configuration.tls != nil
        let identity = try configuration.tls.map { try TLSIdentity($0) }
        ledger = try Ledger.open(at: directory, on: RealDisk(), clock: clock, drive: .threads)
        room = OpenFiles(configuration.limits.server.connectionsMax + Self.otherFiles)
        reading = CommandReading(ledger)
        names = AssetNames(ledger.assets)
        tables = configuration.tables.map { TablesFollower(directory, $0, log: log) }
        jobs = JobRunner(
            Self.jobs(configuration, directory, ledger, tables, clock), clock: clock, file: JobFile(in: directory),
            log: log)
        do {
            server = try HTTPServer(listener, settings, tls: identity, handler: self)
        } catch {
            ledger.closeAndWait()
            if let files = configuration.tls { throw ServiceError.badCertificate(files, reason: "\(error)") }
            throw error
        }
        server.run()
        tables?.start()
        jobs.start()
    }

    /// Of jobs, and of what comes and goes beside them.
    private static let otherFiles = 256

    /// As many connections as there are descriptors for. What others of this process were promised they need not use, so
    /// that a few connections are taken anyway.
    private var settings: ServerSettings {
        var settings = configuration.limits.server
        let most = max(Self.connectionsMin, room.granted - Self.otherFiles)
        if most < settings.connectionsMax {
            log.say(
                "\(most) connections at a time instead of \(settings.connectionsMax): this process may have no more files "
                    + "open (`ulimit -n`, or LimitNOFILE= of its service)")
            settings.connectionsMax = most
        }
        return settings
    }

    private static let connectionsMin = 16

    private static func jobs(
        _ configuration: ServiceConfiguration, _ directory: String, _ ledger: Ledger, _ tables: TablesFollower?,
        _ clock: any LogClock
    ) -> [any Job] {
        var jobs: [any Job] = []
        if let plan = configuration.archive, let tables {
            var job = NightlyJob(ledger: directory, tables: tables.directory, root: plan.root)
            job.olderThan = plan.olderThan
            job.deleteAfter = plan.deleteAfter
            job.database = plan.database
            jobs.append(ArchiveJob(schedule: plan.schedule, job: job, tables: tables, clockRuns: clock.runsByItself))
        }
        if let plan = configuration.backup {
            let backup = BackupRun(ledger: directory, target: plan.target, keep: plan.keep)
            jobs.append(BackupJob(schedule: plan.schedule, backup: backup))
        }
        jobs.append(SnapshotJob(schedule: configuration.snapshot, ledger: ledger))
        return jobs
    }

    /// Takes no more requests, answers those under way, and closes the ledger.
    package func stop() async {
        let patience = Int64(configuration.limits.stopSeconds) * 1_000_000_000
        server.stop(within: patience)
        await onThread("hf-stop") { [self] in
            jobs.stop(within: patience)
            tables?.stop()
            server.join()
            ledger.closeAndWait()
            log.close()
        }
    }

    package var url: String { "\(isEncrypted ? "https" : "http")://\(address)" }
}
