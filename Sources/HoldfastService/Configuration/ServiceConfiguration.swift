/// What the service is told: by its configuration file, by the command line, or by a program that embeds it.
package struct ServiceConfiguration: Sendable {
    package var listen = ListenAddress.usual
    package var tls: TLSFiles?
    package var tokens: [AccessToken] = []
    /// Others than this machine may reach it, though no tokens are configured.
    package var isOpenToAll = false
    package var log = ServiceLog.Detail.failures
    package var limits = ServiceLimits()
    package var tables: TablesPlan?
    package var archive: ArchivePlan?
    package var backup: BackupPlan?
    package var snapshot: Schedule?

    package init() {}

    package struct TLSFiles: Sendable, Equatable {
        package var certificate: String
        package var key: String
    }

    /// Tables that follow the log.
    package struct TablesPlan: Sendable, Equatable {
        package var directory: String
        /// Of new tables.
        package var shards: Int?

        package init(directory: String, shards: Int? = nil) {
            self.directory = directory
            self.shards = shards
        }
    }

    /// The nightly job, out of those tables.
    package struct ArchivePlan: Sendable, Equatable {
        package var root: String
        package var schedule: Schedule
        package var olderThan: Int64
        package var deleteAfter: Int64
        package var database: String?

        package init(
            root: String, schedule: Schedule, olderThan: Int64 = 90 * 86_400_000,
            deleteAfter: Int64 = 100 * 86_400_000, database: String? = nil
        ) {
            self.root = root
            self.schedule = schedule
            self.olderThan = olderThan
            self.deleteAfter = deleteAfter
            self.database = database
        }
    }

    package struct BackupPlan: Sendable, Equatable {
        package var target: String
        package var schedule: Schedule
        /// Milliseconds; nil for ever.
        package var keep: Int64?

        package init(target: String, schedule: Schedule, keep: Int64? = nil) {
            self.target = target
            self.schedule = schedule
            self.keep = keep
        }
    }
}

/// What the service takes on at a time. Whoever meets a limit is told so, and may try again.
package struct ServiceLimits: Sendable, Equatable {
    package var server = ServerSettings()
    package var commandsPerRequest = 10_000
    /// Over all requests. One request is taken whatever it holds.
    package var commandsInFlight = 65_536
    /// Histories and events that are being sent, those that follow included.
    package var streams = 64
    /// How long requests and jobs that are under way may take to end when the service is stopped.
    package var stopSeconds = 30

    package init() {}
}
