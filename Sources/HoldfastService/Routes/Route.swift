internal import Holdfast

/// Everything that can be asked for.
enum Route: String, CaseIterable, Sendable {
    case health = "/healthz"
    case ready = "/readyz"
    case metrics = "/metrics"
    case commands = "/v1/commands"
    case player = "/v1/tenants/{tenant}/players/{player}"
    case history = "/v1/tenants/{tenant}/players/{player}/history"
    case events = "/v1/events"
    case stats = "/v1/stats"
    case jobs = "/v1/jobs"
    case runJob = "/v1/jobs/{job}/run"
    case unknown = "unknown"

    /// A route with the names that its path has.
    struct Match {
        let route: Route
        var player: Player?
        var job: String?

        init(_ route: Route, player: Player? = nil, job: String? = nil) {
            self.route = route
            self.player = player
            self.job = job
        }

        init?(_ path: [String]) {
            switch path.count {
            case 1 where path[0] == "healthz": self.init(.health)
            case 1 where path[0] == "readyz": self.init(.ready)
            case 1 where path[0] == "metrics": self.init(.metrics)
            case 2 where path == ["v1", "commands"]: self.init(.commands)
            case 2 where path == ["v1", "events"]: self.init(.events)
            case 2 where path == ["v1", "stats"]: self.init(.stats)
            case 2 where path == ["v1", "jobs"]: self.init(.jobs)
            case 4 where path[0] == "v1" && path[1] == "jobs" && path[3] == "run": self.init(.runJob, job: path[2])
            case 5 where path[0] == "v1" && path[1] == "tenants" && path[3] == "players":
                self.init(.player, player: Player(path[4], of: path[2]))
            case 6 where path[0] == "v1" && path[1] == "tenants" && path[3] == "players" && path[5] == "history":
                self.init(.history, player: Player(path[4], of: path[2]))
            default: return nil
            }
        }
    }

    var methods: [String] {
        switch self {
        case .commands, .runJob: ["POST"]
        default: ["GET", "HEAD"]
        }
    }

    /// What a token must allow; nil for what everybody may ask, so that a load balancer needs no secret.
    var right: Right? {
        switch self {
        case .health, .ready, .unknown: nil
        case .commands: .commands
        case .runJob: .admin
        case .metrics, .player, .history, .events, .stats, .jobs: .read
        }
    }

    /// What its query may say.
    var parameters: [String] {
        switch self {
        case .player: ["as_of", "at_seq"]
        case .history: ["from", "limit", "backwards"]
        case .events: ["from", "limit", "follow"]
        default: []
        }
    }
}
