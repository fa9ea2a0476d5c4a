// Telling a name that nobody bears from one of whom there is nothing to do.
extension Archive {
    /// Whether there is a row of a tenant, or of one of its players, as the archive was after a snapshot.
    func hasRows(
        of tenant: String, player: String? = nil, at snapshot: Int64? = nil
    ) throws(ArchiveError) -> Bool {
        guard let id = snapshot ?? chain.newestID, let all = chain.files(at: id) else { return false }
        let codec = GzipCodec()
        for (file, path) in all where file.tenant == tenant {
            guard let player else { return true }
            if !file.mayHold(player) { continue }
            let place = path == file.path ? place(of: file) : path
            if try !history(player, in: file, at: place, codec).isEmpty { return true }
        }
        return false
    }

    /// Demands that there is one. Of a snapshot that is unknown itself, whoever looks for it says so.
    package func demandRows(
        of tenant: String, player: String?, at snapshot: Int64? = nil
    ) throws(ArchiveError) {
        if let snapshot, chain.files(at: snapshot) == nil { return }
        if try hasRows(of: tenant, player: player, at: snapshot) { return }
        throw .unknown(player.map { "player \($0) of \(tenant)" } ?? "tenant \(tenant)", root: storage.root)
    }
}
