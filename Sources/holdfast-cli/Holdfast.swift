private import Glibc
import HoldfastText

@main
struct HoldfastCommand {
    static let version = "0.1.0"

    static let program = Program(
        name: "holdfast", summary: "An event-sourced wallet ledger on append-only log files.", version: version,
        groups: [
            VerbGroup("ledger", [InitVerb.self, ApplyVerb.self, ServeVerb.self, SnapshotVerb.self, SealVerb.self]),
            VerbGroup("reading", [BalanceVerb.self, HistoryVerb.self, EventsVerb.self, StatsVerb.self]),
            VerbGroup(
                "audit",
                [
                    VerifyVerb.self, ReplayVerb.self, AuditVerb.self, StoryVerb.self, DiffVerb.self, ExplainVerb.self,
                    ExportVerb.self,
                    ReconcileVerb.self,
                ]),
            VerbGroup("proofs", [ProveVerb.self, RootsVerb.self]),
            VerbGroup("backup", [BackupVerb.self, RestoreVerb.self, RetainVerb.self]),
            TablesVerbs.group,
            ArchiveVerbs.group,
            BenchVerbs.group,
        ])

    static func main() async {
        exit(await program.run().rawValue)
    }
}
