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
        func wrong(_ what: String) -> LogError {
            .invalid(
                argument: path, reason: "\(what); the backup can't be trusted without it. Take it from another copy")
        }
        guard disk.fileExists(path) else { throw wrong("the file is missing") }
        let found: (whole: Digest, shorter: Digest?)?
        do throws(DiskFailure) {
            found = try digest(of: disk.open(path, for: .reading), first: file.bytes, progress)
        } catch {
            throw .io(error)
        }
        guard let found else {
            throw wrong("the file is cut short: \(file.bytes) bytes of it belong to the backup")
        }
        guard found.whole == file.digest else {
            throw wrong("the file is damaged: its SHA-256 is not the one in the backup's list")
        }
    }
}
