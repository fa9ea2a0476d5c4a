internal import Holdfast
internal import HoldfastLog
internal import HoldfastText

/// Histories and events: rows as lines of JSON, sent as fast as the client takes them.
extension Service {
    func answerHistory(_ exchange: Exchange, _ player: Player, _ query: QueryValues) throws(Problem) {
        let from = try query.integer("from", atLeast: 1).map { UInt64($0) }
        let limit = try query.integer("limit", atLeast: 0).map { Int($0) } ?? .max
        let backwards = try query.flag("backwards")
        let ledger = ledger
        try startStream(exchange) {
            guard
                let lines = try await HistoryLines.open(
                    ledger, of: player, from: from, limit: limit, backwards: backwards)
            else { throw Problem.notFound("player \(player.id) of \(player.tenant) has no events") }
            return HistorySource(lines: lines)
        }
    }

    func answerEvents(_ exchange: Exchange, _ query: QueryValues) throws(Problem) {
        let from = try query.integer("from", atLeast: 1).map { UInt64($0) }
        let limit = try query.integer("limit", atLeast: 0).map { Int($0) } ?? .max
        let follows = try query.flag("follow")
        let ledger = ledger
        try startStream(exchange, isEndless: follows) {
            EventSource(lines: try EventLines(ledger, from: from, limit: limit, follows: follows))
        }
    }

    /// Whoever reads the past takes one of so many places, until the request has ended.
    func takeStream(_ exchange: Exchange) throws(Problem) {
        guard streamsUnderWay < configuration.limits.streams else {
            throw .overloaded("\(streamsUnderWay) requests for the past are under way already; try again later")
        }
        streamsUnderWay += 1
        exchange.isStream = true
    }

    /// The first piece is made before the reply begins, so that what fails at once is answered as a failure. What follows
    /// may have to wait for it, and begins at once.
    private func startStream(
        _ exchange: Exchange, isEndless: Bool = false, _ open: @escaping @Sendable () async throws -> any ReplySource
    ) throws(Problem) {
        // All that there is to say is in the head.
        if exchange.method == "HEAD" { return exchange.reply(Reply(.lines, [])) }
        try takeStream(exchange)
        exchange.isEndless = isEndless
        Task(executorPreference: WorkThreads.reads) {
            let reply: Reply
            do {
                let source = try await open()
                reply = Reply(streaming: source, first: isEndless ? [] : try await source.next() ?? [])
            } catch {
                reply = Problem(error).reply
            }
            exchange.later { $0.reply(reply) }
        }
    }
}

private struct EventSource: ReplySource {
    let lines: EventLines
    func next() async throws -> [UInt8]? { try await lines.next() }
}

private struct HistorySource: ReplySource {
    let lines: HistoryLines
    func next() async throws -> [UInt8]? { try lines.nextLines() }
}
