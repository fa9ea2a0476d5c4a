package import HoldfastLog
package import HoldfastText
internal import HoldfastWallet

/// Lines of commands in, lines of answers out, in order, with a few groups of commands on their way at once: the pipe of
/// `holdfast apply`, and a body of many commands that the service is sent.
package final class CommandPipe {
    private let ledger: Ledger
    /// Where time is given: moved on behind the commands, so that every lane hears of it in the end.
    private let clock: GivenClock?
    private let groupMax: Int
    private var latestTime: Int64
    private var names: AssetNames
    private var spare: [Group] = []
    private var underWay: [Group] = []
    /// What was answered, line by line.
    package private(set) var tally = AnswerTally()
    private static let groupsUnderWayMax = 3

    /// Some lines and what is to be answered to them.
    private final class Group {
        let run: CommandRun
        var lines: [CommandReading.Line] = []

        init(_ ledger: Ledger) { run = CommandRun(ledger) }
    }

    package init(_ ledger: Ledger, clock: GivenClock? = nil, groupMax: Int) {
        self.ledger = ledger
        self.clock = clock
        self.groupMax = groupMax
        latestTime = ledger.latestTime
        names = AssetNames(ledger.assets)
    }

    /// Returns once the input has ended and every answer is written. When it throws, some commands may be in the log
    /// whose answers were not written.
    package func run(_ input: inout LineReader, _ output: inout BufferedWriter) async throws {
        var reading = CommandReading(ledger)
        var json = JSONWriter(capacity: 1 << 20)
        var group = takeGroup()
        var command = PreparedCommand()
        while let line = try input.next() {
            switch line {
            case .tooLong: group.lines.append(.invalid(field: nil))
            case .text(let bytes):
                let line = reading.read(bytes, into: &command)
                guard case .command = line else {
                    group.lines.append(line)
                    break
                }
                if clock != nil {
                    latestTime = max(latestTime, command.at)
                    command.at = latestTime
                }
                let crosses = group.run.crossesLanes(command)
                if crosses {
                    // The two lanes must have decided all that came before.
                    group = try await settle(group, &output, &json)
                }
                group.run.append(&command)
                group.lines.append(.command)
                if crosses { group = try await settle(group, &output, &json) }
            }
            if group.lines.count >= groupMax {
                await send(group)
                group = takeGroup()
                while underWay.count >= Self.groupsUnderWayMax { try await answerOldest(&output, &json) }
            } else if try !input.isReady() {
                group = try await settle(group, &output, &json)
                try output.flush()
            }
        }
        _ = try await settle(group, &output, &json)
        if let clock {
            clock.advance(to: latestTime)
            try await ledger.tick()
        }
        try output.flush()
    }

    private func takeGroup() -> Group { spare.popLast() ?? Group(ledger) }

    /// Groups are handed over one after the other, here and not in tasks of their own: their order is the commands'.
    private func send(_ group: Group) async {
        await group.run.handOver()
        underWay.append(group)
    }

    /// Sends what there is and answers everything under way.
    private func settle(
        _ group: Group, _ output: inout BufferedWriter, _ json: inout JSONWriter
    ) async throws -> Group {
        // Once answered a group is spare again; it must not be filled here while it is taken from there.
        let isSent = !group.lines.isEmpty
        if isSent { await send(group) }
        while !underWay.isEmpty { try await answerOldest(&output, &json) }
        return isSent ? takeGroup() : group
    }

    private func answerOldest(_ output: inout BufferedWriter, _ json: inout JSONWriter) async throws {
        let group = underWay.removeFirst()
        do throws(LedgerError) {
            try await group.run.settled()
        } catch {
            // Whatever is still under way must come to rest before the ledger is closed.
            for group in underWay { try? await group.run.settled() }
            throw error
        }
        json.removeAll()
        var next = 0
        for line in group.lines {
            switch line {
            case .invalid(let field):
                AnswerJSON.writeInvalid(field: field, to: &json)
                tally.add(.invalidRequest)
            case .command:
                let outcome = group.run.outcome(next)
                AnswerJSON.write(outcome, &names, to: &json)
                tally.add(outcome)
                next += 1
            }
        }
        try output.write(json)
        group.lines.removeAll(keepingCapacity: true)
        group.run.reset()
        spare.append(group)
    }
}
