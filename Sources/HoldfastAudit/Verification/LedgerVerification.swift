package import Holdfast
internal import HoldfastLog
package import HoldfastText
package import HoldfastWallet

/// Checks a whole ledger: the log as such, every event against the state that those before it led to, the laws of
/// docs/DOMAIN.md, the engine's books against an independent summation, and snapshots against the replay.
package struct LedgerVerification {
    private(set) var log = LogVerifier.Report()
    package private(set) var players = 0
    package private(set) var purses = 0
    package private(set) var snapshotsCompared = 0
    package private(set) var findings = FindingList()
    package private(set) var totals: [AssetName: LedgerDifference.Total] = [:]
    /// Whether every lane could be read to its end.
    package private(set) var isLogReadable = false
    /// Other records of the same events that the log was compared with.
    package private(set) var comparisons: [Comparison] = []

    package var isGood: Bool { findings.isEmpty }
    package var events: UInt64 { log.events }

    /// `deep` computes anew what sealing computed. `progress` hears how many events were read, and of how many once that
    /// is known.
    package static func run(
        _ path: String, deep: Bool = false,
        progress: @escaping @Sendable (_ done: Int, _ total: Int?) -> Void = { _, _ in }
    ) throws(LedgerError) -> LedgerVerification {
        var result = LedgerVerification()
        do throws(LedgerError) {
            try result.check(path, deep, progress)
        } catch {
            // Where a ledger is kept there is a report, whatever is wrong with it; anything else is a wrong path.
            guard LogDirectory.isLog(path, on: RealDisk()) else { throw error }
            result.findings.add(Finding(error))
        }
        return result
    }

    private mutating func check(
        _ path: String, _ deep: Bool, _ progress: @escaping @Sendable (_ done: Int, _ total: Int?) -> Void
    ) throws(LedgerError) {
        // Opened once, so that everything below looks at the same log, also beside a running owner.
        let files: LedgerFiles
        do throws(LedgerError) {
            files = try LedgerFiles(path)
        } catch {
            // Damage at its end keeps a ledger from being opened. What else there is can be looked at all the same.
            guard let rest = try? LedgerFiles(path, for: .inspecting) else { throw error }
            // What else keeps it from that, such as a missing folder, the inspection says itself.
            if case .damaged = error { findings.add(Finding(error)) }
            files = rest
        }
        let total = Int(files.lastPosition)
        let hasSnapshots = try hasSnapshots(files)
        let pass: LedgerPass
        do throws(LedgerError) {
            pass = try LedgerPass(files, remembersRequests: hasSnapshots) { progress($0, total) }
        } catch {
            // The log has given up its beginning, and there is no good snapshot to begin with.
            log = try LogVerifier.verify(files.logs, deep: deep)
            addDamage()
            findings.add(Finding(error, as: .snapshot))
            return
        }
        log = try LogVerifier.verify(files.logs, deep: deep, with: pass)
        let disagreements = try pass.finish()
        isLogReadable = findings.isEmpty && log.faultCount == 0
        addDamage()
        addPass(disagreements)
        checkBooks(pass)
        markWhatFollows(from: files)
        // Where the log itself is damaged, a snapshot may well know more than what is left of it.
        if hasSnapshots, isLogReadable {
            // The second opinion has had its say, and takes gigabytes.
            let machines = (consume pass).machines
            try compareSnapshots(of: files, with: machines)
        }
    }

    /// What opening stumbled over is met again on the way through.
    private mutating func addDamage() {
        let faults = log.faults
        for fault in faults {
            let finding = Finding(fault)
            if !findings.kept.contains(finding) { findings.add(finding) }
        }
        findings.add(uncounted: log.faultCount - faults.count)
    }

    /// Where a damaged event was named, that its number is missing to the next one's is no news.
    private mutating func addPass(_ found: FindingList) {
        let lost = Set(findings.kept.filter { $0.check == .log && $0.seq != nil }.map { LostEvent($0, $0.seq!) })
        findings.add(
            found.without { finding in
                guard finding.check == .seq, let seq = finding.seq, let from = finding.expected.flatMap({ UInt64($0) }),
                    from < seq, seq - from <= UInt64(lost.count)
                else { return false }
                return (from..<seq).allSatisfy { lost.contains(LostEvent(finding, $0)) }
            })
    }

    private struct LostEvent: Hashable {
        let tenant: String?
        let player: String?
        let seq: UInt64

        init(_ finding: Finding, _ seq: UInt64) {
            tenant = finding.tenant
            player = finding.player
            self.seq = seq
        }
    }

    /// Laws 1 to 3: every purse by itself, and the sums over all of them.
    private mutating func checkBooks(_ pass: LedgerPass) {
        let check = BooksCheck(pass)
        players = check.players
        purses = check.purses
        findings.add(check.findings)
        totals = check.totals
    }

    /// Events that a lane has lost are missing to those behind them, and to the other halves of its transfers.
    private mutating func markWhatFollows(from files: LedgerFiles) {
        let damaged = files.logs.filter { log in
            let directory = log.at.directory
            return findings.kept.contains { finding in
                guard finding.check == .log, let file = finding.file else { return false }
                return file == directory || file.hasPrefix(directory + "/")
            }
        }
        if damaged.isEmpty { return }
        let lanes = Set(damaged.map(\.at.lane))
        findings.markThoseThatFollow { finding in
            switch finding.check {
            case .seq, .balance, .hold, .law: break
            case .log, .event, .snapshot, .summation, .tables, .archive, .backup: return false
            }
            // What is wrong with one player follows from the lane of that player alone.
            guard let tenant = finding.tenant, let player = finding.player else { return true }
            return lanes.contains(files.lane(of: Player(player, of: tenant)))
        }
    }

    private func hasSnapshots(_ files: LedgerFiles) throws(LedgerError) -> Bool {
        let disk = files.directory.disk
        for log in files.logs where disk.directoryExists(log.at.directory) {
            if try !SnapshotFile.list(in: log.at.directory, on: disk).isEmpty { return true }
        }
        return false
    }

    /// Two states of a large ledger with all that they remember of requests don't fit into memory, so of the replay's
    /// only a digest is kept.
    private mutating func compareSnapshots(
        of files: LedgerFiles, with machines: [WalletMachine]
    ) throws(LedgerError) {
        let digests = Self.requestDigests(of: machines, files.logs)
        for machine in machines { machine.withState { $0.forgetRequests() } }
        let recovered: [(WalletMachine, LaneRecovery.Report)]
        do throws(LedgerError) {
            recovered = try files.recoverStates()
        } catch {
            findings.add(Finding(error, as: .snapshot))
            return
        }
        let found = Self.requestDigests(of: recovered.map(\.0), files.logs)
        for (lane, (machine, report)) in recovered.enumerated() {
            for damage in report.passedOver { findings.add(Finding(damage, as: .snapshot)) }
            guard let snapshot = report.snapshot else { continue }
            snapshotsCompared += 1
            let log = files.logs[lane]
            let file = log.at.directory + "/" + snapshot
            var list = FindingList()
            machines[lane].withState { replayed in
                machine.withState { recovered in
                    let count = replayed.compare(with: &recovered, limit: FindingList.keptMax) {
                        list.add(Finding($0, in: file))
                    }
                    list.add(uncounted: count - list.count)
                }
            }
            for difference in digests[lane].differences(from: found[lane]) {
                list.add(Finding(difference, in: file))
            }
            findings.add(list)
        }
    }

    private static func requestDigests(of machines: [WalletMachine], _ logs: [FileBatchLog]) -> [RequestDigest] {
        // Each lane's machine is one thread's until all have ended.
        nonisolated(unsafe) let machines = machines
        return LaneThreads.map(logs.count) { lane, _ in
            machines[lane].withState { $0.requestDigest(segmentBytes: logs[lane].at.segmentBytes) }
        }
    }

    /// Takes in what else the log was compared with.
    package mutating func add(_ comparisons: [Comparison]) {
        for comparison in comparisons { findings.add(comparison.findings) }
        self.comparisons += comparisons
    }

    /// The hash of each lane's last batch: it vouches for every event before it.
    package var chainHeads: [String] { log.chainHeads.map(\.hexadecimal) }

    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("ok", isGood)
            json.member("lanes", log.lanes)
            json.member("segments", log.segments)
            json.member("sealed_segments", log.sealedSegments)
            json.member("batches", log.batches)
            json.member("events", log.events)
            json.member("bytes", log.bytes)
            json.member("last_position", log.lastPosition)
            json.member("players", players)
            json.member("purses", purses)
            json.member("snapshots_compared", snapshotsCompared)
            json.member("chain_heads", texts: chainHeads)
            Comparison.write(comparisons, to: &json)
            json.member("fault_count", findings.count)
            if findings.following > 0 { json.member("may_follow_count", findings.following) }
            json.member("faults", objects: findings.kept) { $0.writeMembers(to: &$1) }
        }
    }
}

extension Finding {
    /// In what a snapshot's memory of requests differs from the replay's.
    fileprivate init(
        _ difference: (segment: UInt64, expected: RequestDigest.Part, found: RequestDigest.Part), in file: String
    ) {
        let what = "requests that the events of segment \(difference.segment) were the last about"
        let isAsMany = difference.expected.count == difference.found.count
        self.init(.snapshot, found: isAsMany ? "as many, but not the same" : "\(difference.found.count) of them")
        self.file = file
        expected = "\(difference.expected.count) \(what)"
    }

    /// In what a snapshot differs from the replay.
    fileprivate init(_ difference: StateDifference, in file: String) {
        self.init(.snapshot, found: difference.found)
        self.file = file
        tenant = difference.player?.tenant
        player = difference.player?.player
        seq = difference.player?.seq
        asset = difference.asset?.description
        expected = difference.expected
    }
}
