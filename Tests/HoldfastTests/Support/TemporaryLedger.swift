import Foundation
import Holdfast

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

/// Runs `body` with a ledger on the real disk, threads and clock included, and closes it afterwards.
func withLedger<Result>(
    lanes: Int = 1, _ body: (Ledger) async throws -> Result
) async throws -> Result {
    let directory = TemporaryDirectory()
    let ledger = try await Ledger.open(
        at: directory.path + "/ledger", options: .init(lanes: lanes, segmentBytes: 1 << 20))
    do {
        let result = try await body(ledger)
        await ledger.close()
        return result
    } catch {
        await ledger.close()
        throw error
    }
}

/// The error that `body` throws, or nil.
func failure(_ body: () async throws -> Void) async -> LedgerError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? LedgerError
    }
}

extension AsyncSequence {
    /// The first `count` elements.
    func collect(_ count: Int) async throws -> [Element] {
        var all: [Element] = []
        if count == 0 { return all }
        for try await element in self {
            all.append(element)
            if all.count == count { break }
        }
        return all
    }
}
