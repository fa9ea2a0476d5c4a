private import Foundation

/// A directory of its own on the real disk, removed with the last reference.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() {
        var template = Array((NSTemporaryDirectory() + "holdfast-XXXXXX").utf8CString)
        precondition(mkdtemp(&template) != nil, "the system gives no temporary directory")
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

// What an operator's hand may do to the files in it; each is named by its path from the directory.
extension TemporaryDirectory {
    /// Copies a file over another one, which need not be there.
    package func copy(_ from: String, to: String) throws {
        try? FileManager.default.removeItem(atPath: path + "/" + to)
        try FileManager.default.copyItem(atPath: path + "/" + from, toPath: path + "/" + to)
    }

    package func move(_ from: String, to: String) throws {
        try? FileManager.default.removeItem(atPath: path + "/" + to)
        try FileManager.default.moveItem(atPath: path + "/" + from, toPath: path + "/" + to)
    }

    package func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    package func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }

    /// Overwrites a part of a file.
    package func damage(_ name: String, at offset: UInt64, bytes: Int) throws {
        let handle = FileHandle(forUpdatingAtPath: path + "/" + name)!
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: bytes))
        try handle.close()
    }
}

/// Does something as a user without the rights of whoever runs the tests. That holds for the whole process,
/// so only in one of its own.
package func asAnotherUser(_ body: () throws -> Void) rethrows {
    let owner = geteuid()
    if owner == 0 { seteuid(65_534) }
    defer { seteuid(owner) }
    try body()
}
