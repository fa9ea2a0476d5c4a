internal import HoldfastLog
internal import HoldfastText

/// Why a request got no answer of the ledger: an HTTP status, a word for programs and a sentence for people.
struct Problem: Error, Sendable {
    let status: Int
    let code: StaticString
    var message: String
    var headers: [(name: String, value: String)] = []

    static func badRequest(_ message: String) -> Problem {
        Problem(status: 400, code: "bad_request", message: message)
    }

    static func notFound(_ message: String) -> Problem {
        Problem(status: 404, code: "not_found", message: message)
    }

    static func wrongMethod(allowed: String) -> Problem {
        Problem(
            status: 405, code: "method_not_allowed", message: "this route takes \(allowed)",
            headers: [("Allow", allowed)])
    }

    static func unauthorized(_ message: String) -> Problem {
        Problem(
            status: 401, code: "unauthorized", message: message,
            headers: [("WWW-Authenticate", "Bearer realm=\"holdfast\"")])
    }

    static func forbidden(_ message: String) -> Problem {
        Problem(status: 403, code: "forbidden", message: message)
    }

    static func conflict(_ message: String) -> Problem {
        Problem(status: 409, code: "conflict", message: message)
    }

    static func tooLarge(_ message: String) -> Problem {
        Problem(status: 413, code: "too_large", message: message)
    }

    static func overloaded(_ message: String) -> Problem {
        Problem(status: 503, code: "overloaded", message: message, headers: [("Retry-After", "1")])
    }

    static let stopping = Problem(
        status: 503, code: "stopping", message: "the service is being stopped; try again in a moment",
        headers: [("Retry-After", "1"), ("Connection", "close")])

    /// A failure of the ledger. What a caller can't mend says what was expected of the operator; nothing here says more
    /// of the machine than the name of a file.
    init(_ error: LogError) {
        switch error {
        case .overloaded:
            self = .overloaded("more commands wait than the ledger takes; send them again in a moment")
        case .storageFull:
            self.init(status: 507, code: "storage_full", message: error.description)
        case .stopped:
            self.init(
                status: 503, code: "stopped", message: error.description, headers: [("Retry-After", "10")])
        case .unknownOutcome:
            self.init(
                status: 503, code: "unknown_outcome",
                message: "\(error) Send the commands again under the same request_ids once the service is back.",
                headers: [("Retry-After", "10")])
        case .givenUp: self.init(status: 410, code: "given_up", message: error.description)
        default: self.init(status: 500, code: "failed", message: error.description)
        }
    }

    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as LogError: self.init(error)
        default: self.init(status: 500, code: "failed", message: "\(error)")
        }
    }

    private init(
        status: Int, code: StaticString, message: String, headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
    }

    var reply: Reply {
        let json = JSONWriter.line { json in
            json.member("error") { json in
                json.member("code", code)
                json.member("message", message as String?)
            }
        }
        var reply = Reply(status: status, json)
        reply.headers = headers
        return reply
    }
}
