internal import HoldfastText

/// What changed between two sets of runs, and whether it is more than noise.
///
/// Each run gives one value of each measure. Two sides of four runs or more can be told apart at one chance in
/// twenty; fewer can't, whatever they show, and the verdict says so. Of a single run a side the seconds take the
/// place of runs: they know the noise within a run and nothing of that between runs.
package struct BenchComparison: Sendable {
    package enum Verdict: Sendable, Equatable {
        /// A difference of this sign that luck hardly explains.
        case better, worse
        /// All of one side lie beyond the other, but so few runs do that by luck more often than once in twenty.
        case perhapsBetter, perhapsWorse
        /// None that the noise allows to see.
        case none
        /// One value a side.
        case unknown
    }

    package struct Line: Sendable {
        package let name: String
        package let before: [Double]
        package let after: [Double]
        /// Of the medians, after to before, and within which bounds it lies.
        package let ratio: (value: Double, low: Double, high: Double)
        package let chance: Double
        package let verdict: Verdict
        package let higherIsBetter: Bool
    }

    package let lines: [Line]
    let bySeconds: Bool
    let runs: (before: Int, after: Int)
    static let level = 0.05
    /// Pieces of a single run that stand for runs: long enough for neighbours to forget each other.
    private static let pieces = 10

    package init(before: [BenchFile], after: [BenchFile]) {
        runs = (before.count, after.count)
        bySeconds = before.count == 1 && after.count == 1
        var lines: [Line] = []
        for bench in before.map(\.bench).reduce(into: [String](), { if !$0.contains($1) { $0.append($1) } }) {
            let (a, b) = (before.filter { $0.bench == bench }, after.filter { $0.bench == bench })
            var names: [String] = []
            for name in a.flatMap(\.rates).map(\.name) where !names.contains(name) { names.append(name) }
            for name in names { lines += Self.lines("\(bench): \(name)", Self.rates(name, a), Self.rates(name, b)) }
            if bySeconds { lines += Self.seconds(a[0], b.first) }
        }
        self.lines = lines
    }

    private static func rates(_ name: String, _ files: [BenchFile]) -> [BenchFile.Rate] {
        files.compactMap { file in file.rates.first { $0.name == name } }
    }

    private static func lines(_ name: String, _ a: [BenchFile.Rate], _ b: [BenchFile.Rate]) -> [Line] {
        guard !a.isEmpty, !b.isEmpty else { return [] }
        func measure(_ what: String, higherIsBetter: Bool, _ value: (BenchFile.Rate) -> Double?) -> Line? {
            line("\(name), \(what)", a.compactMap(value), b.compactMap(value), higherIsBetter)
        }
        let found = [
            measure("a second", higherIsBetter: true) { $0.count > 0 ? $0.perSecond : nil },
            measure("seconds", higherIsBetter: false) { $0.count == 0 ? $0.seconds : nil },
            measure("ns of processor each", higherIsBetter: false) {
                $0.count > 0 ? $0.cpuSeconds / Double($0.count) * 1e9 : nil
            },
            measure("median latency in ms", higherIsBetter: false) { $0.latency.map { Double($0.p50) / 1e6 } },
            measure("99 of 100 within, in ms", higherIsBetter: false) { $0.latency.map { Double($0.p99) / 1e6 } },
        ]
        return found.compactMap { $0 }
    }

    /// The pieces of one run each, where both kept their seconds.
    private static func seconds(_ a: BenchFile, _ b: BenchFile?) -> [Line] {
        [("tx_per_second", true), ("latency_p50_ms", false), ("latency_p99_ms", false)].compactMap { name, higher in
            guard let x = a.series[name], let y = b?.series[name], x.count >= pieces, y.count >= pieces else {
                return nil
            }
            return line("\(a.bench): \(name), piece by piece", pieces(of: x), pieces(of: y), higher)
        }
    }

    private static func pieces(of values: [Double]) -> [Double] {
        (0..<pieces).map { piece in
            Statistics.median(Array(values[(piece * values.count / pieces)..<((piece + 1) * values.count / pieces)]))
        }
    }

    static func line(_ name: String, _ a: [Double], _ b: [Double], _ higherIsBetter: Bool) -> Line? {
        let (a, b) = (a.filter { $0 > 0 && $0.isFinite }, b.filter { $0 > 0 && $0.isFinite })
        guard !a.isEmpty, !b.isEmpty else { return nil }
        let ratio = Statistics.ratio(b, to: a)
        let chance = Statistics.chance(a, b)
        let isBetter = (ratio.value > 1) == higherIsBetter
        let isApart = a.min()! > b.max()! || b.min()! > a.max()!
        let verdict: Verdict =
            if a.count == 1 || b.count == 1 {
                .unknown
            } else if chance <= level, ratio.low > 1 || ratio.high < 1 {
                isBetter ? .better : .worse
            } else if isApart {
                isBetter ? .perhapsBetter : .perhapsWorse
            } else {
                .none
            }
        return Line(
            name: name, before: a, after: b, ratio: ratio, chance: chance, verdict: verdict,
            higherIsBetter: higherIsBetter)
    }

    /// Whether anything got worse by more than this share, beyond what luck explains.
    package func isWorse(byMoreThan share: Double) -> Bool {
        lines.contains { line in
            let loss = line.higherIsBetter ? 1 - line.ratio.value : line.ratio.value - 1
            return line.verdict == .worse && loss > share
        }
    }
}
