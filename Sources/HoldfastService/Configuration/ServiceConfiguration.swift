/// What the service is told: by its configuration file, by the command line, or by a program that embeds it.
package struct ServiceConfiguration: Sendable {
    package var listen = ListenAddress.usual
    package var tls: TLSFiles?
    package var tokens: [AccessToken] = []
    /// Others than this machine may reach it, though no tokens are configured.
    package var isOpenToAll = false
    package var limits = ServiceLimits()

    package init() {}

    package struct TLSFiles: Sendable, Equatable {
        package var certificate: String
        package var key: String
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
