internal import Holdfast

/// What the service counts, on the loop's thread.
struct ServiceMetrics {
    struct Key: Hashable {
        let route: Route
        let status: Int
    }

    var answers = AnswerTally()
    private(set) var requests: [Key: Int] = [:]
    private(set) var durations: [Route: DurationHistogram] = [:]
    /// Replies that broke off: the client went away, or the log could not be read.
    private(set) var brokenOff = 0

    mutating func count(_ exchange: Exchange, nanoseconds: Int64, whole: Bool) {
        requests[Key(route: exchange.route, status: exchange.status), default: 0] += 1
        if !whole { brokenOff += 1 }
        // How long somebody follows says nothing about the service.
        if !exchange.isEndless { durations[exchange.route, default: DurationHistogram()].add(nanoseconds) }
    }
}

/// How many requests took how long.
struct DurationHistogram {
    /// Seconds; what took longer than the last is in none of them.
    static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

    private(set) var counts = [Int](repeating: 0, count: bounds.count)
    private(set) var total = 0
    private(set) var seconds = 0.0

    mutating func add(_ nanoseconds: Int64) {
        let seconds = Double(nanoseconds) / 1e9
        total += 1
        self.seconds += seconds
        if let place = Self.bounds.firstIndex(where: { seconds <= $0 }) { counts[place] += 1 }
    }
}
