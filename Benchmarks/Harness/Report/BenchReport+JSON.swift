package import HoldfastText

extension BenchReport {
    /// For programs: one object. `version` is the program's.
    package func json(version: String) -> JSONWriter {
        var json = JSONWriter(capacity: 1 << 16)
        json.beginObject()
        json.member("bench", name as String?)
        for figure in headline { Self.write(figure, to: &json) }
        json.member("holdfast", version as String?)
        json.member("build", Self.build as String?)
        json.member("machine") { json in
            json.member("processor", Machine.processor as String?)
            json.member("cores", Machine.cores)
            json.member("memory_bytes", Machine.memoryBytes)
            json.member("kernel", Machine.kernel as String?)
        }
        json.member("parameters", counts: parameters)
        json.member("results", objects: rates, Self.writeMembers)
        json.member("notes") { json in
            for (name, value) in notes {
                json.key(name as String)
                json.real(value)
            }
        }
        writeChecks(to: &json)
        writeSeries(to: &json)
        json.endObject()
        json.newline()
        return json
    }

    private static func write(_ figure: Figure, to json: inout JSONWriter) {
        switch figure {
        case .whole(let name, let value):
            json.key(name as String)
            json.integer(value)
        case .real(let name, let value):
            json.key(name as String)
            json.real(value)
        case .latency(let name, let latency):
            json.key(name as String)
            json.beginObject()
            json.member("p50", Double(latency.p50) / 1e6)
            json.member("p99", Double(latency.p99) / 1e6)
            json.member("p99_9", Double(latency.p999) / 1e6)
            json.member("max", Double(latency.max) / 1e6)
            json.endObject()
        }
    }

    private static func writeMembers(of rate: Rate, to json: inout JSONWriter) {
        json.member("name", rate.name as String?)
        json.member("count", rate.count)
        json.member("seconds", rate.seconds)
        json.member("per_second", rate.perSecond)
        json.member("cpu_seconds", rate.cpuSeconds)
        json.member("bytes", rate.bytes)
        if let latency = rate.latency {
            json.member("latency_ns") { json in
                json.member("p50", latency.p50)
                json.member("p99", latency.p99)
                json.member("p99_9", latency.p999)
                json.member("max", latency.max)
            }
            json.key("histogram_ns")
            json.beginArray()
            for bucket in latency.buckets {
                json.beginArray()
                json.integer(bucket.upTo)
                json.integer(bucket.count)
                json.endArray()
            }
            json.endArray()
        }
        for (name, value) in rate.details {
            json.key(name as String)
            json.integer(value)
        }
    }

    private func writeChecks(to json: inout JSONWriter) {
        if checks.isEmpty { return }
        json.member("ok", isGood)
        json.member("checks", objects: checks) { check, json in
            json.member("name", check.name as String?)
            json.member("ok", check.isGood)
            json.member("faults", texts: check.faults)
        }
    }

    private func writeSeries(to json: inout JSONWriter) {
        if !threads.isEmpty {
            json.member("threads", objects: threads) { thread, json in
                json.member("name", thread.name as String?)
                json.member("cpu_seconds", thread.cpuSeconds)
            }
        }
        if series.isEmpty { return }
        json.member("series") { json in
            for series in series {
                json.key(series.name as String)
                json.beginArray()
                for value in series.values { json.real((value * 1000).rounded() / 1000) }
                json.endArray()
            }
        }
    }
}
