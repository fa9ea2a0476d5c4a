internal import Holdfast
internal import HoldfastLog
internal import HoldfastText
internal import HoldfastWallet

extension LedgerAudit {
    /// The report as one page that needs nothing else.
    package var html: String {
        var page = Page(
            isGood
                ? "Audit: no fault found"
                : "Audit: \(Human.count(verification.findings.count)) fault\(verification.findings.count == 1 ? "" : "s") found",
            subtitle: "Ledger \(path), \(RFC3339.text(madeAt))")
        buildTiles(&page)
        buildChecks(&page)
        buildFindings(&page)
        buildTotals(&page)
        buildVolumes(&page)
        buildRoots(&page)
        page.footer = "Made by holdfast audit. Times are in UTC."
        if !logName.isEmpty { page.footer += " The log is \(logName)." }
        return page.html
    }

    private func buildTiles(_ page: inout Page) {
        page.tiles([
            ("events", Human.count(Int(verification.log.events))), ("players", Human.count(verification.players)),
            ("balances", Human.count(verification.purses)),
            ("faults", Human.count(verification.findings.count)),
        ])
        if firstPosition > 1 {
            page.paragraph(
                "The log begins with event \(firstPosition). Those before it were given up: what moved then is not counted "
                    + "here.")
        }
        guard let first = volumes?.events.keys.min(), let last = volumes?.events.keys.max() else { return }
        page.paragraph(
            "From \(CivilDate(milliseconds: first * LedgerVolumes.hourMilliseconds)) to "
                + "\(CivilDate(milliseconds: last * LedgerVolumes.hourMilliseconds)).")
    }

    private func buildChecks(_ page: inout Page) {
        page.heading("What was checked")
        var table = PageTable([.brief("check"), .brief("result"), .prose("extent")])
        for check in checks {
            let verdict =
                switch check.verdict {
                case .good: "✓ good"
                case .faults(let count): "✗ \(Human.count(count)) fault\(count == 1 ? "" : "s")"
                case .nothing: "–"
                }
            table.row([check.name, verdict, check.extent])
        }
        page.table(table)
    }

    private static let findingsMax = 200

    private func buildFindings(_ page: inout Page) {
        if isGood { return }
        page.heading("What was found")
        if let words = verification.findings.followingWords { page.paragraph(words + ".") }
        let shown = verification.findings.first(Self.findingsMax)
        var table = PageTable([
            .brief("check"), .words("player"), .figures("seq"), .words("place"), .prose("expected"), .prose("found"),
        ])
        for finding in shown {
            let player = finding.player.map { "\($0) of \(finding.tenant ?? "")" } ?? ""
            let asset = finding.asset.map { "\($0): " } ?? ""
            table.row([
                finding.check.rawValue, player, finding.seq.map { "\($0)" } ?? "", finding.place ?? "",
                asset + (finding.expected ?? ""), asset + finding.found + (finding.mayFollow ? " (may follow)" : ""),
            ])
        }
        page.table(table)
        let left = verification.findings.count - shown.count
        if left > 0 { page.note("And \(Human.count(left)) more; holdfast verify lists up to a thousand of each sort.") }
    }

    private func buildTotals(_ page: inout Page) {
        guard var money, !totals.isEmpty else { return }
        page.heading("What players have")
        var table = PageTable([.words("asset"), .figures("balance"), .figures("of that held"), .figures("available")])
        for (name, total) in zip(totalAssets, totals) {
            guard let asset = AssetName(name) else { continue }
            table.row([
                name, money.digits(total.balance, asset), money.digits(total.held, asset),
                money.digits(total.balance - total.held, asset),
            ])
        }
        page.table(table)
    }

    private static let assetsPlotted = 4

    private func buildVolumes(_ page: inout Page) {
        guard let volumes, var money, !volumes.events.isEmpty else { return }
        page.heading("What moved")
        let step = volumes.stepHours == 1 ? "an hour" : volumes.stepHours == 24 ? "a day" : "a week"
        var events = Chart("Events, \(step)", x: .init("", .time), y: .init("", fromZero: true))
        let series = volumes.eventSeries
        events.add(.bars("events", series.map { Chart.Point(Double($0.time), Double($0.all)) }))
        if series.contains(where: { $0.refused > 0 }) {
            events.add(.bars("refused", series.map { Chart.Point(Double($0.time), Double($0.refused)) }))
        }
        events.height = 220
        page.chart(events)
        for asset in volumes.assets.prefix(Self.assetsPlotted) {
            let unit = Chart.Unit.money(exponent: money.exponent(of: asset))
            var chart = Chart(
                "\(asset), \(step)", x: .init("", .time), y: .init("", unit: unit, fromZero: true))
            for sort in [LedgerVolumes.Sort.deposits, .withdrawals, .bets, .wins] {
                let points = volumes.series(asset, sort).map { Chart.Point(Double($0.time), Double($0.sum)) }
                if !points.isEmpty { chart.add(.bars(sort.name, points)) }
            }
            chart.height = 220
            if volumes.sums.keys.contains(where: { $0.asset == asset && $0.sort.rawValue < 4 }) { page.chart(chart) }
        }
        var table = PageTable([
            .words("asset"), .words("what"), .figures("events"), .figures("sum"), .figures("balances"),
        ])
        for flow in volumes.flows {
            let effect = flow.effect == 0 ? "" : (flow.effect > 0 ? "+" : "") + money.digits(flow.effect, flow.asset)
            table.row([
                "\(flow.asset)", String(flow.name.map { $0 == "_" ? " " : $0 }), Human.count(flow.count),
                money.digits(flow.sum, flow.asset), effect,
            ])
        }
        page.table(table)
    }

    private func buildRoots(_ page: inout Page) {
        if verification.chainHeads.isEmpty { return }
        page.heading("Roots and chain heads")
        page.paragraph(
            "Whoever notes these can tell later whether anything before them was changed. A chain head covers every "
                + "byte of its lane; a root is what proofs of single events lead to.")
        var table = PageTable([.brief("lane"), .brief("what"), .digest("SHA-256")])
        for (lane, head) in verification.chainHeads.enumerated() { table.row(["\(lane)", "chain head", head]) }
        for head in roots?.heads ?? [] {
            table.row(["\(head.lane)", "root of \(head.segments) closed segments", head.root.hexadecimal])
            if let open = head.open {
                table.row([
                    "\(head.lane)", "root of segment \(open.segment), \(open.events) events", open.root.hexadecimal,
                ])
            }
        }
        page.table(table)
        if let roots {
            page.detail("The roots as a file, for holdfast prove --check", anchor: "roots", code: roots.json.text)
        }
    }
}
