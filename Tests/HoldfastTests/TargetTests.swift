import SimulatedDisk
import Testing
import WalletModel

@testable import Holdfast
@testable import HoldfastLog

@Suite("Targets older than the window, in sealed segments")
struct TargetTests {
    private static let start: Int64 = 1_763_683_200_000
    private static let day: Int64 = 86_400_000

    private func line(_ id: String, _ fields: String, at: Int64, player: String = "p") -> String {
        #"{"tenant":"t","player":"\#(player)","request_id":"\#(id)","at":\#(at),\#(fields)}"#
    }

    private func credit(_ id: String, at: Int64, player: String = "p") -> String {
        line(id, #""op":"credit","asset":"BRL","amount":100"#, at: at, player: player)
    }

    /// Days of credits, the last of them in the window, of a player with many and of one with few.
    private func filled(_ disk: SimulatedDisk) throws -> LedgerByHand {
        let ledger = try LedgerByHand(on: disk, time: Self.start)
        for day in 0..<4 as Range<Int64> {
            let at = Self.start + day * Self.day
            _ = ledger.send((0..<600).map { credit("d\(day)n\($0)", at: at + Int64($0)) })
            _ = ledger.send((0..<3).map { credit("d\(day)n\($0)", at: at + 700, player: "few") })
        }
        ledger.close()
        return ledger
    }

    /// Opens the ledger with all that was written until then sealed.
    private func sealed(_ disk: SimulatedDisk, at time: Int64) throws -> LedgerByHand {
        _ = try LogDirectory.ledger(at: LedgerByHand.path, on: disk).sealAll()
        return try LedgerByHand(on: disk, time: time)
    }

    @Test("are found, are known to be undone when they are, and what nobody sent is known to be unknown")
    func targets() throws {
        let disk = SimulatedDisk()
        _ = try filled(disk)
        var now = Self.start + 4 * Self.day - 1000
        for player in ["p", "few"] {
            for target in ["d0n0", "d1n2", "d2n1", "d3n0"] {
                let ledger = try sealed(disk, at: now)
                defer { ledger.close() }
                // More than is looked through before sealed segments are asked.
                _ = ledger.send((0..<300).map { credit("\(player)-\(target)-\($0)", at: now, player: player) })
                let rollback = #""op":"rollback","target":"\#(target)""#
                let answers = ledger.send([
                    line("a-\(target)", rollback, at: now, player: player),
                    line("b-\(target)", rollback, at: now, player: player),
                    line("c-\(target)", #""op":"confirm","target":"x\#(target)""#, at: now, player: player),
                ]).map { $0.answer }
                #expect(answers[0]?["event"] == "rolled_back" && answers[0]?["amount"] == 100, "\(player) \(target)")
                #expect(answers[1]?["error"] == "already_rolled_back", "\(player) \(target)")
                #expect(answers[2]?["error"] == "unknown_target", "\(player) \(target)")
                now += 10
            }
        }
        // And a day later, when what undid them has left the window too.
        let ledger = try sealed(disk, at: now + 2 * Self.day)
        defer { ledger.close() }
        for player in ["p", "few"] {
            for target in ["d0n0", "d1n2", "d2n1", "d3n0"] {
                let again = line(
                    "z-\(target)", #""op":"rollback","target":"\#(target)""#, at: now + 2 * Self.day, player: player)
                #expect(ledger.send([again])[0].answer?["error"] == "already_rolled_back", "\(player) \(target)")
            }
        }
    }
}
