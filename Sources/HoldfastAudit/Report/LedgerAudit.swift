package import Holdfast
internal import HoldfastLog
package import HoldfastText
internal import HoldfastWallet

/// The whole report about a ledger: every check that `verify` makes, every comparison that is wanted, what moved, and
/// the roots that vouch for it.
package struct LedgerAudit {
    package private(set) var verification: LedgerVerification
    package private(set) var volumes: LedgerVolumes?
    package private(set) var roots: PublishedRoots?
    package private(set) var totals: [LedgerDifference.Total] = []
    package private(set) var totalAssets: [String] = []
    /// What the log was to be compared with, where it can't be read whole.
    private var notCompared: [String] = []
    /// For the page: what is printed and the JSON have minor units.
    let money: MoneyTable?
    let path: String
    let madeAt: Int64
    package private(set) var logName = ""
    /// With which event the log begins: a later one than the first where it has given up its beginning.
    package private(set) var firstPosition: UInt64 = 1

    package var isGood: Bool { verification.isGood }

    /// `progress` hears what is being done and how many events of it are.
    package init(
        _ path: String, against plan: ComparisonPlan, at time: Int64,
        progress: @escaping @Sendable (_ what: String, _ done: Int) -> Void = { _, _ in }
    ) throws {
        self.path = path
        madeAt = time
        var verification = try LedgerVerification.run(path, deep: true) { done, _ in progress("verifying", done) }
        if verification.isLogReadable {
            verification.add(plan.run(path) { progress("comparing \($0)", $1) })
        } else {
            notCompared = plan.names
        }
        self.verification = verification
        // Where the files can't be read there is nothing more to tell.
        guard let files = try? LedgerFiles(path, for: verification.isLogReadable ? .reading : .inspecting) else {
            money = nil
            return
        }
        money = MoneyTable(files.configuration.assets, for: .page)
        logName = files.directory.manifest.log.hexadecimal
        firstPosition = files.firstPosition
        guard verification.isLogReadable else { return }
        volumes = try LedgerVolumes(of: files) { progress("counting", $0) }
        roots = try Prover(files).rootsOfNow()
        let sums = verification.totals.sorted { $0.key < $1.key }
        totalAssets = sums.map(\.key.description)
        totals = sums.map(\.value)
    }

    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("ok", isGood)
            json.member("ledger", path as String?)
            json.member("log", logName as String?)
            json.member("made_at", madeAt)
            json.member("verify", line: verification.json)
            LedgerDifference.Total.write(zip(totalAssets, totals), to: &json)
            let counts = (volumes?.counts ?? [:]).sorted { $0.key < $1.key }
            json.member("events", counts: counts.map { ($0.key, $0.value) })
            FlowJSON.write(volumes?.flows ?? [], to: &json)
            if let roots { json.member("roots", line: roots.json) } else { json.nullMember("roots") }
        }
    }

    /// For people: what was checked, and what was found.
    package var lines: [String] {
        var lines: [String] = []
        for check in checks {
            let verdict =
                switch check.verdict {
                case .good: "ok"
                case .faults(let count): "\(Human.count(count)) FAULT\(count == 1 ? "" : "S")"
                case .nothing: "-"
                }
            lines.append(TextColumn.pad(check.name, 20) + TextColumn.pad(verdict, 14) + check.extent)
        }
        if !isGood { lines.append("") }
        for finding in verification.findings.kept { lines.append(finding.text) }
        if let words = verification.findings.followingWords { lines += ["", words + "."] }
        return lines
    }

    /// A check as the report lists it.
    struct Line {
        enum Verdict: Equatable {
            case good
            case faults(Int)
            /// There was nothing to check: that is no praise.
            case nothing
        }

        let name: String
        /// How much was looked at.
        let extent: String
        let verdict: Verdict

        init(name: String, extent: String, faults: Int, isChecked: Bool = true) {
            self.name = name
            self.extent = extent
            verdict = faults > 0 ? .faults(faults) : isChecked ? .good : .nothing
        }
    }

    private var snapshotExtent: String {
        let count = verification.snapshotsCompared
        if count > 0 { return "\(count) compared whole: balances, holds, locks, seqs, requests" }
        return verification.isLogReadable ? "there are none" : "not compared: what is left of the log may know less"
    }

    var checks: [Line] {
        let log = verification.log
        let isRead = log.events > 0 || verification.isLogReadable
        func faults(_ checks: Finding.Check...) -> Int {
            verification.findings.kept.count(where: { checks.contains($0.check) })
        }
        var lines = [
            Line(
                name: "log",
                extent: "checksums and hash chains of \(Human.count(Int(log.batches))) batches, "
                    + "\(Human.bytes(Int(log.bytes))), in \(log.segments) segments"
                    + (log.sealedSegments > 0 ? " (\(log.sealedSegments) sealed)" : "") + " of \(log.lanes) lanes",
                faults: faults(.log, .event)),
            Line(
                name: "events",
                extent:
                    "\(Human.count(Int(log.events))) events, each against the state before it: seq, balances, holds",
                faults: faults(.seq, .balance, .hold), isChecked: isRead),
            Line(
                name: "laws", extent: "held is the sum of open holds, nothing below zero, transfers cancel out",
                faults: faults(.law), isChecked: isRead),
            Line(
                name: "second opinion",
                extent: "\(Human.count(verification.purses)) balances of \(Human.count(verification.players)) players, "
                    + "added up independently",
                faults: faults(.summation), isChecked: isRead),
            Line(
                name: "snapshots",
                extent: snapshotExtent,
                faults: faults(.snapshot), isChecked: verification.snapshotsCompared > 0),
        ]
        for name in notCompared {
            lines.append(
                Line(name: name, extent: "not compared: the log can't be read whole", faults: 0, isChecked: false))
        }
        for comparison in verification.comparisons {
            let extent = comparison.amounts.map { "\($0.what.replacing("_", with: " ")) \(Human.count($0.count))" }
                .joined(separator: ", ")
            lines.append(
                Line(name: comparison.with, extent: "\(comparison.path): \(extent)", faults: comparison.findings.count))
        }
        return lines
    }
}
