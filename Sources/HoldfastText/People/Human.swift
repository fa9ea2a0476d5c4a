/// Numbers for people: counts, sizes, rates and lengths of time, as statistics and benchmarks print them.
///
/// Never for programs, which get plain integers in JSON.
package enum Human {
    /// `1 234 567`
    package static func count(_ value: Int) -> String {
        let digits = Array(String(value.magnitude))
        var text = value < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(" ") }
            text.append(digit)
        }
        return text
    }

    /// `512 B`, `1.2 GiB`
    package static func bytes(_ value: Int) -> String {
        guard value.magnitude >= 1024 else { return "\(value) B" }
        return scaled(Double(value), step: 1024, units: ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    }

    /// `850 events/s`, `48.1 k events/s`, `1.2 M events/s`
    package static func rate(_ perSecond: Double, of unit: String) -> String {
        guard perSecond.isFinite else { return "– \(unit)/s" }
        guard perSecond.magnitude >= 10_000 else { return "\(count(Int(perSecond.rounded()))) \(unit)/s" }
        return scaled(perSecond, step: 1000, units: ["k", "M", "G", "T", "P", "E"]) + " \(unit)/s"
    }

    /// `3.4 MiB/s`
    package static func byteRate(_ perSecond: Double) -> String {
        guard perSecond.isFinite, perSecond.magnitude < 0x1p62 else { return "– B/s" }
        return bytes(Int(perSecond.rounded())) + "/s"
    }

    /// `24 %`, always rounded down so that 100 % means all.
    package static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0 else { return "–" }
        return "\(Int((Double(part) / Double(whole) * 100).rounded(.down))) %"
    }

    /// `350 ms`, `1.2 s`, `31 s`, `2 min 05 s`, `1 h 02 min`, `3 d 04 h`; what is smaller is cut off.
    package static func duration(milliseconds: Int64) -> String {
        let sign = milliseconds < 0 ? "-" : ""
        let value = milliseconds.magnitude
        let seconds = value / 1_000
        switch value {
        case ..<1_000: return "\(sign)\(value) ms"
        case ..<10_000: return "\(sign)\(seconds).\(value / 100 % 10) s"
        case ..<60_000: return "\(sign)\(seconds) s"
        case ..<3_600_000: return "\(sign)\(seconds / 60) min \(twoDigits(seconds % 60)) s"
        case ..<86_400_000: return "\(sign)\(seconds / 3_600) h \(twoDigits(seconds / 60 % 60)) min"
        default: return "\(sign)\(seconds / 86_400) d \(twoDigits(seconds / 3_600 % 24)) h"
        }
    }

    /// The same from nanoseconds, for latencies: `640 ns`, `6.7 µs`, `70.1 ms`.
    package static func duration(nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case ..<1_000: "\(nanoseconds) ns"
        case ..<1_000_000: "\(nanoseconds / 1_000).\(nanoseconds / 100 % 10) µs"
        case ..<1_000_000_000: "\(nanoseconds / 1_000_000).\(nanoseconds / 100_000 % 10) ms"
        default: duration(milliseconds: Int64(nanoseconds / 1_000_000))
        }
    }

    private static func twoDigits(_ value: UInt64) -> String {
        value < 10 ? "0\(value)" : "\(value)"
    }

    /// One decimal, in the first unit whose figure stays below the next one even after rounding.
    private static func scaled(_ value: Double, step: Double, units: [String]) -> String {
        var figure = value / step
        var index = 0
        while index + 1 < units.count, (figure.magnitude * 10).rounded() >= step * 10 {
            figure /= step
            index += 1
        }
        let tenths = Int((figure.magnitude * 10).rounded())
        return "\(value < 0 ? "-" : "")\(tenths / 10).\(tenths % 10) \(units[index])"
    }
}
