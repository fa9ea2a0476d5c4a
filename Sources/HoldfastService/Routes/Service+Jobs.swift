internal import HoldfastLog
internal import HoldfastText

/// What is done beside answering: how it fares, and having it done now.
extension Service {
    func answerJobs(_ exchange: Exchange) {
        let now = clock.now()
        exchange.reply(
            Reply(
                JSONWriter.line { json in
                    json.member("jobs", objects: jobs.states) { state, json in
                        state.writeMembers(to: &json, at: now, inFull: true)
                    }
                    json.member("tables", object: tables?.state) { state, json in state.writeMembers(to: &json) }
                }))
    }

    func answerRunJob(_ exchange: Exchange, _ name: String) throws(Problem) {
        switch jobs.request(name) {
        case .accepted:
            let json = JSONWriter.line { json in
                json.member("job", name as String?)
                json.member("requested", true)
            }
            exchange.reply(Reply(status: 202, json))
        case .alreadyRunning: throw .conflict("the job \(name) is running or waiting for its turn already")
        case .unknown:
            let names = jobs.states.map(\.name)
            throw .notFound(
                "there is no job \(name)\(Suggestions.question(name, among: names)); there are "
                    + names.joined(separator: ", "))
        }
    }
}

extension JobState {
    /// Without `inFull` nothing that says more of the machine than that something fails.
    func writeMembers(to json: inout JSONWriter, at now: Int64, inFull: Bool) {
        json.member("name", name as String?)
        json.member("failing", failure != nil)
        json.member("succeeded_at", succeededAt)
        guard inFull else { return }
        json.member("running", isRunning)
        json.member("next_at", isRunning ? nil : dueAt(now))
        json.member("took_ms", took)
        json.member("failures", failures)
        json.member("failed_at", failure?.at)
        json.member("failure", failure?.message)
        if let report {
            json.key("report")
            report.withUnsafeBytes { json.raw($0) }
        }
    }
}

extension TablesFollower.State {
    func writeMembers(to json: inout JSONWriter) {
        json.member("following", failure == nil)
        json.member("position", position)
        json.member("lag_events", lagRows)
        json.member("dead_letters", deadLetters)
        json.member("failure", failure)
        json.member("failing_shards", objects: failing.sorted { $0.key < $1.key }) { shard, json in
            json.member("shard", shard.key)
            json.member("failure", shard.value as String?)
        }
    }
}
