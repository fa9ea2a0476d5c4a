/// Hashing of files while backing up and restoring.
enum HashedFile {
    /// SHA-256 of the first `bytes` of a file, and of a shorter beginning of it where one is asked for; nil where the
    /// file is shorter.
    static func digest(
        of file: any DiskFile, first bytes: UInt64, andOfFirst shorter: UInt64? = nil, _ progress: (Int) -> Void
    ) throws(DiskFailure) -> (whole: Digest, shorter: Digest?)? {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.copyStepBytes, alignment: 4096)
        defer { buffer.deallocate() }
        var stream = Sha256Stream()
        var found: Digest?
        var at: UInt64 = 0
        while true {
            if at == shorter { found = stream.digest }
            if at >= bytes { return (stream.digest, found) }
            let end = if let shorter, at < shorter { min(shorter, bytes) } else { bytes }
            let wanted = Int(min(UInt64(buffer.count), end - at))
            let got = try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: at)
            if got < wanted { return nil }
            stream.add(UnsafeRawBufferPointer(rebasing: buffer[..<got]))
            at += UInt64(got)
            progress(got)
        }
    }

    /// Demands that a file of a backup is the one that its list names.
    static func check(
        _ file: BackupManifest.StoredFile, at path: String, on disk: any Disk, _ progress: (Int) -> Void = { _ in }
    ) throws(LogError) {
        guard let damage = try damage(to: file, at: path, on: disk, progress) else { return }
        throw .invalid(
            argument: path,
            reason: "\(damage.found); the backup can't be trusted without it. Take it from another copy")
    }

    /// In what a file of a backup is not the one that its list names; nil where it is.
    static func damage(
        to file: BackupManifest.StoredFile, at path: String, on disk: any Disk, _ progress: (Int) -> Void
    ) throws(LogError) -> Damage? {
        guard disk.fileExists(path) else { return Damage(file: path, offset: 0, found: "the file is missing") }
        do throws(DiskFailure) {
            let copy = try disk.open(path, for: .reading)
            guard let found = try digest(of: copy, first: file.bytes, progress) else {
                return Damage(
                    file: path, offset: try copy.size(),
                    found: "the file is cut short: \(file.bytes) bytes of it belong to the backup")
            }
            if found.whole == file.digest { return nil }
            return Damage(
                file: path, offset: 0,
                found: "the file is damaged: its SHA-256 is not the one in the backup's list")
        } catch {
            throw .io(error)
        }
    }
}
