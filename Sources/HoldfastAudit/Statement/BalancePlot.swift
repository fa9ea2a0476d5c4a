internal import HoldfastText
internal import HoldfastWallet

/// A player's balances and what was held of them over time, gathered line by line, drawn for a page.
struct BalancePlot {
    private var points: [AssetName: (balance: [Chart.Point], held: [Chart.Point])] = [:]
    private static let pointsMax = 200_000

    mutating func take(_ line: Statement.Line) {
        for change in line.changes {
            let time = Double(line.time)
            points[change.asset, default: ([], [])].balance.append(Chart.Point(time, Double(change.balance)))
            points[change.asset, default: ([], [])].held.append(Chart.Point(time, Double(change.held)))
            if points[change.asset]!.balance.count > Self.pointsMax {
                points[change.asset]!.balance = Self.halved(points[change.asset]!.balance)
                points[change.asset]!.held = Self.halved(points[change.asset]!.held)
            }
        }
    }

    /// Every second point: the picture is far narrower than what is left.
    private static func halved(_ points: [Chart.Point]) -> [Chart.Point] {
        points.indices.filter { $0 % 2 == 0 || $0 == points.count - 1 }.map { points[$0] }
    }

    /// One chart for each asset.
    func charts(_ money: inout MoneyTable) -> [Chart] {
        points.sorted { $0.key < $1.key }.map { asset, points in
            let unit = Chart.Unit.money(exponent: money.exponent(of: asset))
            var chart = Chart("\(asset)", x: .init("", .time), y: .init("", unit: unit, fromZero: true))
            chart.add(.steps("balance", points.balance))
            if points.held.contains(where: { $0.y != 0 }) { chart.add(.steps("held", points.held)) }
            chart.height = 220
            return chart
        }
    }

    /// The balance of each asset, and what was held beside it, each as large as its picture lets it be: the amount of a
    /// single request would hardly show beside the whole balance.
    func closeUps(_ money: inout MoneyTable) -> [[Chart]] {
        points.sorted { $0.key < $1.key }.map { asset, points in
            let unit = Chart.Unit.money(exponent: money.exponent(of: asset))
            let isHeld = points.held.contains { $0.y != 0 }
            let series = [("balance", points.balance)] + (isHeld ? [("held", points.held)] : [])
            return series.map { name, points in
                var chart = Chart("\(asset), \(name)", x: .init("", .time), y: .init("", unit: unit))
                chart.add(.steps(name, points))
                chart.height = 220
                return chart
            }
        }
    }
}
