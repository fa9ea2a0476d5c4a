private import Glibc

/// Figures as the axes of charts write them: short, and no more exact than the distance between ticks.
enum ChartText {
    static func figure(_ value: Double, _ unit: Chart.Unit, step: Double) -> String {
        switch unit {
        case .count:
            return scaled(value, step: step, [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")])
        case .duration:
            return scaled(value, step: step, [(1e9, " s"), (1e6, " ms"), (1e3, " µs")], whole: " ns")
        case .bytes:
            return scaled(
                value, step: step,
                [(0x1p40, " TiB"), (0x1p30, " GiB"), (0x1p20, " MiB"), (0x1p10, " KiB")], whole: " B")
        case .money(let exponent):
            return scaled(
                value / pow(10, Double(exponent)), step: step / pow(10, Double(exponent)),
                [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")])
        }
    }

    /// 0 %, 90 %, 99 %, 99.9 % …
    static func nines(_ count: Int) -> String {
        switch count {
        case 0: "0 %"
        case 1: "90 %"
        case 2: "99 %"
        default: "99." + String(repeating: "9", count: count - 2) + " %"
        }
    }

    /// With this many digits behind the point, rounded.
    static func fixed(_ value: Double, decimals: Int) -> String {
        let power = pow(10, Double(decimals))
        let scaled = (value.magnitude * power).rounded()
        guard scaled < 0x1p62 else { return "\(value)" }
        let text = MoneyText.text(minorUnits: Int64(scaled), exponent: decimals)
        return value < 0 && scaled > 0 ? "-" + text : text
    }

    private static func scaled(
        _ value: Double, step: Double, _ units: [(size: Double, name: String)], whole: String = ""
    ) -> String {
        if value == 0 { return "0" }
        let unit = units.first { value.magnitude >= $0.size } ?? (1, whole)
        let perUnit = step.magnitude / unit.size
        let decimals = perUnit >= 1 ? 0 : min(6, Int((-log10(perUnit) - 1e-9).rounded(.up)))
        return trimmed(fixed(value / unit.size, decimals: decimals)) + unit.name
    }

    /// Without zeros behind the point that say nothing.
    private static func trimmed(_ text: String) -> String {
        guard text.contains(".") else { return text }
        var text = text
        while text.last == "0" { text.removeLast() }
        if text.last == "." { text.removeLast() }
        return text
    }
}
