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
        byAsset.map { asset, series in
            Self.chart("\(asset)", y: .init("", unit: money.unit(of: asset), fromZero: true), series)
        }
    }

    /// The balance of each asset, and what was held beside it, each as large as its picture lets it be: the amount of a
    /// single request would hardly show beside the whole balance.
    func closeUps(_ money: inout MoneyTable) -> [[Chart]] {
        byAsset.map { asset, series in
            series.map { Self.chart("\(asset), \($0.name)", y: .init("", unit: money.unit(of: asset)), [$0]) }
        }
    }

    private typealias Series = (name: String, points: [Chart.Point])

    /// What was held only where anything was.
    private var byAsset: [(asset: AssetName, series: [Series])] {
        points.sorted { $0.key < $1.key }.map { asset, points in
            let isHeld = points.held.contains { $0.y != 0 }
            return (asset, [("balance", points.balance)] + (isHeld ? [("held", points.held)] : []))
        }
    }

    private static func chart(_ title: String, y: Chart.Axis, _ series: [Series]) -> Chart {
        var chart = Chart(title, x: .init("", .time), y: y)
        for (name, points) in series { chart.add(.steps(name, points)) }
        chart.height = 220
        return chart
    }
}

extension MoneyTable {
    fileprivate mutating func unit(of asset: AssetName) -> Chart.Unit { .money(exponent: exponent(of: asset)) }
}
