import Foundation
import Holdfast
import HoldfastLog
import HoldfastWallet
import SimulatedDisk
import Testing
import WalletModel

/// The worked examples that lie beside the package, field for field.
@Suite("The worked examples", .enabled(if: Examples.arePresent, Examples.absenceMessage))
struct ConformanceTests {
    @Test("get the answers that they come with", arguments: Examples.streams, [1, 3])
    func answers(stream: String, lanes: Int) async throws {
        let commands = try Examples.lines("\(stream).commands.ndjson")
        let expected = try Examples.lines("\(stream).answers.ndjson")
        try #require(commands.count == expected.count && commands.count > 1_000)
        let answers = try await Self.apply(commands, lanes: lanes)
        var wrong: [String] = []
        for (number, (answer, text)) in zip(answers, expected).enumerated() {
            let want = try JSONValue(parsing: text)
            if answer != want { wrong.append("line \(number + 1): \(commands[number])\n got \(answer)\nwant \(want)") }
        }
        #expect(wrong.isEmpty, "\(wrong.count) answers differ, first \(wrong.first ?? "")")
        #expect(answers.count == expected.count)
    }

    /// Groups of commands through the threads of a ledger whose time is given.
    private static func apply(_ commands: [String], lanes: Int) async throws -> [JSONValue] {
        let disk = SimulatedDisk()
        _ = try Ledger.create(
            at: "/ledger", options: .init(lanes: lanes, segmentBytes: 1 << 20), on: disk, at: 0,
            identity: LedgerByHand.identity)
        let ledger = try Ledger.open(at: "/ledger", on: disk, clock: GivenClock(), drive: .threads)
        var lines = CommandLines(for: ledger)
        var names = AnswerLines(for: ledger)
        var answers: [JSONValue] = []
        let run = CommandRun(ledger)
        var group: [JSONValue?] = []

        func settle() async throws {
            try await run.commit()
            var next = 0
            for invalid in group {
                if let invalid {
                    answers.append(invalid)
                } else {
                    answers.append(names.answer(run.outcome(next)))
                    next += 1
                }
            }
            group.removeAll()
            run.reset()
        }

        for line in commands {
            if Self.mayCross(line, lanes: lanes) { try await settle() }
            group.append(lines.read(line) { run.append(&$0) })
            if Self.mayCross(line, lanes: lanes) || group.count == 100 { try await settle() }
        }
        try await settle()
        await ledger.close()
        return answers
    }

    /// What may touch two lanes goes alone, as `apply` and `perform` see to.
    private static func mayCross(_ line: String, lanes: Int) -> Bool { lanes > 1 && line.contains("\"transfer\"") }

    @Test("place players on shards as they say")
    func shards() throws {
        let text = try Examples.lines("crc32.json").joined(separator: "\n")
        guard case .array(let rows) = try JSONValue(parsing: text) else {
            Issue.record("crc32.json is a list")
            return
        }
        try #require(!rows.isEmpty)
        for row in rows {
            let player = try #require(row["player"]?.string)
            #expect(row["crc32"]?.integer == Int64(Shard.checksum(of: player)))
            for shards in [2, 8, 900] {
                #expect(row["mod\(shards)"]?.integer == Int64(Shard.number(of: player, shards: shards)), "\(player)")
            }
        }
        #expect(Shard.checksum(of: "123456789") == 0xCBF4_3926)
    }
}

/// The folder `shared/conformance` beside the package.
private enum Examples {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "shared/conformance")

    static let absenceMessage: Comment = "the worked examples are not there: ../shared/conformance beside the package"

    static let arePresent: Bool = {
        let present = FileManager.default.fileExists(atPath: folder.path())
        if !present { print("skipped: \(absenceMessage.rawValue)") }
        return present
    }()

    /// The streams that have both commands and answers.
    static let streams: [String] = {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(".commands.ndjson") }.map { String($0.dropLast(16)) }.sorted()
    }()

    static func lines(_ name: String) throws -> [String] {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        return text.split(separator: "\n").map(String.init)
    }
}
