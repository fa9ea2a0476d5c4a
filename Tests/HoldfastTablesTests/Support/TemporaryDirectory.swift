import Foundation

/// A directory of its own on the real disk, removed with the last reference.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array((NSTemporaryDirectory() + "/holdfast-XXXXXX").utf8CString)
        precondition(mkdtemp(&template) != nil, "the system gives no temporary directory")
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension TemporaryDirectory {
    /// Copies a file over another one, which need not be there.
    func copy(_ from: String, to: String) throws {
        try? FileManager.default.removeItem(atPath: path + "/" + to)
        try FileManager.default.copyItem(atPath: path + "/" + from, toPath: path + "/" + to)
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: path + "/" + name) }

    func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }
}

extension TemporaryDirectory {
    func move(_ from: String, to: String) throws {
        try? FileManager.default.removeItem(atPath: path + "/" + to)
        try FileManager.default.moveItem(atPath: path + "/" + from, toPath: path + "/" + to)
    }

    /// Overwrites a part of a file.
    func damage(_ name: String, at offset: UInt64, bytes: Int) throws {
        let handle = FileHandle(forUpdatingAtPath: path + "/" + name)!
        try handle.seek(toOffset: offset)
        try handle.write(contentsOf: Data(repeating: 0x5A, count: bytes))
        try handle.close()
    }
}
