private import CHoldfast
internal import Holdfast
internal import HoldfastLog
internal import HoldfastText

/// How the ledger and the service are.
extension Service {
    func answerStats(_ exchange: Exchange) {
        let ledger = ledger
        Task(executorPreference: WorkThreads.reads) {
            let reply: Reply
            do throws(LedgerError) {
                reply = Reply(try await LedgerStats(of: ledger).json)
            } catch {
                reply = Problem(error).reply
            }
            exchange.later { $0.reply(reply) }
        }
    }

    /// Ready is a ledger whose lanes answer and that has space for commands, as far as the last one could tell. Jobs that
    /// fail are named; they don't make it less ready.
    func answerReady(_ exchange: Exchange) {
        let now = clock.now()
        // Everybody may ask; why something fails is for those who may read.
        let inFull = configuration.tokens.isEmpty || exchange.rights.contains(.read)
        ledger.census { census in
            exchange.later { [self] exchange in
                var trouble: Problem?
                if case .failure(let error) = census { trouble = Problem(error) }
                trouble = trouble ?? storageTrouble?.ifRecent
                let json = JSONWriter.line { json in
                    json.member("ready", trouble == nil)
                    if let trouble { json.member("reason", (inFull ? trouble.message : "\(trouble.code)") as String?) }
                    json.member("jobs", objects: jobs.states) { state, json in
                        state.writeMembers(to: &json, at: now, inFull: inFull)
                    }
                    if let tables = tables?.state {
                        json.member("tables_failing", tables.failure != nil || !tables.failing.isEmpty)
                    }
                }
                exchange.reply(Reply(status: trouble == nil ? 200 : 503, json))
            }
        }
    }

    func answerMetrics(_ exchange: Exchange) {
        ledger.census { census in
            exchange.later { [self] exchange in
                exchange.reply(Reply(.metrics, metricsPage(try? census.get())))
            }
        }
    }
}

/// There was no space for a command.
struct StorageTrouble {
    private let problem: Problem
    private let noticed = hf_monotonic_ns()

    init(_ problem: Problem) { self.problem = problem }

    /// After a while somebody has to try again to know; whoever only asks whether it is ready does not.
    var ifRecent: Problem? { hf_monotonic_ns() - noticed < Self.believedNanoseconds ? problem : nil }

    private static let believedNanoseconds: Int64 = 10_000_000_000
}
