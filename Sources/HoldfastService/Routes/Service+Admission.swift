private import CHoldfast
internal import HoldfastText

/// Who may ask what.
extension Service: RequestHandler {
    func admit(_ exchange: Exchange) -> Problem? {
        do throws(Problem) {
            try check(exchange)
            return nil
        } catch {
            return error
        }
    }

    private func check(_ exchange: Exchange) throws(Problem) {
        guard let target = exchange.target else { throw .badRequest("the target is no path, or not valid UTF-8") }
        guard let match = Route.Match(target.path) else {
            throw .notFound("there is nothing at \(target.raw)")
        }
        exchange.match = match
        guard match.route.methods.contains(exchange.method) else {
            throw .wrongMethod(allowed: match.route.methods.joined(separator: ", "))
        }
        guard !configuration.tokens.isEmpty else { return }
        let authorization = exchange.header("Authorization")
        let holder = configuration.tokens.holder(of: authorization)
        exchange.token = holder?.name
        exchange.rights = holder?.rights ?? []
        guard let right = match.route.right else { return }
        guard let holder else {
            throw .unauthorized(
                authorization == nil
                    ? "this route wants a token: Authorization: Bearer TOKEN" : "the token is not a known one")
        }
        guard holder.rights.contains(right) else {
            throw .forbidden("the token \(holder.name) does not have the right \(right.rawValue)")
        }
    }

    func answer(_ exchange: Exchange) {
        do {
            guard let target = exchange.target, let match = exchange.match else { return }
            let query = try QueryValues(target.query, known: match.route.parameters)
            switch match.route {
            case .commands: try answerCommands(exchange)
            case .player: try answerPlayer(exchange, match.player!, query)
            case .health: exchange.reply(Reply(JSONWriter.line { $0.member("alive", true) }))
            case .history: try answerHistory(exchange, match.player!, query)
            case .events: try answerEvents(exchange, query)
            case .stats: answerStats(exchange)
            case .ready: answerReady(exchange)
            case .metrics: answerMetrics(exchange)
            case .jobs: answerJobs(exchange)
            case .runJob: try answerRunJob(exchange, match.job!)
            case .unknown: throw Problem.notFound("there is nothing at \(target.raw)")
            }
        } catch {
            exchange.refuse(Problem(error))
        }
    }

    func ended(_ exchange: Exchange, whole: Bool) {
        if exchange.isStream { streamsUnderWay -= 1 }
        let nanoseconds = hf_monotonic_ns() - exchange.began
        let isWhole = whole && exchange.stream?.trouble == nil
        metrics.count(exchange, nanoseconds: nanoseconds, whole: isWhole)
        log.request(exchange, nanoseconds: nanoseconds, whole: isWhole)
    }
}
