private import Glibc

/// What a few noisy measurements of two things say about their difference.
enum Statistics {
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        guard !sorted.isEmpty else { return .nan }
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// Half of the distance between the quartiles, as a share of the median: how much the middle half of the
    /// measurements wanders.
    static func spread(_ values: [Double]) -> Double {
        guard values.count >= 2 else { return .nan }
        let sorted = values.sorted()
        let low = median(Array(sorted[..<(sorted.count / 2)]))
        let high = median(Array(sorted[((sorted.count + 1) / 2)...]))
        return (high - low) / 2 / median(sorted).magnitude
    }

    /// The probability that two groups drawn from one and the same thing differ in rank at least as much as these:
    /// Mann and Whitney's test, two-sided. Exact up to 20 values a side, by counting all ways to deal the ranks; the
    /// normal approximation beyond. It asks nothing of how the values are distributed.
    static func chance(_ a: [Double], _ b: [Double]) -> Double {
        guard !a.isEmpty, !b.isEmpty else { return 1 }
        // Twice the statistic, so that ties, which count a half, stay whole numbers.
        var twice = 0
        for x in a { for y in b { twice += x > y ? 2 : x == y ? 1 : 0 } }
        let pairs = a.count * b.count
        let distance = abs(twice - pairs)
        if max(a.count, b.count) > 20 { return normal(distance: Double(distance) / 2, a.count, b.count) }
        let ways = dealings(a.count, b.count)
        let total = ways.reduce(0, +)
        let extreme = ways.enumerated().reduce(0.0) { sum, way in
            abs(2 * way.offset - pairs) >= distance ? sum + way.element : sum
        }
        return min(1, extreme / total)
    }

    /// In how many ways `m` and `n` values can be dealt so that each value of the statistic comes out. The highest of
    /// all values is either of the first group, and beats all `n` of the second, or of the second.
    private static func dealings(_ m: Int, _ n: Int) -> [Double] {
        var table = Array(repeating: Array(repeating: [Double](), count: n + 1), count: m + 1)
        for i in 0...m {
            for j in 0...n {
                if i == 0 || j == 0 {
                    table[i][j] = [1]
                    continue
                }
                var ways = Array(repeating: 0.0, count: i * j + 1)
                for (value, count) in table[i - 1][j].enumerated() { ways[value + j] += count }
                for (value, count) in table[i][j - 1].enumerated() { ways[value] += count }
                table[i][j] = ways
            }
        }
        return table[m][n]
    }

    private static func normal(distance: Double, _ m: Int, _ n: Int) -> Double {
        let deviation = (Double(m * n * (m + n + 1)) / 12).squareRoot()
        let z = max(0, distance - 0.5) / deviation
        // Abramowitz and Stegun 7.1.26, good to seven digits.
        let x = z / 2.0.squareRoot()
        let t = 1 / (1 + 0.3275911 * x)
        let polynomial =
            t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
        return min(1, polynomial * exp(-x * x))
    }

    /// The ratio of the medians, and between which bounds it lies in 95 of 100 drawings with replacement from the
    /// measurements. Drawn from a fixed seed: the same files give the same verdict.
    static func ratio(_ after: [Double], to before: [Double]) -> (value: Double, low: Double, high: Double) {
        let value = median(after) / median(before)
        var random: UInt64 = 0x9E37_79B9_7F4A_7C15
        func draw(_ values: [Double]) -> Double {
            median(
                values.map { _ in
                    random ^= random << 13
                    random ^= random >> 7
                    random ^= random << 17
                    return values[Int(random >> 33) % values.count]
                })
        }
        let ratios = (0..<2_000).map { _ in draw(after) / draw(before) }.sorted()
        return (value, ratios[50], ratios[1_949])
    }
}
