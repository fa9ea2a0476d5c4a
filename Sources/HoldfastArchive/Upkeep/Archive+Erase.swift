/// What an erasure did.
package struct EraseReport: Sendable, Equatable {
    package var rows = 0
    package var files = 0
    package var snapshot: Int64?
}

extension Archive {
    /// Takes the references (`ref`) out of a tenant's rows, or of one player's: the files that have some are written
    /// anew without them. Amounts, balances and all other columns stay, as their row-set hash proves. The old files
    /// retire, and go with `archive expire`.
    package func erase(
        tenant: String, player: String?, at now: Int64, engine: GzipEngine = .best,
        report: (_ rows: Int) -> Void = { _ in }
    ) throws(ArchiveError) -> EraseReport {
        let id = player.map { Array($0.utf8) }
        var chosen: [DataFile] = []
        let codec = GzipCodec()
        for file in chain.live.values.filter({ $0.tenant == tenant }).sorted(by: { $0.path < $1.path }) {
            guard file.facts.nullCounts[RowColumn.ref.rawValue] < file.facts.rows else { continue }
            if let player {
                guard file.mayHold(player) else { continue }
                let rows = try history(player, in: file, at: place(of: file), codec)
                guard try Self.haveRef(rows, file) else { continue }
            }
            chosen.append(file)
        }
        var result = EraseReport()
        if chosen.isEmpty { return result }
        let staging = try beginSnapshot()
        var added: [DataFile] = []
        for file in chosen {
            let press = press(for: [file], staging: staging, engine: engine)
            let done = try rewrite([file], into: press) { row in
                guard let id else { return true }
                return id.withUnsafeBytes { comparePlayers(row.player, $0) == 0 }
            }
            let new = try press.finish()
            try checkKept([file], new)
            added += new
            result.rows += done.erased
            report(result.rows)
        }
        var draft = SnapshotDraft(id: staging, operation: .overwrite, label: "erase", added: added, removed: chosen)
        draft.erasure = Snapshot.Erasure(tenant: tenant, player: player, rows: result.rows)
        try commit(draft, at: now)
        result.files = chosen.count
        result.snapshot = staging
        return result
    }

    private static func haveRef(_ rows: [ArchivedRow], _ file: DataFile) throws(ArchiveError) -> Bool {
        let parser = RowLineParser()
        for row in rows {
            let has = row.line.withUnsafeBytes { parser.parse($0) == nil && !parser.isNull(.ref) }
            if has { return true }
        }
        return false
    }
}
