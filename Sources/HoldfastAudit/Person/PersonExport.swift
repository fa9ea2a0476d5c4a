package import Holdfast
internal import HoldfastArchive
internal import HoldfastLog
internal import HoldfastTables
internal import HoldfastText
internal import HoldfastWallet

/// Everything that a ledger knows of one person, in one gzipped tar: for the person themselves, and for whoever has to
/// show that it is everything. A manifest names each file with its size and SHA-256. The same log gives the same bytes.
package struct PersonExport {
    package struct Part: Sendable, Equatable {
        package let name: String
        package let bytes: Int
        package let sha256: String
    }

    private let player: Player
    private let files: LedgerFiles
    package private(set) var parts: [Part] = []
    package private(set) var events = 0
    private var wallet: Wallet?
    private var lastTime: Int64 = 0
    private var lastSeq: UInt64 = 0
    /// Rows that only the archive has, because the log has given them up.
    private var archived: [HoldfastArchive.ArchivedRow] = []
    /// The first event that is in here. Those before it were given up, and no archive was asked for them.
    package private(set) var firstSeq: UInt64 = 1

    private static let folder = "holdfast-person/"

    /// Nil when the player has no events, and none that the log has given up. Reads the player's log once for each part, to learn its size and hash. From
    /// the archive at `root` come the events that the log has given up.
    package init?(of player: Player, in files: LedgerFiles, archive root: String? = nil) throws {
        self.player = player
        self.files = files
        var replay = PlayerReplay(player, files.configuration)
        var first: UInt64?
        try files.forEachRecord(of: player) { (record, address) throws(LedgerError) in
            first = first ?? record.revision
            if first == 1 { try replay.apply(record, at: address) }
            events += 1
            lastTime = record.time
            lastSeq = record.revision
            return true
        }
        if let root { try takeIn(Archive.open(root, for: .reading), before: first ?? .max) }
        wallet = first == 1 ? replay.wallet() : try files.wallet(of: player)
        guard events > 0 || wallet != nil else { return nil }
        lastSeq = max(lastSeq, wallet?.seq ?? 0)
        firstSeq = archived.first?.seq ?? first ?? lastSeq + 1
        for name in Self.names { parts.append(try measure(name)) }
    }

    private mutating func takeIn(_ archive: Archive, before first: UInt64) throws {
        if let log = archive.otherLog(than: files.directory.manifest.log.text) {
            throw LedgerError.invalid(argument: "the archive", reason: "it is of another ledger's log, \(log)")
        }
        archived = try archive.history(tenant: player.tenant, player: player.id).filter { $0.seq < first }
        guard let last = archived.last else { return }
        events += archived.count(where: { $0.half == 0 })
        lastSeq = max(lastSeq, last.seq)
        lastTime = max(lastTime, last.createdAt)
    }

    /// Writes the archive.
    package func write(to sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        var tar = TarArchive(time: lastTime / 1_000, to: sink)
        let manifest = manifest
        try tar.file(Self.folder + "manifest.json", size: manifest.count) { tar throws in
            try manifest.withBytes { bytes throws(any Error) in try tar.put(bytes) }
        }
        for part in parts {
            try tar.file(Self.folder + part.name, size: part.bytes) { tar throws in
                // The writer's sink can't throw what the archive's does, so it carries it out.
                var failure: (any Error)?
                try withUnsafeMutablePointer(to: &tar) { tar in
                    try withUnsafeMutablePointer(to: &failure) { failure in
                        nonisolated(unsafe) let (tar, failure) = (tar, failure)
                        var output = BufferedWriter(capacity: 1 << 18) { bytes throws(SystemError) in
                            do { try tar.pointee.put(bytes) } catch { failure.pointee = failure.pointee ?? error }
                            return bytes.count
                        }
                        try content(part.name, to: &output)
                        try output.flush()
                    }
                }
                if let failure { throw failure }
            }
        }
        try tar.finish()
    }

    // MARK: The parts

    private static let names = ["README.txt", "events.csv", "events.jsonl", "statement.txt", "wallet.json"]

    private func content(_ name: String, to output: inout BufferedWriter) throws {
        let selection = EventSelection(player)
        switch name {
        case "events.jsonl":
            try LedgerExport(files, selection, as: .jsonl, behind: archived.map(\.line)).write(to: &output)
        case "events.csv":
            try LedgerExport(files, selection, as: .csv, behind: archived.map(\.line)).write(to: &output)
        case "statement.txt": _ = try StatementText.print(player, of: files, from: nil, to: nil, to: &output)
        case "wallet.json": if let wallet { try output.write(wallet.json) }
        default: try output.write(Self.readme)
        }
    }

    private static let readme = """
        Everything that this ledger holds about one player.

        statement.txt  what happened, for people: dates in UTC, amounts in the currency's decimals
        events.jsonl   every event, one JSON object a line, amounts in the currency's smallest unit
        events.csv     the same events for spreadsheets
        wallet.json    balances and open holds after the last event
        manifest.json  whose log this is, how far it goes, and the size and SHA-256 of each file here

        Where first_seq in the manifest is more than 1, the events before it were given up by the ledger and are in its
        archive. Events that came from there are in events.jsonl and events.csv, and not in statement.txt.

        To check a file: sha256sum FILE, and compare with the manifest.

        """

    private func measure(_ name: String) throws -> Part {
        let digest = RunningDigest()
        let count = Locked(0)
        nonisolated(unsafe) let running = digest
        var output = BufferedWriter(capacity: 1 << 18) { bytes throws(SystemError) in
            running.update(bytes)
            count.with { $0 += bytes.count }
            return bytes.count
        }
        try content(name, to: &output)
        try output.flush()
        return Part(name: name, bytes: count.with { $0 }, sha256: digest.finish().hexadecimal)
    }

    private var manifest: JSONWriter {
        JSONWriter.line { json in
            json.member("holdfast", "person" as StaticString)
            json.member("version", 1)
            json.member("log", files.directory.manifest.log.hexadecimal as String?)
            json.member("tenant", player.tenant as String?)
            json.member("player", player.id as String?)
            json.member("events", events)
            json.member("first_seq", firstSeq)
            json.member("last_seq", lastSeq)
            json.member("last_event_at", lastTime)
            json.member("files", objects: parts) { part, json in
                json.member("name", part.name as String?)
                json.member("bytes", part.bytes)
                json.member("sha256", part.sha256 as String?)
            }
        }
    }
}
