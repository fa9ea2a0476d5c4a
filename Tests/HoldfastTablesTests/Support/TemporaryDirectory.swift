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
