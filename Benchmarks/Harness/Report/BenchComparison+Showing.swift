package import HoldfastText

extension BenchComparison.Line {
    /// `12.3 % better (between 9.1 and 15.0 %), 1 chance in 70 that it is luck`
    package var words: String {
        let change = "\(Self.percent(ratio.value)) (between \(Self.percent(ratio.low)) and \(Self.percent(ratio.high)))"
        switch verdict {
        case .better: return "better: \(change)"
        case .worse: return "WORSE: \(change)"
        case .perhapsBetter: return "perhaps better: \(change); so few runs do that by luck \(odds)"
        case .perhapsWorse: return "perhaps worse: \(change); so few runs do that by luck \(odds)"
        case .none: return "no difference that the noise allows to see: \(change)"
        case .unknown: return "\(Self.percent(ratio.value)), of one run a side: noise unknown"
        }
    }

    private var odds: String { "once in \(Int((1 / max(chance, 1e-9)).rounded()))" }

    private static func percent(_ ratio: Double) -> String {
        let tenths = ((ratio - 1) * 1000).rounded() / 10
        return "\(tenths > 0 ? "+" : "")\(tenths) %"
    }

    var verdictName: String { "\(verdict)" }
}

extension BenchComparison {
    package var text: [String] {
        var text: [String] = []
        for line in lines {
            text.append(line.name)
            text.append(
                "    before \(Self.figures(line.before))   after \(Self.figures(line.after))")
            text.append("    \(line.words)")
        }
        if lines.isEmpty { text.append("The two sides have nothing in common that could be compared.") }
        if bySeconds, !lines.isEmpty {
            text.append("")
            text.append(
                "One run a side: `piece by piece` knows the noise within a run, not that between runs. Four runs a side "
                    + "or more tell a difference from luck.")
        }
        return text
    }

    /// The median, and how much the middle half wanders.
    private static func figures(_ values: [Double]) -> String {
        let median = Statistics.median(values)
        let shown =
            median >= 100 && median < 0x1p62
            ? Human.count(Int(median.rounded())) : "\((median * 1000).rounded() / 1000)"
        if values.count == 1 { return shown }
        let spread = Statistics.spread(values)
        return "\(shown) ± \((spread * 1000).rounded() / 10) % of \(values.count)"
    }

    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("runs_before", runs.before)
            json.member("runs_after", runs.after)
            json.member("lines", objects: lines) { line, json in
                json.member("name", line.name as String?)
                json.member("before", Statistics.median(line.before))
                json.member("after", Statistics.median(line.after))
                json.member("ratio", line.ratio.value)
                json.member("ratio_low", line.ratio.low)
                json.member("ratio_high", line.ratio.high)
                json.member("chance", line.chance)
                json.member("verdict", line.verdictName as String?)
            }
        }
    }
}
