/// The seam to the disk: every file operation of the log, and nothing else. The real disk implements it with
/// system calls; the simulated one of the tests loses unsynced writes, tears, flips, fills up and crashes.
///
/// The contract that the log relies on:
/// - what was written before a `sync` that returned is there after a crash;
/// - what was not synced may be there wholly, partly (by sectors) or not at all;
/// - a failed `sync` says nothing about what is on disk, so it is never retried on the same file;
/// - `rename` is atomic, and durable once the directory is synced.
package protocol Disk: Sendable {
    func makeDirectory(_ path: String) throws(DiskFailure)
    func directoryExists(_ path: String) -> Bool
    func fileExists(_ path: String) -> Bool
    /// Names of the entries, sorted.
    func list(_ path: String) throws(DiskFailure) -> [String]
    func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile
    func rename(_ from: String, to: String) throws(DiskFailure)
    /// Gives a file a second name; fails where the name is taken. Of several that race for one, one succeeds.
    func link(_ from: String, to: String) throws(DiskFailure)
    func remove(_ path: String) throws(DiskFailure)
    /// The directory must be empty.
    func removeDirectory(_ path: String) throws(DiskFailure)
    func syncDirectory(_ path: String) throws(DiskFailure)
    /// Paths with the same number lie on one file system: a file can be linked from one to the other.
    func fileSystem(of path: String) throws(DiskFailure) -> UInt64
    /// Takes the exclusive lock of a directory; nil when another process holds it. It dies with the process.
    func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)?
}

extension Disk {
    /// A disk is one file system, unless it says otherwise.
    package func fileSystem(of path: String) throws(DiskFailure) -> UInt64 { 0 }
}

package enum FileUse: Sendable {
    case reading
    /// The file must exist.
    case writing
    /// The file must not exist.
    case creating
}

/// An open file; it closes with the last reference, so that a reader on another thread can never use a descriptor
/// that was given to another file meanwhile. One that was opened for reading refuses whatever would change it.
package protocol DiskFile: AnyObject, Sendable {
    var path: String { get }
    func size() throws(DiskFailure) -> UInt64
    /// Reads up to `buffer.count` bytes; fewer only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int
    /// The same for whole pages, read by one who goes through a file once: past the page cache where they are not in it
    /// and that can be done.
    func readPages(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws(DiskFailure) -> Int
    /// Writes all of `bytes`.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure)
    /// Writes all of `bytes`. Behind them are zeros at least to the end of the page: those may be written along, since a
    /// page that is written whole need not be read from the disk first.
    func writeBeforeZeros(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure)
    /// Writes whole pages that nobody is expected to read soon: past the page cache where that can be done.
    func writePages(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure)
    /// Makes what was written durable.
    func sync() throws(DiskFailure)
    /// Lets go of what memory holds of the file, so that it is next read from the disk itself. Advice only.
    func forgetCached()
    /// From now on a few pages are read here and there, and nothing is gained by reading on behind them. Advice only.
    func expectScatteredReads()
    /// Reserves space for [0, size), so that no later write there can meet a full disk.
    func allocate(_ size: UInt64) throws(DiskFailure)
    /// Writes zeros to `range` and makes them durable, without leaving them in memory where that can be avoided.
    func fillWithZeros(_ range: Range<UInt64>) throws(DiskFailure)
    /// Copies a range to the same place in `target`, as far as this file reaches. Both may share the bytes on disk.
    func copy(_ range: Range<UInt64>, to target: any DiskFile) throws(DiskFailure)
}

extension DiskFile {
    package func copy(_ range: Range<UInt64>, to target: any DiskFile) throws(DiskFailure) {
        try copyThroughMemory(range, to: target)
    }

    /// The way that every disk can go.
    func copyThroughMemory(_ range: Range<UInt64>, to target: any DiskFile) throws(DiskFailure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Limits.copyStepBytes, alignment: 4096)
        defer { buffer.deallocate() }
        var at = range.lowerBound
        while at < range.upperBound {
            let wanted = Int(min(UInt64(buffer.count), range.upperBound - at))
            let got = try read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]), at: at)
            if got == 0 { return }
            try target.write(UnsafeRawBufferPointer(rebasing: buffer[..<got]), at: at)
            at += UInt64(got)
        }
    }
}

/// Held as long as it is referenced.
package protocol DirectoryLock: AnyObject, Sendable {}

extension DiskFile {
    package func readPages(
        into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64
    ) throws(DiskFailure) -> Int {
        try read(into: buffer, at: offset)
    }

    package func writeBeforeZeros(_ bytes: UnsafeRawBufferPointer, at offset: UInt64) throws(DiskFailure) {
        try write(bytes, at: offset)
    }

    package func forgetCached() {}

    package func expectScatteredReads() {}

    /// Reads exactly `count` bytes, or nil where the file ends earlier.
    package func bytes(at offset: UInt64, count: Int) throws(DiskFailure) -> [UInt8]? {
        var failure: DiskFailure?
        var got = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            do throws(DiskFailure) {
                let raw = UnsafeMutableRawBufferPointer(buffer)
                got = try read(into: UnsafeMutableRawBufferPointer(rebasing: raw[..<count]), at: offset)
            } catch {
                failure = error
            }
            initialized = got
        }
        if let failure { throw failure }
        return got == count ? bytes : nil
    }
}
