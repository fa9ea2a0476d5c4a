import SimulatedDisk
import Testing

@testable import HoldfastLog

/// What anything that calls itself a `BatchLog` must do. Nothing here knows of files: the same tests will judge a
/// replicated log.
@Suite struct BatchLogSuite {
    @Test("an acquired log is at its fence, and the fence's address is the epoch", arguments: BatchLogKind.allCases)
    func fence(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let before = log.tail
        let tenure = try log.acquire(at: 5, round: 1, position: 1)
        #expect(tenure.tail == log.tail)
        #expect(tenure.tail.number == before.number + 1)
        #expect(tenure.epoch >= before.address)
        #expect(tenure.tail.address > tenure.epoch)
        #expect(tenure.tail.nextPosition == 1, "a fence carries no event")
    }

    @Test("who acquires gets a newer epoch, and the writer before is fenced", arguments: BatchLogKind.allCases)
    func staleWriter(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let first = try Writer(log)
        #expect(try first.append("by the first") == .committed)
        let second = try Writer(log)
        #expect(second.epoch > first.epoch)
        let tail = log.tail
        #expect(try first.append("too late") == .fenced)
        #expect(log.tail == tail, "a fenced append writes nothing")
        #expect(try second.append("by the second") == .committed)
        #expect(try texts(log) == ["by the first", "by the second"])
    }

    @Test("a writer of before a reopening is fenced by the one after it", arguments: BatchLogKind.allCases)
    func staleAcrossOpenings(kind: BatchLogKind) throws {
        let maker = try kind.make()
        let old = try Writer(try maker.open())
        try old.append("old")
        let log = try maker.open()
        let new = try Writer(log)
        #expect(new.epoch > old.epoch)
        let batch = try TestBatch(["stale"], after: log.tail, in: log, epoch: old.epoch)
        #expect(log.append(batch.view, epoch: old.epoch, expected: batch.view.header.address) == .fenced)
        #expect(try texts(log) == ["old"])
    }

    @Test("what was committed is there after reopening, byte for byte", arguments: BatchLogKind.allCases)
    func durable(kind: BatchLogKind) throws {
        let maker = try kind.make()
        let log = try maker.open()
        let writer = try Writer(log)
        for number in 0..<5 { #expect(try writer.append("event \(number)", "and \(number)") == .committed) }
        let bytes = try batches(log)
        let again = try maker.open()
        #expect(again.tail == log.tail)
        #expect(try batches(again) == bytes)
    }

    @Test(
        "after a lost answer only reading again tells: there is all of the batch or nothing of it",
        arguments: BatchLogKind.allCases, UnsureDisk.Fate.allCases)
    func unknown(kind: BatchLogKind, fate: UnsureDisk.Fate) throws {
        let maker = try kind.make()
        let log = try maker.open()
        let writer = try Writer(log)
        try writer.append("known")
        let tail = log.tail
        maker.loseNextAnswer(fate)
        guard case .unknown = try writer.append("unknown", "in two events") else {
            Issue.record("a commit without an answer is unknown, neither done nor refused")
            return
        }
        #expect(log.tail == tail, "what is not known to be durable does not count")
        guard case .unknown = try writer.append("later") else {
            Issue.record("nothing may be written behind an unknown outcome")
            return
        }
        let again = try maker.open()
        let expected = fate == .kept ? ["known", "unknown", "in two events"] : ["known"]
        #expect(try texts(again) == expected)
        #expect(try Writer(again).append("goes on") == .committed)
        #expect(try texts(again) == expected + ["goes on"])
    }

    @Test("a batch appended twice is committed once", arguments: BatchLogKind.allCases)
    func retry(kind: BatchLogKind) throws {
        let maker = try kind.make()
        let log = try maker.open()
        let writer = try Writer(log)
        let batch = try TestBatch(["once"], after: log.tail, in: log, epoch: writer.epoch)
        for _ in 0..<3 {
            #expect(log.append(batch.view, epoch: writer.epoch, expected: batch.view.header.address) == .committed)
        }
        #expect(try texts(log) == ["once"])
        #expect(try texts(try maker.open()) == ["once"])
    }

    @Test("another batch in the place of a committed one is refused", arguments: BatchLogKind.allCases)
    func otherBatch(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let writer = try Writer(log)
        let tail = log.tail
        let first = try TestBatch(["first"], after: tail, in: log, epoch: writer.epoch)
        let other = try TestBatch(["other"], after: tail, in: log, epoch: writer.epoch)
        #expect(log.append(first.view, epoch: writer.epoch, expected: first.view.header.address) == .committed)
        #expect(log.append(other.view, epoch: writer.epoch, expected: other.view.header.address) == .fenced)
        #expect(try texts(log) == ["first"])
    }

    enum Mistake: CaseIterable { case gap, number, previousHash, expectedAddress }

    @Test("a batch that does not continue the log is refused", arguments: BatchLogKind.allCases, Mistake.allCases)
    func misfit(kind: BatchLogKind, mistake: Mistake) throws {
        let log = try kind.make().open()
        let writer = try Writer(log)
        try writer.append("good")
        var tail = log.tail
        if mistake == .number { tail.number += 1 }
        if mistake == .previousHash { tail.hash = Digest() }
        let batch = try TestBatch(["bad"], after: tail, in: log, epoch: writer.epoch, gap: mistake == .gap ? 128 : 0)
        let address = batch.view.header.address + (mistake == .expectedAddress ? 128 : 0)
        #expect(log.append(batch.view, epoch: writer.epoch, expected: address) == .fenced)
        #expect(try texts(log) == ["good"])
        #expect(try writer.append("goes on") == .committed)
    }

    @Test("reading begins with the batch that holds the address", arguments: BatchLogKind.allCases)
    func readFromTheMiddle(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let writer = try Writer(log)
        for number in 0..<90 { try writer.append("event \(number) " + String(repeating: "x", count: 2_000)) }
        let all = try headers(log).filter { $0.count > 0 }
        for index in [0, 1, 44, 88, 89] {
            let cursor = try log.batches(from: all[index].address, upTo: log.tail.address)
            #expect(try cursor.next()?.header == all[index])
            #expect(try cursor.next()?.header == (index < 89 ? all[index + 1] : nil))
            let inside = try log.batches(from: all[index].address + 200, upTo: log.tail.address)
            #expect(try inside.next()?.header == all[index])
        }
        let nothing = try log.batches(from: log.tail.address, upTo: log.tail.address)
        #expect(try nothing.next() == nil)
    }

    @Test("reading ends where it was told, and goes on when the end moves", arguments: BatchLogKind.allCases)
    func readUpTo(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let writer = try Writer(log)
        try writer.append("one")
        let cursor = try log.batches(from: 0, upTo: log.tail.address)
        #expect(try cursor.next()?.header.kind == .fence)
        #expect(try cursor.next()?.header.count == 1)
        // Far enough to cross two segments while the cursor waits at the end.
        for number in 0..<70 { try writer.append("event \(number) " + String(repeating: "x", count: 2_000)) }
        #expect(try cursor.next() == nil, "what came since is not read before it is asked for")
        cursor.extend(to: log.tail.address)
        var number: UInt64 = 2
        while let batch = try cursor.next() {
            number += 1
            #expect(batch.header.number == number)
        }
        #expect(number == log.tail.number)
    }

    @Test("the address near a position is never behind it", arguments: BatchLogKind.allCases)
    func nearPosition(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let writer = try Writer(log)
        for number in 0..<90 { try writer.append("\(number) " + String(repeating: "x", count: 2_000)) }
        for batch in try headers(log) where batch.count > 0 {
            #expect(try log.address(near: batch.position) <= batch.address)
        }
        #expect(try log.address(near: 90) > log.address(near: 1), "and it spares reading what came before")
    }

    @Test("records are read by their address", arguments: BatchLogKind.allCases)
    func readRecord(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        let writer = try Writer(log)
        try writer.append("first", String(repeating: "long ", count: 1_000), "third")
        let cursor = try log.batches(from: 0, upTo: log.tail.address)
        let scratch = RecordScratch()
        var found: [String] = []
        while let batch = try cursor.next() {
            var places: [UInt64] = []
            batch.forEachRecord { _, address in places.append(address) }
            for place in places {
                found.append(String(decoding: try scratch.load(place, from: log).payload, as: UTF8.self))
            }
        }
        #expect(found == ["first", String(repeating: "long ", count: 1_000), "third"])
    }

    @Test("a place has the room that was asked for and lies behind the address", arguments: BatchLogKind.allCases)
    func places(kind: BatchLogKind) throws {
        let log = try kind.make().open()
        _ = try Writer(log)
        var generator = SplitMix(seed: 11)
        var address = log.tail.address
        for _ in 0..<200 {
            let bytes = Int.random(in: 1...log.batchBytesMax / 128, using: &generator) * 128
            let place = try log.place(after: address, atLeast: bytes)
            #expect(place.bytes >= bytes)
            #expect(place.bytes <= log.batchBytesMax)
            #expect(place.address >= address)
            #expect(place.address % UInt64(Limits.batchAlignment) == 0)
            address = place.address + UInt64(bytes)
        }
    }

    @Test("a batch of every size up to the largest fits where it is placed", arguments: BatchLogKind.allCases)
    func largest(kind: BatchLogKind) throws {
        let maker = try kind.make()
        let log = try maker.open()
        let writer = try Writer(log)
        var sizes = Array(stride(from: 1_000, through: log.batchBytesMax - 400, by: 9_000))
        // The largest that ever fits: it fills a segment to its last byte.
        sizes.append(log.batchBytesMax - BatchHeader.bytes - BatchHeader.trailerBytes - RecordLayout.headerBytes - 8)
        for size in sizes { #expect(try writer.append(String(repeating: "z", count: size)) == .committed) }
        #expect(try texts(log).map(\.utf8.count) == sizes)
        #expect(try writer.append("behind it") == .committed)
        #expect(try texts(try maker.open()).count == sizes.count + 1)
    }

    @Test("the chain of hashes continues from batch to batch through the whole log", arguments: BatchLogKind.allCases)
    func chain(kind: BatchLogKind) throws {
        let maker = try kind.make()
        for opening in 0..<3 {
            let writer = try Writer(try maker.open())
            for number in 0..<40 { try writer.append("\(opening)-\(number) " + String(repeating: "x", count: 2_000)) }
        }
        let log = try maker.open()
        var hash = Digest()
        var number: UInt64 = 0
        let cursor = try log.batches(from: 0, upTo: log.tail.address)
        while let batch = try cursor.next() {
            number += 1
            #expect(batch.header.number == number)
            #expect(batch.header.previousHash == hash)
            #expect(batch.computedHash == batch.hash)
            hash = batch.hash
        }
        #expect(number == 123)
        #expect(hash == log.tail.hash)
    }

    @Test("trimming forgets what lies before, and nothing behind it", arguments: BatchLogKind.allCases)
    func trim(kind: BatchLogKind) throws {
        let maker = try kind.make()
        let log = try maker.open()
        let writer = try Writer(log)
        for number in 0..<200 { try writer.append("\(number) " + String(repeating: "x", count: 2_000)) }
        let middle = try #require(try headers(log).first { $0.number == 100 })
        let tail = log.tail
        try log.trim(before: middle.address)
        #expect(log.tail == tail)
        let cursor = try log.batches(from: middle.address, upTo: tail.address)
        for number in 100...201 { #expect(try cursor.next()?.header.number == UInt64(number)) }
        let again = try maker.open()
        #expect(again.tail == tail)
        let left = try headers(again, from: log.address(near: 1))
        #expect(left.first!.number > 1 && left.first!.number <= 100)
        #expect(left.last!.number == 201)
        #expect(try Writer(again).append("goes on") == .committed)
    }

    @Test("trimming everything leaves the end to go on from", arguments: BatchLogKind.allCases)
    func trimAll(kind: BatchLogKind) throws {
        let maker = try kind.make()
        let log = try maker.open()
        let writer = try Writer(log)
        for number in 0..<100 { try writer.append("\(number) " + String(repeating: "x", count: 2_000)) }
        try log.trim(before: log.tail.address)
        #expect(try writer.append("after") == .committed)
        #expect(try maker.open().tail == log.tail)
    }
}

/// Appends batches one after the other, as the committing thread does.
private final class Writer {
    let log: any BatchLog
    let epoch: UInt64

    init(_ log: any BatchLog) throws(LogError) {
        self.log = log
        epoch = try log.acquire(at: 1_000, round: log.tail.round + 1, position: log.tail.nextPosition).epoch
    }

    @discardableResult
    func append(_ texts: String...) throws(LogError) -> AppendOutcome {
        let batch = try TestBatch(texts, after: log.tail, in: log, epoch: epoch)
        return log.append(batch.view, epoch: epoch, expected: batch.view.header.address)
    }
}

/// A finished batch of events of one stream, in memory of its own.
private final class TestBatch {
    private let memory: UnsafeMutableRawBufferPointer
    let view: BatchView

    init(_ texts: [String], after tail: LogTail, in log: any BatchLog, epoch: UInt64, gap: UInt64 = 0) throws(LogError)
    {
        let sizes = texts.map { RecordLayout.size(key: 1, payload: $0.utf8.count, metadata: 0) }
        let used = sizes.reduce(BatchHeader.bytes, +)
        let place = try log.place(after: tail.address, atLeast: BatchHeader.size(used: used, at: 0))
        let address = place.address + gap
        let size = BatchHeader.size(used: used, at: address)
        memory = .allocate(byteCount: size, alignment: 4096)
        let base = memory.baseAddress!
        var at = BatchHeader.bytes
        for (index, text) in texts.enumerated() {
            let record = base + at
            record.storeBytes(of: 0, toByteOffset: sizes[index] - 8, as: UInt64.self)
            RecordHeader(
                type: 1, schemaVersion: 1, revision: tail.nextPosition + UInt64(index), previous: 0, time: 1_000
            )
            .store(at: record, key: 1, payload: text.utf8.count, metadata: 0)
            record.storeBytes(of: UInt8(ascii: "s"), toByteOffset: RecordLayout.headerBytes, as: UInt8.self)
            for (offset, byte) in text.utf8.enumerated() {
                record.storeBytes(of: byte, toByteOffset: RecordLayout.headerBytes + 1 + offset, as: UInt8.self)
            }
            at += sizes[index]
        }
        let header = BatchHeader(
            size: size, number: tail.number + 1, epoch: epoch, round: tail.round + 1, address: address,
            position: tail.nextPosition, time: 1_000, count: texts.count, lane: 0, batchesInRound: 1,
            previousHash: tail.hash, kind: .events)
        _ = BatchView.finish(at: base, header: header, used: used)
        view = BatchView(header: header, base: base)
    }

    deinit { memory.deallocate() }
}

private func batches(_ log: any BatchLog) throws(LogError) -> [[UInt8]] {
    let cursor = try log.batches(from: 0, upTo: log.tail.address)
    var all: [[UInt8]] = []
    while let batch = try cursor.next() { all.append(Array(batch.bytes)) }
    return all
}

private func headers(_ log: any BatchLog, from address: UInt64 = 0) throws(LogError) -> [BatchHeader] {
    let cursor = try log.batches(from: address, upTo: log.tail.address)
    var all: [BatchHeader] = []
    while let batch = try cursor.next() { all.append(batch.header) }
    return all
}

private func texts(_ log: any BatchLog) throws(LogError) -> [String] {
    let cursor = try log.batches(from: 0, upTo: log.tail.address)
    var all: [String] = []
    while let batch = try cursor.next() {
        batch.forEachRecord { record, _ in all.append(String(decoding: record.payload, as: UTF8.self)) }
    }
    return all
}
