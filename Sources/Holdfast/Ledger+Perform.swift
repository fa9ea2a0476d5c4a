public import HoldfastLog
package import HoldfastWallet

extension Ledger {
    /// Performs one command and returns its answer.
    @discardableResult
    public func perform(_ command: Command) async throws(LedgerError) -> Answer {
        let batch = CommandBatch(commandsExpected: 1)
        switch prepare(command, { batch.append(&$0) }) {
        case .failure(let fault): return .invalid(fault)
        case .success(let hash):
            try await submit(batch, lane: lane(ofKeyHash: hash))
            return Answer(batch.outcome(0), assets: assets)
        }
    }

    /// Performs many commands in their order and returns once all answers are durable: a commit or a few for
    /// thousands of commands, the fast way in.
    public func perform(_ commands: [Command]) async throws(LedgerError) -> [Answer] {
        let run = CommandRun(self)
        var answers: [Answer] = []
        answers.reserveCapacity(commands.count)
        /// For each command since the last hand-over what was wrong with its form, if anything.
        var faults: [FormFault?] = []
        for command in commands {
            let crosses = command.operation == .transfer && laneCount > 1
            if crosses { try await flush(run, &faults, into: &answers) }
            switch prepare(command, { run.append(&$0) }) {
            case .success: faults.append(nil)
            case .failure(let fault): faults.append(fault)
            }
            if crosses || run.count >= Self.commandsInFlightMax { try await flush(run, &faults, into: &answers) }
        }
        try await flush(run, &faults, into: &answers)
        return answers
    }

    /// Commands that `perform` hands over at once.
    private static let commandsInFlightMax = 65_536

    private func flush(
        _ run: CommandRun, _ faults: inout [FormFault?], into answers: inout [Answer]
    ) async throws(LedgerError) {
        try await run.commit()
        var next = 0
        for fault in faults {
            if let fault {
                answers.append(.invalid(fault))
            } else {
                answers.append(Answer(run.outcome(next), assets: assets))
                next += 1
            }
        }
        faults.removeAll(keepingCapacity: true)
        run.reset()
    }

    /// Checks the command's form and, while its texts stand, hands it to `take`. Gives the hash that places it.
    private func prepare(
        _ command: Command, _ take: (inout PreparedCommand) -> Void
    ) -> Result<UInt64, FormFault> {
        command.withForm { form in
            withBuilder { builder in
                var prepared = PreparedCommand()
                if let fault = builder.prepare(&form, into: &prepared) { return .failure(fault) }
                take(&prepared)
                return .success(prepared.keyHash)
            }
        }
    }

    /// Hands a batch to its lane and waits until it is durable.
    package func submit(_ batch: CommandBatch, lane: Int) async throws(LedgerError) {
        let failure: LedgerError? = await withCheckedContinuation { continuation in
            batch.whenDone = { batch, failure in continuation.resume(returning: failure ?? batch.failure) }
            engine.handOver(batch, to: lane)
        }
        if let failure { throw failure }
    }
}

extension Answer {
    static func invalid(_ fault: FormFault) -> Answer {
        let field: String? =
            switch fault {
            case .field(let field): field.wireName.description
            case .foreignField: nil
            }
        return .refused(Refused(refusal: .invalidRequest, field: field, seq: nil, funds: nil, isDuplicate: false))
    }
}
