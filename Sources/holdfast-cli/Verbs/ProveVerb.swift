import Holdfast
import HoldfastLog
import HoldfastText

struct ProveVerb: Verb {
    static let manual = Manual(
        name: "prove", summary: "Proves that an event stands in the log, or that the log only grew; checks proofs.",
        description: """
            With DIR, TENANT, PLAYER and SEQ: a proof of that event as one JSON object, for the roots of now or for the \
            published root that --root names. With DIR and --consistency: a proof that the log, as it is now or as \
            --root says, begins with what the older root file says. With --check: checks a proof of either kind with \
            nothing but that file and the published roots that are given. docs/PROOFS.md says what is proven, and how \
            to check it without Holdfast.
            """,
        arguments: [
            .required("DIR", "the ledger's directory", unless: "check"), .optional("TENANT", "the brand"),
            .optional("PLAYER", "the player's id"), .optional("SEQ", "of the event", .integer(1...Int.max)),
        ],
        options: [
            .text("check", "FILE", "checks this proof; needs no ledger"),
            .text("root", "ROOTFILE", "the published root that the proof leads to"),
            .text("consistency", "ROOTFILE", "the older of two roots"),
        ],
        usage: [
            "DIR TENANT PLAYER SEQ [--root ROOTFILE]", "DIR --consistency ROOTFILE [--root ROOTFILE]",
            "--check FILE [--root ROOTFILE] [--consistency ROOTFILE]",
        ],
        example: "holdfast prove ledger evian p1 17 > proof.json",
        exitCodes: [
            .init(.done, "done, or the proof holds"), .init(.failed, "no proof could be made, or it does not hold"),
            .init(.usage, "wrong usage"),
        ])

    private enum Job {
        case check(String)
        case inclusion(directory: String, Player, seq: UInt64)
        case consistency(directory: String)
    }

    private let job: Job
    private let root: String?
    private let old: String?

    init(_ values: ParsedOptions) throws(UsageError) {
        root = values.textIfGiven("root")
        old = values.textIfGiven("consistency")
        let isEvent = values.isGiven("TENANT")
        if let file = values.textIfGiven("check") {
            guard !values.isGiven("DIR") else { throw UsageError("--check needs no ledger: leave DIR out") }
            job = .check(file)
        } else if old != nil {
            guard !isEvent else { throw UsageError("--consistency is about a whole log: leave TENANT and so on out") }
            job = .consistency(directory: values.text("DIR"))
        } else {
            guard let tenant = values.textIfGiven("TENANT"), let player = values.textIfGiven("PLAYER"),
                let seq = values.integerIfGiven("SEQ")
            else { throw UsageError("TENANT, PLAYER and SEQ say which event is to be proven") }
            job = .inclusion(directory: values.text("DIR"), Player(player, of: tenant), seq: UInt64(seq))
        }
    }

    func run() async throws -> ExitCode {
        let root = try root.map(Self.roots)
        let old = try old.map(Self.roots)
        var output = BufferedWriter.standardOutput()
        switch job {
        case .check(let file):
            let proof: ProofFile
            do {
                proof = try ProofFile(reading: Self.content(of: file))
                try proof.check(against: root, since: old)
            } catch let failure as ProofFailure {
                throw Failure("\(file) does not hold: \(failure)")
            }
            try output.write(Self.finding(proof, root: root, old: old))
        case .inclusion(let directory, let player, let seq):
            let proof = try Self.withProver(directory) { prover throws(LedgerError) in
                try prover.inclusion(of: player, seq: seq, in: root)
            }
            try output.write(proof.json())
        case .consistency(let directory):
            let proof = try Self.withProver(directory) { prover throws(LedgerError) in
                try prover.consistency(from: old!, to: root)
            }
            try output.write(proof.json)
        }
        try output.flush()
        return .done
    }

    private static func withProver<Proof>(
        _ directory: String, _ make: (Prover) throws(LedgerError) -> Proof
    ) throws(LedgerError) -> Proof {
        let progress = Progress.onStandardError("prove", unit: .bytes)
        let proof = try make(Prover(LedgerFiles(directory)) { progress.advance(by: $0) })
        progress.finish()
        return proof
    }

    private static func content(of file: String) throws -> [UInt8] {
        guard let bytes = try RealDisk().readWhole(file) else { throw Failure("there is no file \(file)") }
        return bytes
    }

    private static func roots(_ file: String) throws -> PublishedRoots {
        do {
            return try PublishedRoots(reading: content(of: file))
        } catch let failure as ProofFailure {
            throw Failure("\(file): \(failure)")
        }
    }

    /// What was proven, for programs and people; a proof says little until its root is known to be a published one.
    private static func finding(_ proof: ProofFile, root: PublishedRoots?, old: PublishedRoots?) -> JSONWriter {
        JSONWriter.line { json in
            json.member("ok", true)
            switch proof {
            case .inclusion(let proof):
                json.member("proves", "inclusion" as StaticString)
                json.member("log", proof.log as String?)
                json.member("lane", proof.head.lane)
                json.member("segment", proof.segment.number)
            case .consistency(let proof):
                json.member("proves", "consistency" as StaticString)
                json.member("log", proof.log as String?)
                json.member("older_root_checked", old != nil)
            }
            json.member("root_checked", root != nil)
        }
    }
}
