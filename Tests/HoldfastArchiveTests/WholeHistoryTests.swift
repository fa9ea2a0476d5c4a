import Testing

@testable import HoldfastArchive

@Suite("A player's whole history")
struct WholeHistoryTests {
    private func archived(_ seqs: [UInt64]) -> [ArchivedRow] {
        var rows: [ArchivedRow] = []
        for seq in seqs {
            let half: UInt8 = rows.last?.seq == seq ? 1 : 0
            rows.append(ArchivedRow(seq: seq, half: half, position: seq, createdAt: 0, line: []))
        }
        return rows
    }

    /// `a3` for an event of the archive, `l4` for one of the log; an exchange of the archive is `a3a3`.
    private func text(_ history: WholeHistory) -> String {
        history.events.map { event in
            switch event {
            case .logged(let address): "l\(address)"
            case .archived(let rows): rows.map { "a\($0.seq)" }.joined()
            }
        }.joined(separator: " ")
    }

    @Test("takes from the archive what the log has no more, in order and once")
    func merged() {
        let history = WholeHistory([4, 5, 6], firstLogged: 4, archived([1, 2, 3, 3, 4, 5]), from: 1, to: .max)
        #expect(text(history) == "a1 a2 a3a3 l4 l5 l6" && history.isKnown && history.missing == nil)
    }

    @Test("holds the bounds and the limit, in events")
    func bounds() {
        let rows = archived([1, 2, 2, 3])
        #expect(text(WholeHistory([4, 5], firstLogged: 4, rows, from: 2, to: 5, limit: 2)) == "a2a2 a3")
        #expect(text(WholeHistory([4], firstLogged: 4, rows, from: 3, to: 4)) == "a3 l4")
        #expect(text(WholeHistory([], firstLogged: 4, rows, from: 1, to: 2)) == "a1 a2a2")
        #expect(text(WholeHistory([4, 5], firstLogged: 4, rows, from: 1, to: .max, limit: 0)) == "")
    }

    @Test("knows a player of whom the log has nothing any more, and one of whom nobody has anything")
    func unknown() {
        let gone = WholeHistory([], firstLogged: nil, archived([1, 2]), from: 1, to: .max)
        #expect(text(gone) == "a1 a2" && gone.isKnown && gone.missing == nil)
        #expect(!WholeHistory([], firstLogged: nil, [], from: 1, to: .max).isKnown)
    }

    @Test("tells which of the events that were asked for are nowhere")
    func missing() {
        #expect(WholeHistory([6, 7], firstLogged: 6, archived([1, 2]), from: 1, to: .max).missing == 3...5)
        #expect(WholeHistory([6, 7], firstLogged: 6, [], from: 2, to: 4).missing == 2...4)
        #expect(WholeHistory([6, 7], firstLogged: 6, [], from: 6, to: .max).missing == nil)
        #expect(WholeHistory([1], firstLogged: 1, [], from: 1, to: .max).missing == nil)
    }
}
