package import HoldfastText

/// What a benchmark found: rates in the order in which they were measured, the parameters and the machine.
package struct BenchReport: Sendable {
    package struct Rate: Sendable {
        package let name: String
        package let count: Int
        package let seconds: Double
        package let cpuSeconds: Double
        package var bytes: Int?
        package var latency: LatencySummary?
        package var details: [(String, Int)] = []
        package var perSecond: Double { seconds > 0 ? Double(count) / seconds : 0 }
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

    package let name: String
    private let parameters: [(String, Int)]
    package private(set) var rates: [Rate] = []
    private var notes: [(String, Double)] = []

    package init(_ name: String, parameters: [(String, Int)]) {
        self.name = name
        self.parameters = parameters
    }

    package mutating func add(_ rate: Rate) { rates.append(rate) }
    package mutating func note(_ name: String, _ value: Double) { notes.append((name, value)) }

    /// Of several runs of one thing the one with the median rate.
    package mutating func addMedian(of runs: [Rate]) {
        let sorted = runs.sorted { $0.perSecond < $1.perSecond }
        if !sorted.isEmpty { add(sorted[sorted.count / 2]) }
    }

    // MARK: Showing

    package var lines: [String] {
        var lines = [
            "\(Machine.processor), \(Machine.cores) cores, \(Human.bytes(Machine.memoryBytes)), Linux \(Machine.kernel)",
            parameters.map { "\($0.0) \(Human.count($0.1))" }.joined(separator: ", "), "",
        ]
        for rate in rates { lines.append(Self.line(rate)) }
        for (name, value) in notes { lines.append(Self.pad(name, 36) + Self.short(value)) }
        return lines
    }

    private static func line(_ rate: Rate) -> String {
        var line = pad(rate.name, 36)
        if rate.count > 0, rate.seconds > 0 {
            line += pad(Human.count(Int(rate.perSecond)) + "/s", 16)
            line += pad(short(rate.cpuSeconds / Double(rate.count) * 1e9) + " ns CPU each", 20)
        }
        if let bytes = rate.bytes { line += pad(Human.byteRate(Double(bytes) / rate.seconds), 14) }
        if let latency = rate.latency {
            line +=
                "p50 \(Human.duration(nanoseconds: UInt64(latency.p50))), p99 \(Human.duration(nanoseconds: UInt64(latency.p99))), "
            line +=
                "p99.9 \(Human.duration(nanoseconds: UInt64(latency.p999))), max \(Human.duration(nanoseconds: UInt64(latency.max)))"
        }
        line += rate.details.map { "\($0.0) \(Human.count($0.1))" }.joined(separator: ", ")
        return line
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }

    private static func short(_ value: Double) -> String {
        value >= 100 ? Human.count(Int(value.rounded())) : "\((value * 10).rounded() / 10)"
    }

    package var json: JSONWriter {
        var json = JSONWriter()
        json.beginObject()
        json.member("bench", name as String?)
        json.key("machine")
        json.beginObject()
        json.member("processor", Machine.processor as String?)
        json.member("cores", Machine.cores)
        json.member("memory_bytes", Machine.memoryBytes)
        json.member("kernel", Machine.kernel as String?)
        json.endObject()
        json.key("parameters")
        json.beginObject()
        for (name, value) in parameters {
            json.key(name as String)
            json.integer(value)
        }
        json.endObject()
        json.key("results")
        json.beginArray()
        for rate in rates { Self.write(rate, to: &json) }
        json.endArray()
        json.key("notes")
        json.beginObject()
        for (name, value) in notes {
            json.key(name as String)
            json.real(value)
        }
        json.endObject()
        json.endObject()
        json.newline()
        return json
    }

    private static func write(_ rate: Rate, to json: inout JSONWriter) {
        json.beginObject()
        json.member("name", rate.name as String?)
        json.member("count", rate.count)
        json.member("seconds", rate.seconds)
        json.member("per_second", rate.perSecond)
        json.member("cpu_seconds", rate.cpuSeconds)
        json.member("bytes", rate.bytes)
        if let latency = rate.latency {
            json.key("latency_ns")
            json.beginObject()
            json.member("p50", latency.p50)
            json.member("p99", latency.p99)
            json.member("p99_9", latency.p999)
            json.member("max", latency.max)
            json.endObject()
        }
        for (name, value) in rate.details {
            json.key(name as String)
            json.integer(value)
        }
        json.endObject()
    }
}
