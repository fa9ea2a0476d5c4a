import HoldfastLog
import HoldfastService
import HoldfastText

struct ServeVerb: Verb {
    static let manual = Manual(
        name: "serve", summary: "Serves a ledger over HTTP.",
        description: """
            Owns the ledger and takes commands, answers questions and streams events, until SIGTERM or SIGINT: then it \
            answers what is under way, and closes the ledger. docs/SERVICE.md describes the routes and the configuration.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .text("listen", "HOST:PORT", "where to listen; 127.0.0.1:8080 if nothing else is said"),
            .text("config", "FILE", "the configuration; what is said here wins over it"),
        ],
        example: "holdfast serve ledger --listen 127.0.0.1:8080")

    private let directory: String
    private let listen: ListenAddress?
    private let file: String?

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        listen = try values.textIfGiven("listen").map { (text) throws(UsageError) in try ListenAddress(text) }
        file = values.textIfGiven("config")
    }

    func run() async throws -> ExitCode {
        var configuration = try file.map { try ServiceConfiguration(file: $0) } ?? ServiceConfiguration()
        if let listen { configuration.listen = listen }
        if let target = configuration.backup?.target { try OutputFile.checkDirectory(target) }
        let stop = try StopSignals()
        let service = try Service(at: directory, configuration, log: .onStandardError(configuration.log))
        Output.say("listening on \(service.url)")
        await stop.wait()
        await service.stop()
        return .done
    }
}
