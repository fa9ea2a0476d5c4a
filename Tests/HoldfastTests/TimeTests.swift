import HoldfastWallet
import SimulatedDisk
import Testing

@testable import Holdfast
@testable import HoldfastLog

/// A ledger whose clock stands still until it is told otherwise: what falls due then, falls due whole.
@Suite("Time that is given")
struct TimeTests {
    /// More than two batches of a small segment can hold the ends of.
    private let holds = 3_000

    @Test("ends every hold that is due, however many batches their ends fill", arguments: [1, 3])
    func manyAtOnce(lanes: Int) throws {
        let ledger = try LedgerByHand(on: SimulatedDisk(), lanes: lanes)
        let start: Int64 = 1_763_683_200_000
        var lines: [String] = []
        for number in 0..<holds {
            let who = #""tenant":"evian","player":"p\#(number)","asset":"BRL""#
            lines.append(#"{"op":"credit",\#(who),"amount":1,"request_id":"c","at":\#(start)}"#)
            // Of different ends, so that the time of an end is not yet the time of the next.
            let at = start + Int64(number)
            lines.append(#"{"op":"authorise",\#(who),"amount":1,"request_id":"h","at":\#(at)}"#)
        }
        _ = ledger.send(lines)
        #expect(ledger.players.count { !$0.holds.isEmpty } == holds)
        ledger.passTime(to: start + 60_000)
        #expect(ledger.players.count { !$0.holds.isEmpty } == 0)
        ledger.close()
    }
}
