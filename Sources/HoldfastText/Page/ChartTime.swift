/// Ticks at round times: milliseconds, full seconds, minutes, hours, days, first days of months.
enum ChartTime {
    private static let day = Double(CivilDate.millisecondsPerDay)
    private static let steps: [Double] = [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000, 600_000,
        1_800_000, 3_600_000, 7_200_000,
        10_800_000, 21_600_000, 43_200_000, day, 2 * day, 7 * day,
    ]

    static func ticks(from low: Double, to high: Double, room: Int) -> [ChartScale.Tick] {
        let rough = (high - low) / Double(max(1, room))
        guard let step = steps.first(where: { $0 >= rough }) else { return months(from: low, to: high, room: room) }
        var ticks: [ChartScale.Tick] = []
        var value = (low / step).rounded(.up) * step
        while value <= high {
            ticks.append(.init(value: value, label: label(value, step: step)))
            value += step
        }
        return ticks
    }

    private static func months(from low: Double, to high: Double, room: Int) -> [ChartScale.Tick] {
        let first = CivilDate(milliseconds: Int64(low))
        let last = CivilDate(milliseconds: Int64(high))
        let from = Int(first.year) * 12 + first.month - 1
        let to = Int(last.year) * 12 + last.month - 1
        let needed = max(1, (to - from + room) / max(1, room))
        let stride = [1, 2, 3, 6, 12, 24, 60, 120].first { $0 >= needed } ?? needed
        let start = (from + stride - 1) / stride * stride
        return Swift.stride(from: start, through: max(start, to), by: stride).compactMap { month in
            guard let date = CivilDate(year: Int64(month / 12), month: month % 12 + 1, day: 1) else { return nil }
            let value = Double(date.daysSince1970) * day
            let text = stride % 12 == 0 ? String(date.description.prefix(4)) : String(date.description.prefix(7))
            return value >= low && value <= high ? .init(value: value, label: text) : nil
        }
    }

    /// The time of day; at midnight, and where ticks are days apart, the date.
    private static func label(_ value: Double, step: Double) -> String {
        let text = RFC3339.text(Int64(value))
        let isMidnight = value.truncatingRemainder(dividingBy: day) == 0
        if step >= day || isMidnight { return String(text.prefix(10)) }
        return String(text.dropFirst(11).prefix(step < 1_000 ? 12 : step < 60_000 ? 8 : 5))
    }
}
