internal import Holdfast
internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

/// Commands: one as a JSON object, or many as lines of JSON, with the answers that `holdfast apply` gives.
extension Service {
    /// What the body of a request holds. Where its type does not say, several lines are several commands.
    private enum CommandBody {
        case one
        case many(lines: Int)
    }

    func answerCommands(_ exchange: Exchange) throws(Problem) {
        switch try body(of: exchange) {
        case .one: performOne(exchange)
        case .many(let lines): try performMany(exchange, lines: lines)
        }
    }

    private func body(of exchange: Exchange) throws(Problem) -> CommandBody {
        let body = exchange.body
        let type = exchange.header("Content-Type")?.prefix { $0 != ";" && $0 != " " }.lowercased() ?? ""
        let ends = body.count { $0 == UInt8(ascii: "\n") }
        let lines = body.isEmpty || body.last == UInt8(ascii: "\n") ? ends : ends + 1
        guard !body.isEmpty else { throw .badRequest("the body has no command") }
        if type == Reply.ContentType.json.rawValue { return .one }
        return type == Reply.ContentType.lines.rawValue || lines > 1 ? .many(lines: lines) : .one
    }

    // MARK: One

    /// Read and handed over right here, which takes a microsecond; the commit that brings its answer is shared with all
    /// others who wait.
    private func performOne(_ exchange: Exchange) {
        guard exchange.body.count <= LineReader.usualLimit else { return answerInvalid(exchange, field: nil) }
        let run = spareRuns.popLast() ?? CommandRun(ledger, commandsExpected: 1)
        let line = exchange.body.withUnsafeBytes { bytes in
            var command = PreparedCommand()
            let line = reading.read(bytes, into: &command)
            if case .command = line { run.append(&command) }
            return line
        }
        if case .invalid(let field) = line {
            spareRuns.append(run)
            return answerInvalid(exchange, field: field)
        }
        nonisolated(unsafe) let handedOver = run
        run.handOver { failure in
            exchange.later { self.finish(handedOver, failure, $0) }
        }
    }

    private func finish(_ run: CommandRun, _ failure: LedgerError?, _ exchange: Exchange) {
        noteStorage(failure)
        if let failure {
            exchange.refuse(Problem(failure))
        } else {
            let outcome = run.outcome(0)
            metrics.answers.add(outcome)
            var json = JSONWriter(capacity: 512)
            AnswerJSON.write(outcome, &names, to: &json)
            exchange.reply(Reply(json))
        }
        run.reset()
        if spareRuns.count < Self.spareRunsMax { spareRuns.append(run) }
    }

    private static let spareRunsMax = 256

    private func noteStorage(_ failure: LedgerError?) {
        guard let failure else { return storageTrouble = nil }
        if case .storageFull = failure { storageTrouble = StorageTrouble(Problem(failure)) }
    }

    /// Not an answer of the ledger's, which never saw it.
    private func answerInvalid(_ exchange: Exchange, field: String?) {
        metrics.answers.add(.invalidRequest)
        var json = JSONWriter(capacity: 128)
        AnswerJSON.writeInvalid(field: field, to: &json)
        exchange.reply(Reply(status: 400, json))
    }

    // MARK: Many

    private func performMany(_ exchange: Exchange, lines: Int) throws(Problem) {
        let limits = configuration.limits
        guard lines <= limits.commandsPerRequest else {
            throw .tooLarge("a request has at most \(limits.commandsPerRequest) commands, not \(lines)")
        }
        guard commandsUnderWay + lines <= limits.commandsInFlight || commandsUnderWay == 0 else {
            throw .overloaded("\(commandsUnderWay) commands are under way already; send these again in a moment")
        }
        commandsUnderWay += lines
        let (body, ledger) = (exchange.body, ledger)
        Task(executorPreference: WorkThreads.commands) {
            let result = await Self.perform(body, on: ledger)
            exchange.later { [self] exchange in
                commandsUnderWay -= lines
                switch result {
                case .success(let (answers, tally)):
                    storageTrouble = nil
                    metrics.answers.add(tally)
                    exchange.reply(Reply(.lines, answers))
                case .failure(var problem):
                    if problem.status == 507 { storageTrouble = StorageTrouble(problem) }
                    problem.message +=
                        " Some of the commands may be in the log: send all of them again, under the same request_ids."
                    exchange.refuse(problem)
                }
            }
        }
    }

    /// The very pipe of `holdfast apply`, from memory to memory.
    private static func perform(
        _ body: [UInt8], on ledger: Ledger
    ) async -> Result<(answers: [UInt8], AnswerTally), Problem> {
        var read = 0
        let source = LineReader.Source(
            read: { buffer throws(SystemError) in
                let count = min(buffer.count, body.count - read)
                body.withUnsafeBytes {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[read..<read + count]))
                }
                read += count
                return count
            }, isReadable: { () throws(SystemError) in true })
        var answers: [UInt8] = []
        let pipe = CommandPipe(ledger, groupMax: commandsInGroupMax)
        do {
            var input = LineReader(source: source)
            var output = BufferedWriter { bytes throws(SystemError) in
                answers.append(contentsOf: bytes)
                return bytes.count
            }
            try await pipe.run(&input, &output)
            return .success((answers, pipe.tally))
        } catch {
            return .failure(Problem(error))
        }
    }

    private static let commandsInGroupMax = 4_096
}
