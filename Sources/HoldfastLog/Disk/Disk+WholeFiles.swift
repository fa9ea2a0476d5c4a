/// Small files that are read and written whole.
extension Disk {
    /// Writes a file so that a crash leaves the old one or the new one: under a temporary name, synced, renamed, and
    /// the directory synced.
    package func writeWhole(_ bytes: [UInt8], to path: String, in directory: String) throws(DiskFailure) {
        let temporary = path + ".new"
        if fileExists(temporary) { try remove(temporary) }
        let file = try open(temporary, for: .creating)
        try file.writeAll(bytes, at: 0)
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(directory)
    }

    /// All of a file; nil where there is none.
    package func readWhole(_ path: String) throws(DiskFailure) -> [UInt8]? {
        guard fileExists(path) else { return nil }
        let file = try open(path, for: .reading)
        return try file.bytes(at: 0, count: Int(file.size())) ?? []
    }
}
