package import Holdfast
internal import HoldfastLog
package import HoldfastText
package import HoldfastWallet

/// All balances of a ledger rebuilt from its log alone: by the `apply` of the live path, and by an independent
/// summation that must come to the same.
package struct LedgerReplay {
    private let machines: [WalletMachine]
    private let asOf: Int64?
    package let events: Int
    package private(set) var players = 0
    package private(set) var purses = 0
    package private(set) var totals: [AssetName: LedgerDifference.Total] = [:]
    package private(set) var findings = FindingList()

    package private(set) var comparisons: [Comparison] = []

    package var isGood: Bool { findings.isEmpty }

    /// With a time, events up to and including it count, and holds that had ended by then have fallen back.
    package init(
        of files: LedgerFiles, asOf: Int64? = nil, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws(LedgerError) {
        self.asOf = asOf
        let pass = try LedgerPass(files, upTo: asOf, progress: progress)
        let damage = Self.read(files.logs, into: pass)
        findings.add(try pass.finish())
        if let damage { throw damage }
        machines = pass.machines
        events = pass.events
        let check = BooksCheck(pass)
        findings.add(check.findings)
        players = check.players
        purses = check.purses
        totals = check.totals
        if let asOf { release(by: asOf) }
    }

    /// All lanes; what keeps the first of them from being read.
    private static func read(_ logs: [FileBatchLog], into pass: LedgerPass) -> LedgerError? {
        do throws(LedgerError) {
            _ = try LaneThreads.map(logs.count) { (lane, isOwnThread) throws(LedgerError) in
                defer { pass.end(lane: lane) }
                let log = logs[lane]
                let cursor = log.batchesOnce(from: log.firstAddress, upTo: log.tail.address)
                while let batch = try cursor.next() {
                    pass.take(RecordRun(batch), lane: lane, isOwnThread: isOwnThread)
                }
            }
            return nil
        } catch {
            return error
        }
    }

    /// Takes in what else the log was compared with.
    package mutating func add(_ comparisons: [Comparison]) {
        for comparison in comparisons { findings.add(comparison.findings) }
        self.comparisons += comparisons
    }

    /// Holds that had ended by the time count as fallen back.
    private mutating func release(by asOf: Int64) {
        for machine in machines {
            machine.withState { state in
                state.forEachOpenHold { asset, amount, expiresAt in
                    if expiresAt <= asOf { totals[asset, default: .init()].held -= Int128(amount) }
                }
            }
        }
    }

    /// One line for each player and asset, sorted.
    package var lines: JSONWriter { LedgerBooks(of: machines, asOf: asOf).lines }

    /// Totals per asset; what did not add up only where something did not.
    package var json: JSONWriter {
        JSONWriter.line { json in
            json.member("events", events)
            json.member("players", players)
            LedgerDifference.Total.write(
                totals.sorted { $0.key < $1.key }.map { ($0.key.description, $0.value) }, to: &json)
            Comparison.write(comparisons, to: &json)
            if !isGood {
                json.member("fault_count", findings.count)
                json.member("faults", objects: findings.kept) { $0.writeMembers(to: &$1) }
            }
        }
    }
}
