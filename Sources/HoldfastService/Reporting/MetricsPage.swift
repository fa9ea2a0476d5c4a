/// Figures in the text format of Prometheus.
struct MetricsPage {
    enum Kind: String {
        case counter, gauge, histogram
    }

    private(set) var text = ""

    /// Begins a figure; what is added next belongs to it.
    mutating func figure(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    mutating func value(_ name: String, _ value: some CustomStringConvertible, _ labels: [(String, String)] = []) {
        let inner = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(inner)} \(value)\n"
    }

    /// A figure of one value.
    mutating func single(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
        figure(name, kind, help)
        self.value(name, value)
    }

    mutating func histogram(_ name: String, _ histogram: DurationHistogram, _ labels: [(String, String)]) {
        var below = 0
        for (bound, count) in zip(DurationHistogram.bounds, histogram.counts) {
            below += count
            value(name + "_bucket", below, labels + [("le", "\(bound)")])
        }
        value(name + "_bucket", histogram.total, labels + [("le", "+Inf")])
        value(name + "_sum", histogram.seconds, labels)
        value(name + "_count", histogram.total, labels)
    }

    private static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.append(character)
            }
        }
    }
}
