import Holdfast
import HoldfastAudit
import HoldfastText

struct ExportVerb: Verb {
    static let manual = Manual(
        name: "export", summary: "Writes events for people's own tools.",
        description: """
            jsonl and csv are the rows of the domain's page. hledger is a plain-text-accounting journal that hledger \
            and ledger accept: each event a transaction between the player's accounts and the house, with what must \
            be there afterwards asserted. The same files give the same bytes each time.
            """,
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .choice("format", of: LedgerExport.Format.self, "what to write to standard output"),
            .text("tenant", "T", "only events of this tenant"),
            .text("player", "P", "only events of the player with this id"),
            .time("from", "only events of this time or later; a journal opens with the balances of then"),
            .time("to", "only events of this time or earlier"),
            .text("person", "FILE", "everything about --tenant's --player, as one .tar.gz with a manifest of hashes"),
            .text("archive", "ROOT", "with --person: where the events are that the log has given up"),
        ],
        exclusive: [["format", "person"]],
        usage: [
            "DIR --format jsonl|csv|hledger [--tenant T] [--player P] [--from TIME] [--to TIME]",
            "DIR --tenant T --player P --person FILE [--archive ROOT]",
        ],
        example: "holdfast export ledger --format hledger > ledger.journal && hledger -f ledger.journal check")

    private let directory: String
    private let job: Job

    private enum Job {
        case events(LedgerExport.Format)
        case person(Player, file: String, archive: String?)
    }
    private let selection: EventSelection

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        selection = EventSelection(
            tenant: values.textIfGiven("tenant"), player: values.textIfGiven("player"),
            from: values.millisecondsIfGiven("from"), to: values.millisecondsIfGiven("to"))
        if let from = selection.from, let to = selection.to, from > to {
            throw UsageError("--from is later than --to")
        }
        if let format = values.choiceIfGiven("format", as: LedgerExport.Format.self) {
            guard !values.isGiven("archive") else { throw UsageError("--archive goes with --person") }
            job = .events(format)
            return
        }
        guard let file = values.textIfGiven("person") else {
            throw UsageError("--format or --person says what to write")
        }
        guard let tenant = selection.tenant, let player = selection.player else {
            throw UsageError("--person needs --tenant and --player: whose data it is")
        }
        guard selection.from == nil, selection.to == nil else {
            throw UsageError("--person is everything: --from and --to can't narrow it down")
        }
        job = .person(Player(player, of: tenant), file: file, archive: values.textIfGiven("archive"))
    }

    func run() async throws -> ExitCode {
        switch job {
        case .events(let format): return try writeEvents(try LedgerFiles(directory), format)
        case .person(let player, let path, let archive):
            let file = try OutputFile(path)
            return try writePerson(player, try LedgerFiles(directory), archive, to: file)
        }
    }

    private func writePerson(
        _ player: Player, _ files: LedgerFiles, _ archive: String?, to file: OutputFile
    ) throws -> ExitCode {
        guard let person = try PersonExport(of: player, in: files, archive: archive) else {
            throw Failure("player \(player.id) of \(player.tenant) has no events")
        }
        if person.firstSeq > 1 {
            Output.say(
                "holdfast export: the player's events before seq \(person.firstSeq) were given up by the log; --archive "
                    + "takes them in")
        }
        try file.write { put in try person.write { try put($0) } }
        return .done
    }

    private func writeEvents(_ files: LedgerFiles, _ format: LedgerExport.Format) throws -> ExitCode {
        LogBeginning.say("export", files.firstPosition, format == .hledger ? "; each purse opens with what it had" : "")
        let progress = Progress.onStandardError("export", unit: .things("events"), total: Int(files.lastPosition))
        var output = BufferedWriter.standardOutput()
        let count = try LedgerExport(files, selection, as: format).write(to: &output) { progress.update(done: $0) }
        try output.flush()
        progress.finish()
        if count > 0 { return .done }
        if let player = selection.player {
            throw Failure("player \(player)\(selection.tenant.map { " of \($0)" } ?? "") has no such events")
        }
        if let tenant = selection.tenant, try !files.hasEvents(of: tenant) {
            let since =
                files.firstPosition > 1 ? " since position \(files.firstPosition), with which the log begins" : ""
            throw Failure("tenant \(tenant) has no events\(since)")
        }
        return .done
    }
}
