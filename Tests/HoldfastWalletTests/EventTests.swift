import CHoldfast
import HoldfastLog
import HoldfastTestSupport
import Testing
import WalletModel

@testable import HoldfastWallet

@Suite("Events")
struct EventTests {
    /// One of each kind, of a player whose commands bear every field.
    static let lines: [String] = {
        func line(_ id: String, _ fields: String, at: Int64 = 1_000, player: String = "ana") -> String {
            #"{"tenant":"evian","player":"\#(player)","request_id":"\#(id)","at":\#(at),\#(fields)}"#
        }
        return [
            line("q1", #""op":"credit","asset":"BRL","amount":0"#, player: "bob"),
            line("c1", #""op":"credit","asset":"BRL","amount":5000,"kind":"win","ref":"crash/1""#),
            line("d1", #""op":"debit","asset":"BRL","amount":300,"kind":"fee","ref":"f""#),
            line("h1", #""op":"authorise","asset":"BRL","amount":100,"ttl_ms":50,"ref":"crash/2""#),
            line("h2", #""op":"authorise","asset":"BRL","amount":70"#),
            line("k2", #""op":"confirm","target":"h2","amount":60,"ref":"crash/3""#),
            line("b1", #""op":"rollback","target":"d1","ref":"why""#),
            line("b2", #""op":"rollback","target":"never""#),
            line("t1", #""op":"transfer","asset":"BRL","amount":11,"to":"bob","ref":"gift""#),
            line("e1", #""op":"exchange","asset":"BRL","amount":200,"to_asset":"USD.b","rate":{"num":1,"den":5}"#),
            line("l1", #""op":"lock","reason":"self-exclusion""#),
            line("d2", #""op":"debit","asset":"BRL","amount":1,"ref":"no""#),
            line("u1", #""op":"unlock""#, at: 2_000),
            line("e2", #""op":"exchange","asset":"BRL","amount":1,"to_asset":"USD","rate":{"num":1,"den":5}"#),
        ]
    }()

    private func ledger() -> TestLedger {
        let ledger = TestLedger()
        for answer in ledger.apply(Self.lines) { #expect(answer["ok"] != nil) }
        ledger.commit()
        return ledger
    }

    @Test("become rows with these columns")
    func rows() throws {
        var rows: [String] = []
        var position: UInt64 = 0
        let ledger = ledger()
        try ledger.lane.forEachRecord { record, _ in
            position += 1
            let both = try EventRows(of: record, position: position)
            for row in [both.first, both.second].compactMap({ $0 }) { rows.append(Self.text(row)) }
        }
        #expect(EventRow.columns.count == 17)
        #expect(
            rows == [
                "evian bob 1 1 credited BRL 0 0 0 0 0 q1 - deposit - - 1000",
                "evian ana 1 2 credited BRL 5000 5000 0 5000 0 c1 - win crash/1 - 1000",
                "evian ana 2 3 debited BRL 300 -300 0 4700 0 d1 - fee f - 1000",
                "evian ana 3 4 authorised BRL 100 0 100 4700 100 h1 - - crash/2 - 1000",
                "evian ana 4 5 authorised BRL 70 0 70 4700 170 h2 - - - - 1000",
                "evian ana 5 6 confirmed BRL 60 -60 -70 4640 100 k2 h2 - crash/3 - 1000",
                "evian ana 6 7 rolled_back BRL 300 300 0 4940 100 b1 d1 - why - 1000",
                "evian ana 7 8 tombstoned - 0 - - - - b2 never - - - 1000",
                "evian ana 8 9 transferred BRL 11 -11 0 4929 100 t1 - - gift - 1000",
                "evian bob 2 10 received BRL 11 11 0 11 0 t1 - - gift - 1000",
                "evian ana 9 11 exchanged BRL 200 -200 0 4729 100 e1 - - - - 1000",
                "evian ana 9 11 exchanged USD.b 40 40 0 40 0 e1 - - - - 1000",
                "evian ana 10 12 locked - 0 - - - - l1 - - self-exclusion - 1000",
                "evian ana 11 13 refused BRL - 0 0 4729 100 d2 - bet no player_locked 1000",
                "evian ana 12 14 hold_expired BRL 100 0 -100 4729 0 - h1 - - - 1050",
                "evian ana 13 15 unlocked - 0 - - - - u1 - - - - 2000",
                "evian ana 14 16 refused BRL - 0 0 4729 0 e2 - - - amount_too_small 2000",
            ])
    }

    private static func text(_ row: EventRow) -> String {
        func bytes(_ text: UnsafeRawBufferPointer?) -> String {
            text.map { String(decoding: $0, as: UTF8.self) } ?? "-"
        }
        func number(_ value: Int64?) -> String { value.map { "\($0)" } ?? "-" }
        return [
            bytes(row.tenantID), bytes(row.playerID), "\(row.seq)", "\(row.position)", row.event.name,
            bytes(row.asset), number(row.amount), number(row.balanceDelta), number(row.heldDelta),
            number(row.balanceAfter), number(row.heldAfter), bytes(row.requestID), bytes(row.target),
            row.kind?.description ?? "-", bytes(row.ref), row.error?.name ?? "-", "\(row.createdAt)",
        ].joined(separator: " ")
    }

    @Test("keep everything that the command said")
    func roundTrip() throws {
        var exchanged: WalletEvent?
        var transferred: WalletEvent?
        var refused: WalletEvent?
        let ledger = ledger()
        try ledger.lane.forEachRecord { record, _ in
            let event = try WalletEvent(record: record)
            switch event.kind {
            case .exchanged: exchanged = event
            case .transferred: transferred = event
            case .refused: refused = event
            default: break
            }
        }
        #expect(exchanged?.numerator == 1 && exchanged?.denominator == 5 && exchanged?.toAmount == 40)
        #expect(exchanged.map { String(decoding: $0.other, as: UTF8.self) } == "USD.b")
        #expect(transferred.map { String(decoding: $0.other, as: UTF8.self) } == "bob")
        #expect(refused?.operation == .exchange && refused?.amount == 1 && refused?.refusal == .amountTooSmall)
        #expect(refused?.numerator == 1 && refused?.denominator == 5)
    }

    @Test("have this layout on disk")
    func golden() throws {
        let ledger = TestLedger()
        _ = ledger.apply(Self.lines[1])
        _ = ledger.apply(Self.lines[3])
        ledger.commit()
        var payloads: [[UInt8]] = []
        ledger.lane.forEachRecord { record, _ in
            #expect(Array(record.key) == Array("evian/ana".utf8))
            #expect(record.schemaVersion == 1)
            payloads.append(Array(record.payload))
        }
        func number(_ value: Int64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
        let credited = payloads[0]
        #expect(Array(credited[..<8]) == [1, 1 | 2 | 4, 0, 2, 3, 2, 0, 7])
        #expect(Array(credited[16...]) == number(5000) + number(5000) + number(0) + Array("BRLc1crash/1".utf8))
        let authorised = payloads[1]
        #expect(Array(authorised[..<8]) == [3, 1 | 2 | 4 | 16, 0, 0, 3, 2, 0, 7])
        #expect(
            Array(authorised[16...])
                == number(100) + number(5000) + number(100) + number(1_050) + Array("BRLh1crash/2".utf8))
    }

    @Test("that were made up are refused, whatever their bytes")
    func hostile() throws {
        let ledger = ledger()
        var random = SplitMix64(seed: 3)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
        defer { room.deallocate() }
        var refused = 0
        ledger.lane.forEachRecord { record, _ in
            for _ in 0..<3_000 {
                room.copyBytes(from: UnsafeRawBufferPointer(start: record.base, count: record.size))
                for _ in 0..<(1 + random.next() % 3) {
                    let offset = 8 + Int(random.next() % UInt64(record.size - 8))
                    room[offset] = UInt8(truncatingIfNeeded: random.next())
                }
                // The sizes stay as they were: that they fit is the log's to check.
                let header = UnsafeRawBufferPointer(start: record.base, count: 10)
                UnsafeMutableRawBufferPointer(rebasing: room[..<10]).copyBytes(from: header)
                do throws(MalformedEvent) {
                    let event = try WalletEvent(record: RecordView(room.baseAddress!))
                    let texts = [
                        event.tenant, event.player, event.asset, event.requestID, event.target, event.ref,
                        event.other,
                    ]
                    for text in texts where text.count > 0 {
                        let offset = text.baseAddress! - UnsafeRawPointer(room.baseAddress!)
                        #expect(offset >= 0 && offset + text.count <= record.size)
                    }
                    _ = EventRows(of: event, position: 1)
                } catch { refused += 1 }
            }
        }
        #expect(refused > 1_000)
    }

    @Test("malformed in one way are refused for that")
    func malformed() throws {
        let ledger = ledger()
        var records: [EventKind: RecordView] = [:]
        ledger.lane.forEachRecord { record, _ in records[EventKind(rawValue: record.type)!] = record }
        func fault(_ kind: EventKind, _ change: (UnsafeMutableRawBufferPointer) -> Void) -> String? {
            let record = records[kind]!
            let room = UnsafeMutableRawBufferPointer.allocate(byteCount: record.size, alignment: 16)
            defer { room.deallocate() }
            room.copyBytes(from: UnsafeRawBufferPointer(start: record.base, count: record.size))
            change(room)
            do throws(MalformedEvent) {
                _ = try WalletEvent(record: RecordView(room.baseAddress!))
                return nil
            } catch {
                return error.description
            }
        }
        let payload = RecordLayout.headerBytes + 9
        func put(_ room: UnsafeMutableRawBufferPointer, _ offset: Int, _ value: Int64) {
            room.baseAddress!.storeBytes(of: value, toByteOffset: payload + offset, as: Int64.self)
        }
        #expect(fault(.credited) { _ in } == nil)
        #expect(
            fault(.credited) { $0.storeBytes(of: 99, toByteOffset: 10, as: UInt16.self) }
                == "its type is not known")
        #expect(
            fault(.credited) { $0.storeBytes(of: 2, toByteOffset: 12, as: UInt16.self) }
                == "its schema version is not known")
        #expect(
            fault(.credited) { $0[RecordLayout.headerBytes + 5] = 65 } == "its key is not that of a tenant's player")
        #expect(fault(.credited) { $0[payload] = 10 } == "its operation is not known")
        #expect(fault(.credited) { $0[payload + 1] |= 64 } == "it has parts that are not known")
        #expect(fault(.credited) { $0[payload + 5] = 200 } == "its texts do not fit its payload")
        #expect(fault(.credited) { $0[payload + 3] = 77 } == "its kind is not known")
        #expect(fault(.credited) { put($0, 16, -1) } == "an amount or balance is out of bounds")
        #expect(fault(.credited) { put($0, 24, Amount.max + 1) } == "an amount or balance is out of bounds")
        #expect(fault(.refused) { $0[payload + 2] = 66 } == "its refusal is not one that is recorded")
        #expect(fault(.rolledBack) { $0[payload + 2] = 0 } == "it does not say what was rolled back")
        #expect(fault(.credited) { $0[payload + 2] = 1 } == "it has a reason that its type does not take")
        #expect(fault(.confirmed) { put($0, 48, 59) } == "it takes more than its hold")
        #expect(fault(.authorised) { put($0, 40, 1_000) } == "its hold ends before it begins")
    }
}
