/// One picture of figures: series of points over an axis, drawn as SVG.
///
///     var chart = Chart("Transactions a second", x: .init("seconds"), y: .init("tx/s", fromZero: true))
///     chart.add(.lines("run 1", points))
///     chart.goal("goal", at: 2_700_000)
///     page.chart(chart)
package struct Chart: Sendable {
    package struct Point: Sendable, Equatable {
        package let x: Double
        package let y: Double

        package init(_ x: Double, _ y: Double) {
            self.x = x
            self.y = y
        }
    }

    /// How the figures along an axis are spread.
    package enum Spread: Sendable {
        case even
        /// Each power of ten as wide as the next. Only figures above zero have a place.
        case powersOfTen
        /// Shares of a whole, 0 up to 1: 90, 99, 99.9 % … equally far from each other.
        case nines
        /// Milliseconds since 1970, labelled as UTC dates and times of day.
        case time
        /// Categories: the figure 0 is the first label, 1 the next.
        case labels([String])
    }

    /// How the figures along an axis are written.
    package enum Unit: Sendable {
        /// `250 k`, `1.5 M`
        case count
        /// From nanoseconds: `70 µs`, `1.5 ms`
        case duration
        /// `64 MiB`
        case bytes
        /// From minor units, with the digits behind the asset's decimal point.
        case money(exponent: Int)
    }

    package struct Axis: Sendable {
        let label: String
        let spread: Spread
        let unit: Unit
        let fromZero: Bool

        package init(_ label: String, _ spread: Spread = .even, unit: Unit = .count, fromZero: Bool = false) {
            self.label = label
            self.spread = spread
            self.unit = unit
            self.fromZero = fromZero
        }
    }

    package struct Series: Sendable {
        enum Form: Sendable { case lines, steps, bars }

        let name: String
        let form: Form
        let points: [Point]

        /// A line from point to point.
        package static func lines(_ name: String, _ points: [Point]) -> Series {
            Series(name: name, form: .lines, points: points)
        }

        /// A value that stays as it is until the next point: a balance.
        package static func steps(_ name: String, _ points: [Point]) -> Series {
            Series(name: name, form: .steps, points: points)
        }

        /// A bar at each point, from zero. Several series of bars stand side by side.
        package static func bars(_ name: String, _ points: [Point]) -> Series {
            Series(name: name, form: .bars, points: points)
        }
    }

    let title: String
    let x: Axis
    let y: Axis
    private(set) var series: [Series] = []
    private(set) var goals: [(name: String, value: Double)] = []
    /// In units of the picture, which is as wide as the page lets it be.
    package var width = 1040.0
    package var height = 280.0

    package init(_ title: String, x: Axis, y: Axis) {
        self.title = title
        self.x = x
        self.y = y
    }

    package mutating func add(_ series: Series) { self.series.append(series) }

    /// A line across the picture: what was hoped for.
    package mutating func goal(_ name: String, at value: Double) { goals.append((name, value)) }

    /// An `<svg>` element to stand in a `Page`, which has its style.
    package var svg: String { ChartDrawing(self).svg }
}
