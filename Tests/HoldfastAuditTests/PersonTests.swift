import Foundation
import Holdfast
import HoldfastTestSupport
import Testing
import WalletModel

import enum WalletModel.JSONValue

@testable import HoldfastAudit

@Suite("Everything about one person")
struct PersonTests {
    private func archive(_ player: Player, _ ledger: AuditedLedger) throws -> [UInt8] {
        let person = try #require(try PersonExport(of: player, in: ledger.files))
        nonisolated(unsafe) var bytes: [UInt8] = []
        try person.write { bytes += Array($0) }
        return bytes
    }

    @Test("is one archive that tar unpacks, whose manifest names every file with its hash, the same each time")
    func unpacks() async throws {
        let ledger = try await AuditedLedger.random(2_000, seed: 61)
        let player = Player("p1", of: "evian")
        let bytes = try archive(player, ledger)
        #expect(try archive(player, ledger) == bytes)
        let place = ledger.directory.path
        try Data(bytes).write(to: URL(filePath: place + "/p.tar.gz"))
        let tar = try #require(try OtherProgram.run("tar", ["xzf", "p.tar.gz"], in: place))
        #expect(tar.status == 0, "\(tar.errors)")
        let folder = place + "/holdfast-person/"
        let manifest = try JSONValue(parsing: String(contentsOfFile: folder + "manifest.json", encoding: .utf8))
        guard case .array(let files)? = manifest["files"] else {
            Issue.record("no files in the manifest")
            return
        }
        #expect(files.count == 5)
        let sums = files.map { "\($0["sha256"]!.string!)  \($0["name"]!.string!)\n" }.joined()
        try sums.write(toFile: folder + "sums", atomically: false, encoding: .utf8)
        let check = try #require(try OtherProgram.run("sha256sum", ["-c", "sums"], in: folder))
        #expect(check.status == 0, "\(check.output)")
        let rows = try LedgerExport.text(of: ledger.files, .init(player), as: .jsonl)
        #expect(try String(contentsOfFile: folder + "events.jsonl", encoding: .utf8) == rows)
        let wallet = try JSONValue(parsing: String(contentsOfFile: folder + "wallet.json", encoding: .utf8))
        #expect(wallet["seq"] == manifest["last_seq"])
        for other in ["p2", "p3"] { #expect(!rows.contains("\"player_id\":\"\(other)\"")) }
    }

    @Test("nobody has nothing")
    func nobody() async throws {
        let ledger = try await AuditedLedger.random(50, seed: 62)
        #expect(try PersonExport(of: Player("nobody", of: "evian"), in: ledger.files) == nil)
    }
}
