private import Glibc
import HoldfastLog
import HoldfastText

/// A file that a verb writes, at the place that whoever runs it has named.
///
/// A regular file appears whole or not at all: it is written under a name of its own beside its place, synced, then
/// renamed. A link is followed, so that what it leads to is what is replaced. A device, a pipe or our own output has
/// no "whole": it is written into as it is, because renaming over it would put a file in its place.
struct OutputFile {
    /// As it was typed; messages name it so.
    private let path: String
    private let destination: Destination

    private enum Destination {
        case replaced(by: String, mode: mode_t?)
        case device
        case descriptor(Int32)
    }

    /// Finds out where the path leads, and refuses what must not be written over, before any work is done for it.
    init(_ path: String) throws {
        self.path = path
        var entry = stat()
        if stat(path, &entry) == 0 {
            destination = try Self.destination(of: entry, path)
        } else {
            guard errno == ENOENT else { throw DiskFailure(operation: "create", path: path, errno: errno) }
            destination = .replaced(by: try Self.placeOfNewFile(path), mode: nil)
        }
        if case .descriptor = destination { return }
        try Self.refuse(path, within: KeptDirectory.around(Self.resolved(path, destination)))
    }

    /// Refuses a folder for files of ours in the same way.
    static func checkFolder(_ path: String) throws {
        let name = path.hasSuffix("/") ? String(path.dropLast()) : path
        let place = try realPath(path) ?? placeOfNewFile(name)
        try refuse(path, within: KeptDirectory.around(place + "/"))
    }

    /// Refuses a directory of our own inside of another one: it would become a part of what it is a copy of.
    static func checkDirectory(_ path: String) throws {
        let name = path.hasSuffix("/") ? String(path.dropLast()) : path
        try refuse(path, within: KeptDirectory.around(try realPath(path) ?? placeOfNewFile(name)))
    }

    private static func refuse(_ path: String, within kept: KeptDirectory?) throws(UsageError) {
        guard let kept else { return }
        throw UsageError(
            "\(path) lies in \(kept.path), which is \(kept.kind): what is written there could destroy it. "
                + "Choose a place outside of it")
    }

    private static func destination(of entry: stat, _ path: String) throws -> Destination {
        for descriptor in [SystemCalls.standardOutput, SystemCalls.standardError] {
            var own = stat()
            if fstat(descriptor, &own) == 0, own.st_dev == entry.st_dev, own.st_ino == entry.st_ino {
                return .descriptor(descriptor)
            }
        }
        switch entry.st_mode & S_IFMT {
        case S_IFREG:
            guard let place = realPath(path) else { throw DiskFailure(operation: "create", path: path, errno: errno) }
            return .replaced(by: place, mode: entry.st_mode & 0o777)
        case S_IFDIR: throw DiskFailure(operation: "create", path: path, errno: EISDIR)
        default: return .device
        }
    }

    /// Where a file lies that is not there yet, behind any links that lead to it.
    private static func placeOfNewFile(_ path: String) throws -> String {
        var place = path
        for _ in 0..<linksMax {
            let parts = split(place)
            guard let directory = realPath(parts.directory), !parts.name.isEmpty else {
                throw DiskFailure(operation: "create", path: path, errno: parts.name.isEmpty ? EISDIR : errno)
            }
            place = directory == "/" ? "/" + parts.name : directory + "/" + parts.name
            guard let target = linkTarget(place) else { return place }
            place = target.hasPrefix("/") ? target : directory + "/" + target
        }
        throw DiskFailure(operation: "create", path: path, errno: ELOOP)
    }

    /// As many as Linux follows.
    private static let linksMax = 40

    private static func resolved(_ path: String, _ destination: Destination) -> String {
        if case .replaced(let place, _) = destination { return place }
        return realPath(path) ?? path
    }

    // MARK: Writing

    func write(_ json: borrowing JSONWriter) throws {
        try json.withBytes { bytes throws(any Error) in try write { put in try put(bytes) } }
    }

    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { utf8 in try write { put in try put(UnsafeRawBufferPointer(utf8)) } }
    }

    /// Piece by piece; `body` is handed what takes the pieces. What was written of a file that fails is removed.
    func write(_ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void) throws {
        switch destination {
        case .replaced(let place, let mode): try replace(place, mode, body)
        case .descriptor(let descriptor): try body { bytes in try put(bytes, descriptor) }
        case .device:
            let descriptor = open(path, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw DiskFailure(operation: "write", path: path, errno: errno) }
            defer { close(descriptor) }
            try body { bytes in try put(bytes, descriptor) }
            // A disk keeps what it got; a pipe or a terminal has nothing to sync, and says so.
            guard fsync(descriptor) == 0 || [EINVAL, EROFS, ENOTSUP].contains(errno) else {
                throw DiskFailure(operation: "sync", path: path, errno: errno)
            }
        }
    }

    private func replace(
        _ place: String, _ mode: mode_t?, _ body: (@escaping (UnsafeRawBufferPointer) throws -> Void) throws -> Void
    ) throws {
        let directory = Self.split(place).directory
        var (descriptor, temporary) = try create(in: directory)
        defer { close(descriptor) }
        do {
            // Whoever kept others from reading the old file means the new one too.
            if let mode { fchmod(descriptor, mode) }
            try body { bytes in try put(bytes, descriptor) }
            guard fsync(descriptor) == 0 else { throw DiskFailure(operation: "sync", path: path, errno: errno) }
            let named = try temporary ?? name(descriptor, in: directory)
            temporary = named
            guard rename(named, place) == 0 else { throw DiskFailure(operation: "rename", path: named, errno: errno) }
        } catch {
            if let temporary { unlink(temporary) }
            throw error
        }
    }

    /// A new file in a directory: without a name, so that nothing is left of it whatever ends the program before it is
    /// whole; with one that nothing has where the file system has no files without a name.
    private func create(in directory: String) throws -> (descriptor: Int32, path: String?) {
        if access(Self.ownDescriptors, X_OK) == 0 {
            // As O_TMPFILE is, which Swift does not see: a macro of others.
            let descriptor = open(directory, O_WRONLY | Self.withoutName | O_DIRECTORY | O_CLOEXEC, 0o644)
            if descriptor >= 0 { return (descriptor, nil) }
        }
        var descriptor: Int32 = -1
        let path = try underFreeName(in: directory) { temporary in
            descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
            return descriptor >= 0
        }
        return (descriptor, path)
    }

    private static let withoutName: Int32 = 0o20000000
    private static let ownDescriptors = "/proc/self/fd"

    /// Gives a file without a name one that nothing has.
    private func name(_ descriptor: Int32, in directory: String) throws -> String {
        try underFreeName(in: directory) { temporary in
            linkat(AT_FDCWD, "\(Self.ownDescriptors)/\(descriptor)", AT_FDCWD, temporary, AT_SYMLINK_FOLLOW) == 0
        }
    }

    /// The name may be as short as any: that of the file itself may be as long as names can be.
    private func underFreeName(in directory: String, _ make: (String) -> Bool) throws -> String {
        while true {
            let digits = String(UInt64.random(in: .min ... .max), radix: 16)
            let temporary = "\(directory)/.holdfast-\(digits).new"
            if make(temporary) { return temporary }
            // The name that whoever runs it knows.
            guard errno == EEXIST else { throw DiskFailure(operation: "create", path: path, errno: errno) }
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32) throws {
        var done = 0
        while done < bytes.count {
            let put = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if put < 0 {
                if errno == EINTR { continue }
                if errno == EPIPE { throw StreamError.readerWentAway }
                throw DiskFailure(operation: "write", path: path, errno: errno)
            }
            done += put
        }
    }

    // MARK: Paths

    private static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func linkTarget(_ path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = readlink(path, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }

    private static func split(_ path: String) -> (directory: String, name: String) {
        guard let slash = path.lastIndex(of: "/") else { return (".", path) }
        let name = String(path[path.index(after: slash)...])
        return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
    }
}
