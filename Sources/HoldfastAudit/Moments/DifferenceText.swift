package import Holdfast
internal import HoldfastText
internal import HoldfastWallet

extension WalletDifference {
    /// For people: one line a finding.
    package func lines(_ files: LedgerFiles) -> [String] {
        var money = MoneyTable(files.configuration.assets)
        var lines = ["Player \(player.id) of \(player.tenant), from \(from.text) to \(to.text)", ""]
        lines.append("events  \(before?.seq ?? 0) → \(after?.seq ?? 0) (\(events) between)")
        for (name, before, after) in purses {
            guard let asset = AssetName(name) else { continue }
            lines.append(
                DifferenceText.line(
                    asset, Int128(before.balance), Int128(after.balance), Int128(before.held), Int128(after.held),
                    &money))
        }
        if before?.isLocked ?? false != after?.isLocked ?? false {
            lines.append(after?.isLocked ?? false ? "the wallet was locked" : "the wallet was unlocked")
        }
        for (word, holds) in [("opened", holdsOpened), ("ended", holdsEnded)] {
            for hold in holds {
                guard let asset = AssetName(hold.asset) else { continue }
                lines.append(
                    "hold \(word): \(hold.requestID), \(money.text(hold.amount, asset)), "
                        + "ends \(EventWords.time(hold.expiresAt))")
            }
        }
        return lines + DifferenceText.lines(flows, &money)
    }
}

extension LedgerDifference {
    package func lines(_ files: LedgerFiles) -> [String] {
        var money = MoneyTable(files.configuration.assets)
        var lines = ["The ledger from \(from.text) to \(to.text)", ""]
        lines.append("events      \(DifferenceText.change(Int(before.events), Int(after.events)))")
        lines.append("players     \(DifferenceText.change(before.players, after.players)), \(playersChanged) active")
        lines.append("open holds  \(DifferenceText.change(before.openHolds, after.openHolds))")
        for asset in assets {
            let (before, after) = (before.totals[asset] ?? .init(), after.totals[asset] ?? .init())
            lines.append(DifferenceText.line(asset, before.balance, after.balance, before.held, after.held, &money))
        }
        return lines + DifferenceText.lines(flows, &money)
    }
}

private enum DifferenceText {
    static func change(_ before: Int, _ after: Int) -> String {
        "\(Human.count(before)) → \(Human.count(after)) (+\(Human.count(after - before)))"
    }

    static func line(
        _ asset: AssetName, _ before: Int128, _ after: Int128, _ heldBefore: Int128, _ heldAfter: Int128,
        _ money: inout MoneyTable
    ) -> String {
        let sign = after >= before ? "+" : ""
        return "\(asset)  balance \(money.digits(before, asset)) → \(money.digits(after, asset)) "
            + "(\(sign)\(money.digits(after - before, asset))), "
            + "held \(money.digits(heldBefore, asset)) → \(money.digits(heldAfter, asset))"
    }

    static func lines(_ flows: [Statement.Flow], _ money: inout MoneyTable) -> [String] {
        flows.isEmpty ? ["", "nothing moved"] : [""] + FlowText.lines(flows, &money)
    }
}
