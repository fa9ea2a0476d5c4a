/// Gives up the points of a backup that are older than someone wants to go back, and the files that only they needed.
///
/// The log itself is append-only, so a later point serves every earlier moment as long as the log's beginning is kept.
/// What can go are segments that the log has given up since, and old snapshots.
package struct BackupExpiry: Sendable {
    /// Points that go, and files.
    package private(set) var points: [BackupPoint] = []
    package private(set) var files: [BackupManifest.StoredFile] = []

    package var bytes: UInt64 { files.reduce(0) { $0 + $1.bytes } }

    /// Every moment from `oldest` on can be restored afterwards as before: the newest point before it stays as well.
    /// With `dryRun` nothing is changed.
    package static func run(
        _ target: BackupTarget, keepingFrom oldest: Int64, dryRun: Bool
    ) throws(LogError) -> BackupExpiry {
        var expiry = BackupExpiry()
        // Nothing is made where there is no backup.
        let mirror = try target.mirror(target.existingManifest().kind)
        let lock = try target.lock()
        defer { withExtendedLifetime(lock) {} }
        // Read again: whoever had the lock until now may have changed the list, and what it does not name is removed.
        var manifest = try target.existingManifest()
        let before = manifest.files
        let kept = manifest.points.lastIndex { $0.taken <= oldest } ?? 0
        expiry.points = Array(manifest.points[..<kept])
        manifest.points.removeFirst(kept)
        for place in mirror.places {
            let first = manifest.points.map { $0.lanes[place.lane].firstSegment }.min() ?? 0
            let given = BackupReader.segments(of: place, in: mirror, manifest).filter { $0.number < first }
            manifest.files.removeAll { file in given.contains { $0.file == file } }
        }
        manifest.dropNeedlessSnapshots(mirror)
        expiry.files = before.filter { manifest.file($0.path) == nil }
        if dryRun || expiry.points.isEmpty { return expiry }
        do throws(DiskFailure) { try target.store(manifest) } catch { throw .io(error) }
        _ = try target.removeStrays(manifest, mirror)
        return expiry
    }
}
