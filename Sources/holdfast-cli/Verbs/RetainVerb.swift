import HoldfastArchive
import HoldfastText

struct RetainVerb: Verb {
    static let manual = Manual(
        name: "retain", summary: "Gives up old sealed segments that are safe in the archive.",
        description: """
            Drops the oldest segments of the log whose events are all older than --older-than, counted from the \
            ledger's newest event, once each of their rows was found in the archive, the same in every byte, in files \
            that match their hashes. Two good snapshots of the state must begin behind them, and no named consumer may \
            stand before their end. Their roots stay, so that the chain and older proofs still hold. What they held \
            can't be read from the ledger any more. Nothing is ever given up but by this command. Prints one JSON \
            object, with the reason why each lane kept its next segment. The ledger must not be running; with --dry-run \
            it may be.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .text("archive", "ROOT", "the archive that has the rows", required: true),
            .duration("older-than", "age of the newest event of a segment; at least 31d", required: true),
            .flag("dry-run", "checks everything and only says what would go"),
        ],
        example: "holdfast retain ledger --archive archive --older-than 400d --dry-run")

    private let retention: SegmentRetention

    init(_ values: ParsedOptions) throws(UsageError) {
        retention = SegmentRetention(
            ledger: values.text("DIR"), archive: values.text("archive"), olderThan: values.milliseconds("older-than"),
            isDryRun: values.flag("dry-run"))
    }

    func run() async throws -> ExitCode {
        let progress = Progress.onStandardError("retain", unit: .things("events"))
        let report = try retention.run { progress.update(done: $0) }
        progress.finish()
        try Output.print(report.json)
        return .done
    }
}
