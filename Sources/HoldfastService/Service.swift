package import Holdfast
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
    private var server: HTTPServer!

    // The loop's.
    var reading: CommandReading
    var names: AssetNames
    var metrics = ServiceMetrics()
    var spareRuns: [CommandRun] = []
    var commandsUnderWay = 0

    /// Opens the ledger and listens. Throws where either is not possible.
    package init(
        at directory: String, _ configuration: ServiceConfiguration, clock: any LogClock = SystemClock()
    ) throws {
        self.configuration = configuration
        let listener = try Listener(configuration.listen)
        guard listener.isLoopback || !configuration.tokens.isEmpty || configuration.isOpenToAll else {
            throw ServiceError.openToAll(configuration.listen)
        }
        address = listener.address
        isEncrypted = configuration.tls != nil
        let identity = try configuration.tls.map { try TLSIdentity($0) }
        ledger = try Ledger.open(at: directory, on: RealDisk(), clock: clock, drive: .threads)
        reading = CommandReading(ledger)
        names = AssetNames(ledger.assets)
        do {
            server = try HTTPServer(listener, configuration.limits.server, tls: identity, handler: self)
        } catch {
            ledger.closeAndWait()
            throw error
        }
        server.run()
    }

    /// Takes no more requests, answers those under way, and closes the ledger.
    package func stop() async {
        server.stop(within: Int64(configuration.limits.stopSeconds) * 1_000_000_000)
        await onThread("hf-stop") { [self] in
            server.join()
            ledger.closeAndWait()
        }
    }

    package var url: String { "\(isEncrypted ? "https" : "http")://\(address)" }

    func ended(_ exchange: Exchange, whole: Bool) {}
}
