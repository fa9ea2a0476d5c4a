/// What a benchmark found: rates in the order in which they were measured, the parameters, and how it went over time.
package struct BenchReport: Sendable {
    package struct Rate: Sendable {
        package private(set) var name: String
        package let count: Int
        package let seconds: Double
        package let cpuSeconds: Double
        package var bytes: Int?
        package var latency: LatencySummary?
        package var details: [(String, Int)] = []
        package var perSecond: Double { seconds > 0 ? Double(count) / seconds : 0 }

        package init(
            name: String, count: Int, seconds: Double, cpuSeconds: Double, bytes: Int? = nil,
            latency: LatencySummary? = nil, details: [(String, Int)] = []
        ) {
            self.name = name
            self.count = count
            self.seconds = seconds
            self.cpuSeconds = cpuSeconds
            self.bytes = bytes
            self.latency = latency
            self.details = details
        }

        /// The same under another name.
        func named(_ name: String) -> Rate {
            var copy = self
            copy.name = name
            return copy
        }
    }

    /// Takes wall-clock and processor time from its making on.
    package struct Meter: Sendable {
        private let start = Machine.nanoseconds
        private let cpu = Machine.cpuSeconds

        package init() {}

        package func rate(
            _ name: String, count: Int, bytes: Int? = nil, latency: LatencySummary? = nil,
            details: [(String, Int)] = []
        ) -> Rate {
            Rate(
                name: name, count: count, seconds: Double(Machine.nanoseconds - start) / 1e9,
                cpuSeconds: Machine.cpuSeconds - cpu, bytes: bytes, latency: latency, details: details)
        }
    }

    /// One figure under its name, first in the JSON: what the benchmark is run for.
    package enum Figure: Sendable {
        case whole(String, Int)
        case real(String, Double)
        case latency(String, LatencySummary)
    }

    /// A figure for each second of the run.
    package struct Series: Sendable {
        package let name: String
        package let values: [Double]

        package init(name: String, values: [Double]) {
            self.name = name
            self.values = values
        }
    }

    /// Something that must hold, and what was found where it does not.
    package struct Check: Sendable {
        package let name: String
        package let faults: [String]
        package var isGood: Bool { faults.isEmpty }
    }

    package let name: String
    let parameters: [(String, Int)]
    package private(set) var headline: [Figure] = []
    package private(set) var rates: [Rate] = []
    private(set) var notes: [(String, Double)] = []
    private(set) var checks: [Check] = []
    var series: [Series] = []
    /// Processor time by thread, over the whole run.
    var threads: [ThreadTime] = []

    package init(_ name: String, parameters: [(String, Int)]) {
        self.name = name
        self.parameters = parameters
    }

    package mutating func lead(with figure: Figure) { headline.append(figure) }
    package mutating func add(_ rate: Rate) { rates.append(rate) }
    package mutating func note(_ name: String, _ value: Double) { notes.append((name, value)) }
    package mutating func check(_ name: String, faults: [String]) { checks.append(Check(name: name, faults: faults)) }

    /// Of several runs of one thing the one with the median rate.
    package mutating func addMedian(of runs: [Rate]) {
        let sorted = runs.sorted { $0.perSecond < $1.perSecond }
        if !sorted.isEmpty { add(sorted[sorted.count / 2]) }
    }

    /// Whether everything that was checked holds.
    package var isGood: Bool { checks.allSatisfy(\.isGood) }

    /// Figures of a build without optimisation say nothing about the program.
    static var build: String {
        var build = "release"
        // Evaluated in a debug build only.
        assert({ build = "debug" }() == ())
        return build
    }
}
