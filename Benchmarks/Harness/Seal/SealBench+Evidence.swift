internal import Holdfast
internal import HoldfastLog
internal import HoldfastWallet

/// What is made from sealed segments: proofs and backups.
extension SealBench {
    private static let proofs = 20

    /// The first proof of a lane reads the roots of all segments; each reads the events of its own.
    func measureProofs(_ path: String, into report: inout BenchReport) throws {
        let prover = Prover(try LedgerFiles(path))
        let histogram = Histogram()
        let meter = BenchReport.Meter()
        for number in 0..<Self.proofs {
            let player = Player(WalletTraffic.playerID(number * 7919 % plan.players), of: WalletTraffic.tenant)
            let start = Machine.nanoseconds
            let proof = try prover.inclusion(of: player, seq: 1)
            histogram.record(Machine.nanoseconds - start)
            precondition(proof.segment.events > 0, "the proof is of an event in a segment")
        }
        report.add(meter.rate("inclusion proofs, one after the other", count: Self.proofs, latency: histogram.summary))
    }

    func measureBackup(_ path: String, into report: inout BenchReport) throws {
        let target = plan.directory + "/backup"
        let restored = plan.directory + "/restored"
        for directory in [target, restored] { Directory.remove(directory) }
        let events = Int(try LedgerFiles(path).lastPosition)
        let copying = BenchReport.Meter()
        let first = try LedgerBackup.run(path, into: target)
        report.add(copying.rate("backup, everything", count: events, bytes: Int(first.copiedBytes)))
        let again = BenchReport.Meter()
        let second = try LedgerBackup.run(path, into: target)
        report.add(again.rate("backup, nothing new", count: 1, bytes: Int(second.copiedBytes)))
        let restoring = BenchReport.Meter()
        let back = try LedgerBackup.restore(target, into: restored)
        precondition(Int(back.position) == events, "everything is restored")
        report.add(restoring.rate("restore, checked twice and verified", count: events, bytes: Int(first.bytes)))
        for directory in [target, restored] { Directory.remove(directory) }
    }
}
