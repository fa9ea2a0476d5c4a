private import Glibc
internal import Holdfast
internal import HoldfastLog
internal import HoldfastService
internal import HoldfastText

/// Measures the service: clients on threads of their own, each with a connection that it keeps, authorise and confirm one
/// by one and in batches. Server and clients share the machine's cores.
package struct HTTPBench: Sendable {
    package struct Plan: Sendable {
        package var directory: String
        package var clients: Int
        /// Commands a request; nil measures one, a hundred and a thousand.
        package var batch: Int?
        package var seconds: Double
        package var lanes: Int

        package init(directory: String, clients: Int, batch: Int?, seconds: Double, lanes: Int) {
            self.directory = directory
            self.clients = clients
            self.batch = batch
            self.seconds = seconds
            self.lanes = lanes
        }
    }

    private let plan: Plan

    package init(_ plan: Plan) { self.plan = plan }

    package func run() async throws -> BenchReport {
        try await Ledger.create(at: plan.directory, options: .init(lanes: plan.lanes))
        var configuration = ServiceConfiguration()
        configuration.listen = configuration.listen.with(port: 0)
        // As many as wait at once, each with the largest batch.
        configuration.limits.commandsInFlight = .max
        configuration.limits.server.connectionsMax = plan.clients + 64
        let files = OpenFiles(2 * plan.clients)
        let service = try Service(at: plan.directory, configuration, log: ServiceLog(.json, .failures) { _ in })
        var report = BenchReport(
            "http", parameters: [("clients", plan.clients), ("lanes", plan.lanes)])
        do {
            for client in 0..<plan.clients {
                try await service.ledger.credit(
                    Self.player(client), asset: "BRL", amount: 1 << 40, requestID: "deposit")
            }
            for batch in plan.batch.map({ [$0] }) ?? [1, 100, 1_000] {
                for clients in Set([1, plan.clients]).sorted() {
                    report.add(try await measure(service, clients: clients, batch: batch))
                }
            }
            report.note("resident MiB of the process", Double(Machine.residentBytes >> 20))
        } catch {
            await service.stop()
            throw error
        }
        await service.stop()
        withExtendedLifetime(files) {}
        return report
    }

    private static func player(_ client: Int) -> Player { Player("client-\(client)", of: "evian") }

    private func measure(_ service: Service, clients: Int, batch: Int) async throws -> BenchReport.Rate {
        let histogram = Histogram()
        let meter = BenchReport.Meter()
        let deadline = Machine.nanoseconds + Int64(plan.seconds * 1e9)
        let port = service.address.port
        let counts = Locked([Result<Int, any Error>]())
        let run = "\(batch)-\(clients)"
        var threads: [WorkerThread] = []
        for client in 0..<clients {
            threads.append(
                WorkerThread(name: "client-\(client)") {
                    let result = Result { try Self.drive(client, port, run, batch, until: deadline, histogram) }
                    counts.with { $0.append(result) }
                })
        }
        let waiting = threads
        await withCheckedContinuation { continuation in
            WorkerThread(name: "clients") {
                for thread in waiting { thread.join() }
                continuation.resume()
            }.detach()
        }
        let requests = try counts.with { $0 }.reduce(0) { $0 + (try $1.get()) }
        let name =
            "\(clients) client\(clients == 1 ? "" : "s"), "
            + (batch == 1 ? "one command a request" : "\(batch) commands a request")
        return meter.rate(
            name, count: requests * batch, latency: histogram.summary, details: [("requests", requests)])
    }

    /// Requests until the time is over; every command of them must be accepted. Returns how many.
    private static func drive(
        _ number: Int, _ port: UInt16, _ run: String, _ batch: Int, until deadline: Int64, _ histogram: Histogram
    ) throws -> Int {
        let client = try BenchClient(port: port)
        var requests = 0
        var commands = 0
        var body: [UInt8] = []
        var request: [UInt8] = []
        var last = Machine.nanoseconds
        while last < deadline {
            body.removeAll(keepingCapacity: true)
            for _ in 0..<batch {
                append(command: commands, of: number, run, to: &body)
                commands += 1
            }
            request.removeAll(keepingCapacity: true)
            request += "POST /v1/commands HTTP/1.1\r\nHost: bench\r\nContent-Length: \(body.count)\r\n\r\n".utf8
            request += body
            let accepted = try client.ask(request) { answers in Self.accepted(answers) }
            guard accepted == batch else {
                throw BenchClient.Trouble(description: "\(accepted) of \(batch) commands were accepted")
            }
            let now = Machine.nanoseconds
            histogram.record(now - last)
            last = now
            requests += 1
        }
        return requests
    }

    /// An authorise, then the confirm of it, and so on.
    private static func append(command: Int, of client: Int, _ run: String, to body: inout [UInt8]) {
        let hold = "\(run)-\(command / 2)"
        if command % 2 == 0 {
            body += #"{"op":"authorise","tenant":"evian","player":"client-\#(client)","#.utf8
            body += #""request_id":"\#(hold)","asset":"BRL","amount":1}"#.utf8
        } else {
            body += #"{"op":"confirm","tenant":"evian","player":"client-\#(client)","#.utf8
            body += #""request_id":"c\#(hold)","target":"\#(hold)"}"#.utf8
        }
        body.append(UInt8(ascii: "\n"))
    }

    private static func accepted(_ answers: Slice<UnsafeRawBufferPointer>) -> Int {
        var count = 0
        var rest = answers[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            if rest[..<end].starts(with: #"{"ok":true"#.utf8) { count += 1 }
            rest = rest[(end + 1)...]
        }
        return count
    }
}
