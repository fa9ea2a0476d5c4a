private import Glibc

/// Where along an axis a figure stands, from 0 at its beginning to 1 at its end, and where its ticks are.
struct ChartScale {
    struct Tick: Equatable {
        let value: Double
        let label: String
    }

    private let spread: Chart.Spread
    private(set) var ticks: [Tick]
    private let lower: Double
    private let upper: Double

    /// `room` is how many ticks fit. An axis that is not `tight` begins and ends with a tick. The axis reaches
    /// `margin` beyond the figures at both ends, for what is drawn around them.
    init(_ axis: Chart.Axis, values: [Double], room: Int, tight: Bool = false, margin: Double = 0) {
        spread = axis.spread
        let good = values.filter { $0.isFinite && Self.hasPlace($0, axis.spread) }
        var low = (good.min() ?? 0) - margin
        var high = (good.max() ?? 1) + margin
        switch axis.spread {
        case .even:
            if axis.fromZero { (low, high) = (min(0, low), max(0, high)) }
            if low == high { (low, high) = low == 0 ? (0, 1) : (min(0, low), max(0, high)) }
            let step = Self.evenStep(over: high - low, room: room, unit: axis.unit)
            // A figure that is a tick but for its last bits is that tick.
            let close = tight ? -1e-9 : 1e-9
            let first = (low / step + close).rounded(tight ? .up : .down)
            let last = (high / step - close).rounded(tight ? .down : .up)
            if !tight { (low, high) = (first * step, last * step) }
            // From whole numbers of steps, so that sums of tenths do not drift.
            ticks = stride(from: first, through: last, by: 1).map { number in
                Tick(value: number * step, label: ChartText.figure(number * step, axis.unit, step: step))
            }
        case .powersOfTen:
            let from = good.isEmpty ? 0 : Int(log10(low).rounded(.down))
            let to = max(from + 1, good.isEmpty ? 1 : Int((log10(high) - 1e-9).rounded(.up)))
            let every = max(1, (to - from + room - 1) / room)
            if !tight || low == high { (low, high) = (pow(10, Double(from)), pow(10, Double(to))) }
            ticks = stride(from: from, through: to, by: every).map { power in
                let value = pow(10, Double(power))
                return Tick(value: value, label: ChartText.figure(value, axis.unit, step: value))
            }
        case .nines:
            let nines = Int((Self.nines(min(high, 0.999_999_999)) - 1e-9).rounded(.up))
            (low, high) = (0, 1 - pow(10, -Double(max(1, nines))))
            ticks = (0...max(1, nines)).map { count in
                Tick(value: 1 - pow(10, -Double(count)), label: ChartText.nines(count))
            }
        case .time:
            if low == high { (low, high) = (low - 1_800_000, high + 1_800_000) }
            ticks = ChartTime.ticks(from: low, to: high, room: room)
        case .labels(let labels):
            (low, high) = (-0.5, Double(max(1, labels.count)) - 0.5)
            let every = max(1, (labels.count + room - 1) / max(1, room))
            ticks = stride(from: 0, to: labels.count, by: every).map { Tick(value: Double($0), label: labels[$0]) }
        }
        lower = low
        upper = high
    }

    /// From 0 to 1; nil for what has no place on this axis.
    func place(_ value: Double) -> Double? {
        guard value.isFinite, Self.hasPlace(value, spread) else { return nil }
        let (a, b, v) =
            switch spread {
            case .powersOfTen: (log10(lower), log10(upper), log10(value))
            case .nines: (0.0, Self.nines(upper), min(Self.nines(value), Self.nines(upper)))
            case .even, .time, .labels: (lower, upper, value)
            }
        return b > a ? (v - a) / (b - a) : 0.5
    }

    /// Where bars begin.
    var zero: Double { place(max(lower, min(upper, 0))) ?? 0 }

    private static func hasPlace(_ value: Double, _ spread: Chart.Spread) -> Bool {
        switch spread {
        case .powersOfTen: value > 0
        case .nines: value >= 0 && value < 1
        case .even, .time, .labels: true
        }
    }

    private static func nines(_ share: Double) -> Double { -log10(1 - share) }

    /// 1, 2 or 5 times a power of ten, or of two for sizes, so that at most `room` ticks result.
    private static func evenStep(over length: Double, room: Int, unit: Chart.Unit) -> Double {
        let rough = length / Double(max(1, room))
        if case .bytes = unit, rough >= 1024 { return pow(2, log2(rough).rounded(.up)) }
        let power = pow(10, log10(rough).rounded(.down))
        let step = [1, 2, 5, 10].first { $0 * power >= rough * (1 - 1e-9) } ?? 10
        if case .count = unit { return step * power }
        return max(1, step * power)
    }
}
