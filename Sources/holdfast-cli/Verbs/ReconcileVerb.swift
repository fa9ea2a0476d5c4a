private import Glibc
import Holdfast
import HoldfastAudit
import HoldfastLog
import HoldfastText

struct ReconcileVerb: Verb {
    static let manual = Manual(
        name: "reconcile", summary: "Compares a provider's statement with the ledger.",
        description: """
            Matches each row of a CSV file with the event of its request_id, and lists what is missing on either side \
            and what differs; exit 1 if anything does. The first line names the columns: request_id and amount must be \
            there, time, player and asset may. Amounts are compared without their sign. What moved money in the \
            statement's period and is not in the statement is missing there; a confirm also goes by its hold's name.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .text("against", "FILE", "the statement, comma-separated values with a header", required: true),
            .text("tenant", "T", "only events of this tenant"),
            .duration("tolerance", "by how much times may differ", default: "2s"),
            .text("columns", "FIELD=HEADER,…", "headers of request_id, amount, time, player, asset, where unusual"),
            .choice(
                "amounts", of: ProviderStatement.Amounts.self,
                "whole minor units or decimals; auto goes by whether any amount has a decimal mark",
                default: ProviderStatement.Amounts.auto),
            .choices("only", "KIND", Reconciliation.kinds, "kinds or events that the provider knows of"),
            .flag("json", "one JSON object instead of text"),
        ],
        example: "holdfast reconcile ledger --against provider.csv --tenant evian --only bet --only win")

    private let directory: String
    private let file: String
    private let columns: [StatementColumns.Field: String]
    private let amounts: ProviderStatement.Amounts
    private let options: Reconciliation.Options
    private let asJSON: Bool

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        file = values.text("against")
        columns =
            try values.textIfGiven("columns").map { text throws(UsageError) in
                try StatementColumns.parse(text)
            } ?? [:]
        amounts = values.choice("amounts", as: ProviderStatement.Amounts.self)
        var options = Reconciliation.Options()
        options.tenant = values.textIfGiven("tenant")
        options.toleranceMilliseconds = values.milliseconds("tolerance")
        options.only = Set(values.texts("only"))
        self.options = options
        asJSON = values.flag("json")
    }

    func run() async throws -> ExitCode {
        let files = try LedgerFiles(directory)
        let statement = try readStatement()
        LogBeginning.say(
            "reconcile", files.firstPosition, "; rows of the statement from before count as missing in the ledger")
        let progress = Progress.onStandardError("reconcile", unit: .things("events"), total: Int(files.lastPosition))
        let result = try Reconciliation(statement, with: files, options) { progress.update(done: $0) }
        progress.finish()
        if asJSON { try Output.print(result.json(statement)) } else { try Output.print(result.lines(statement)) }
        return result.isGood ? .done : .failed
    }

    private func readStatement() throws -> ProviderStatement {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw DiskFailure(operation: "open", path: file, errno: errno) }
        defer { close(descriptor) }
        let progress = Progress.onStandardError("reading \(file.visible())", unit: .things("rows"))
        var csv = CSVReader(descriptor: descriptor)
        let statement = try ProviderStatement(&csv, columns: columns, amounts: amounts) { progress.update(done: $0) }
        progress.finish()
        return statement
    }
}
