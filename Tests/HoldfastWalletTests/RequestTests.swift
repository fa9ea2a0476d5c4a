import HoldfastLog
import HoldfastMemory
import HoldfastTestSupport
import Testing
import WalletModel

@testable import HoldfastWallet

@Suite("One request, one answer")
struct RequestTests {
    static let start: Int64 = 1_763_683_200_000
    static let day: Int64 = 86_400_000

    private func line(_ id: String, at: Int64, _ fields: String, player: String = "p") -> String {
        #"{"tenant":"t","player":"\#(player)","request_id":"\#(id)","at":\#(at),\#(fields)}"#
    }

    private let credit = #""op":"credit","asset":"BRL","amount":100"#

    @Test("the window closes a day after the first answer, to the millisecond")
    func window() {
        let ledger = TestLedger()
        _ = ledger.apply(line("a", at: Self.start, credit))
        #expect(ledger.apply(line("a", at: Self.start + Self.day - 1, credit))["duplicate"] == true)
        let other = line("a", at: Self.start + Self.day - 1, #""op":"lock""#)
        #expect(ledger.apply(other)["error"] == "request_id_reused")
        #expect(ledger.apply(line("a", at: Self.start + Self.day, credit))["seq"] == 2)
        #expect(ledger.apply(line("a", at: Self.start + 2 * Self.day - 1, credit))["seq"] == 2)
    }

    @Test("a longer window guards longer")
    func longerWindow() {
        let ledger = TestLedger(windowMilliseconds: 3 * Self.day)
        _ = ledger.apply(line("a", at: Self.start, credit))
        #expect(ledger.apply(line("a", at: Self.start + 3 * Self.day - 1, credit))["duplicate"] == true)
        #expect(ledger.apply(line("a", at: Self.start + 3 * Self.day, credit))["seq"] == 2)
    }

    @Test("an open hold guards its request for as long as it lives", arguments: [true, false])
    func openHold(restarts: Bool) throws {
        let ledger = TestLedger()
        _ = ledger.apply(line("c", at: Self.start, credit))
        let authorise = #""op":"authorise","asset":"BRL","amount":40,"ttl_ms":\#(5 * Self.day)"#
        let first = ledger.apply(line("h", at: Self.start, authorise))
        if restarts { ledger.replace(try ledger.replayed()) }
        let again = ledger.apply(line("h", at: Self.start + 4 * Self.day, authorise))
        #expect(again["duplicate"] == true)
        #expect(again["seq"] == first["seq"])
        #expect(ledger.apply(line("h", at: Self.start + 4 * Self.day, credit))["error"] == "request_id_reused")
        // It expires, and with it goes the guard, as the window closed long ago.
        let fresh = ledger.apply(line("h", at: Self.start + 5 * Self.day, authorise))
        #expect(fresh["duplicate"] == nil)
        #expect(fresh["seq"] == 4)
    }

    @Test("a target is found however old it is, in the player's own log")
    func oldTarget() throws {
        let ledger = TestLedger()
        _ = ledger.apply(line("old", at: Self.start, credit))
        for number in 0..<50 { _ = ledger.apply(line("n\(number)", at: Self.start + Int64(number), credit)) }
        for number in 0..<50 { _ = ledger.apply(line("o\(number)", at: Self.start, credit, player: "q")) }
        ledger.passTime(to: Self.start + Self.day)
        ledger.commit()
        let reads = ledger.lane.reads
        let answer = ledger.apply(line("rb", at: Self.start + 9 * Self.day, #""op":"rollback","target":"old""#))
        #expect(answer["event"] == "rolled_back")
        #expect(answer["amount"] == 100)
        #expect(ledger.lane.reads - reads == 51, "one read for each event of the player")
        // The rollback is about the old request, so now memory knows it again.
        ledger.commit()
        let before = ledger.lane.reads
        let twice = ledger.apply(line("rb2", at: Self.start + 9 * Self.day, #""op":"rollback","target":"old""#))
        #expect(twice["error"] == "already_rolled_back")
        #expect(ledger.lane.reads - before == 1)
        // And its name is free all the same: the first answer is out of the window.
        #expect(ledger.apply(line("old", at: Self.start + 9 * Self.day, credit))["event"] == "credited")
    }

    @Test("a target that nobody knows costs no read while nothing is older than the window")
    func unknownTarget() {
        let ledger = TestLedger()
        for number in 0..<50 { _ = ledger.apply(line("n\(number)", at: Self.start, credit)) }
        ledger.commit()
        let confirm = ledger.apply(line("c", at: Self.start, #""op":"confirm","target":"x""#))
        #expect(confirm["error"] == "unknown_target")
        #expect(ledger.apply(line("r", at: Self.start, #""op":"rollback","target":"x""#))["event"] == "tombstoned")
        #expect(ledger.lane.reads == 0)
    }

    @Test("memory that had no room says that it is not whole, and so does the one that is read back from it")
    func fullMemory() throws {
        var memory = RequestMemory(capacity: 1)
        memory.setRange(from: 0, upTo: 1 << 30)
        var random = SplitMix64(seed: 1)
        let wasWhole = memory.isWhole
        #expect(wasWhole)
        var address: UInt64 = 4096
        while memory.add(random.next(), address, .plain) { address += 8 }
        let isWhole = memory.isWhole
        #expect(!isWhole)
        var again = RequestMemory(capacity: 1)
        again.setRange(from: 0, upTo: 1 << 30)
        var image = [UInt8](repeating: 0, count: HashPages.imageBytesMax)
        var start: UInt64? = 0
        while let first = start {
            start = image.withUnsafeMutableBytes { raw in
                let (bytes, next) = memory.pages.writeImage(ofPageAt: first, to: raw.baseAddress!)
                let taken = again.pages.takeImage(
                    ofPageAt: first, from: UnsafeRawBufferPointer(rebasing: raw[..<bytes]), statusMax: 6)
                #expect(taken == .taken(bytes: bytes, next: next))
                return next
            }
        }
        let isWholeAgain = again.isWhole
        #expect(!isWholeAgain)
    }

    @Test("confirming and releasing open holds reads nothing from the log")
    func noReads() {
        let ledger = TestLedger()
        _ = ledger.apply(line("c", at: Self.start, credit))
        let authorise = #""op":"authorise","asset":"BRL","amount":1"#
        let long = String(repeating: "é", count: 32)
        for id in ["h1", "h2", long] { _ = ledger.apply(line(id, at: Self.start, authorise)) }
        ledger.commit()
        #expect(ledger.apply(line("x", at: Self.start, #""op":"confirm","target":"h1""#))["ok"] == true)
        #expect(ledger.apply(line("y", at: Self.start, #""op":"rollback","target":"h2""#))["ok"] == true)
        #expect(ledger.apply(line("z", at: Self.start, #""op":"confirm","target":"\#(long)""#))["ok"] == true)
        #expect(ledger.lane.reads == 0)
    }

    @Test("a failure to read fails the command and changes nothing")
    func readFailure() throws {
        let ledger = TestLedger()
        _ = ledger.apply(line("c", at: Self.start, credit))
        ledger.commit()
        let before = ledger.players()
        ledger.lane.readFailure = .storageFull(path: "nowhere")
        #expect(ledger.apply(line("c", at: Self.start, credit))["failed"] == true)
        #expect(ledger.apply(line("r", at: Self.start, #""op":"rollback","target":"c""#))["failed"] == true)
        #expect(ledger.failure == .storageFull(path: "nowhere"))
        #expect(ledger.players() == before)
        ledger.lane.readFailure = nil
        #expect(ledger.apply(line("r", at: Self.start, #""op":"rollback","target":"c""#))["event"] == "rolled_back")
        #expect(ledger.apply(line("c", at: Self.start, credit))["duplicate"] == true)
    }

    @Test("requests of the same name under different players are strangers")
    func scope() {
        let ledger = TestLedger()
        #expect(ledger.apply(line("a", at: 1, credit, player: "p"))["duplicate"] == nil)
        #expect(ledger.apply(line("a", at: 1, credit, player: "q"))["duplicate"] == nil)
        let composed = ledger.apply(line("a", at: 1, credit, player: "é"))
        let decomposed = ledger.apply(line("a", at: 1, credit, player: "e\u{301}"))
        #expect(composed["seq"] == 1)
        #expect(decomposed["seq"] == 1)
    }

    @Test("ids of every length are told apart, in slots and beyond them")
    func lengths() throws {
        let ledger = TestLedger()
        let names = (1...64).flatMap { count in
            ["x", "y"].map { String(repeating: "x", count: count - 1) + $0 }
        }
        for name in names { #expect(ledger.apply(line(name, at: 1, credit, player: name))["seq"] == 1) }
        for name in names { #expect(ledger.apply(line(name, at: 1, credit, player: name))["duplicate"] == true) }
        #expect(Set(ledger.players().map(\.player)) == Set(names))
        #expect(TestLedger.players(of: try ledger.replayed()) == ledger.players())
    }

    @Test("request memory lets go of what left the window")
    func memory() {
        let ledger = TestLedger()
        for day in 0..<40 {
            for number in 0..<300 {
                let at = Self.start + Int64(day) * Self.day + Int64(number) * 200_000
                _ = ledger.apply(line("d\(day)n\(number)", at: at, credit))
            }
        }
        let remembered = ledger.machine.withState { $0.rememberedRequestCount }
        #expect(remembered < 12_000 - 300, "old entries give way to new ones")
        let last = Self.start + 39 * Self.day + 299 * 200_000
        #expect(ledger.apply(line("d39n0", at: last, credit))["duplicate"] == true)
        #expect(ledger.apply(line("d38n0", at: last, credit))["duplicate"] == nil)
    }

    private func hash(_ id: String, of keyHash: UInt64) -> UInt64 {
        requestHash(TextKeeper().keep(id), of: keyHash)
    }

    @Test("an entry that only looks like the request's is told from it by its record")
    func foreignEntries() {
        let ledger = TestLedger()
        _ = ledger.apply(line("a", at: 1, credit))
        _ = ledger.apply(line("b", at: 1, credit))
        _ = ledger.apply(line("c", at: 1, credit, player: "q"))
        ledger.commit()
        var addresses: [UInt64] = []
        ledger.lane.forEachRecord { addresses.append($1) }
        // As if the hashes of these names agreed in all the bits that memory keeps.
        ledger.machine.withState { state in
            let key = state.keyHash(of: 1)
            for name in ["x", "y"] {
                let hash = self.hash(name, of: key)
                for address in addresses { precondition(state.requests.add(hash, address, .plain)) }
            }
        }
        #expect(ledger.apply(line("x", at: 2, credit))["seq"] == 3)
        #expect(ledger.apply(line("x", at: 2, credit))["duplicate"] == true)
        #expect(ledger.apply(line("r", at: 2, #""op":"rollback","target":"y""#))["event"] == "tombstoned")
        #expect(ledger.apply(line("y", at: 2, credit))["error"] == "rolled_back")
        #expect(ledger.apply(line("r2", at: 2, #""op":"rollback","target":"x""#))["event"] == "rolled_back")
        #expect(ledger.apply(line("x", at: 2, credit))["duplicate"] == true)
    }

    @Test("of several entries of one request the newest counts")
    func staleEntries() {
        let ledger = TestLedger()
        _ = ledger.apply(line("d", at: 1, #""op":"credit","asset":"BRL","amount":7"#))
        _ = ledger.apply(line("r", at: 1, #""op":"rollback","target":"d""#))
        ledger.commit()
        var addresses: [UInt64] = []
        ledger.lane.forEachRecord { addresses.append($1) }
        // As a snapshot leaves it that saw the request before and after its rollback.
        ledger.machine.withState { state in
            precondition(state.requests.add(hash("d", of: state.keyHash(of: 1)), addresses[0], .plain))
        }
        #expect(ledger.apply(line("r2", at: 1, #""op":"rollback","target":"d""#))["error"] == "already_rolled_back")
        let win = #""op":"credit","asset":"BRL","amount":7,"target":"d""#
        #expect(ledger.apply(line("w", at: 1, win))["error"] == "target_rolled_back")
    }
}
