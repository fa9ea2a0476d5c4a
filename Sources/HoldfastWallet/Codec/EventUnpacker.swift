internal import HoldfastLog

/// Puts payloads together again from the columns of `EventPacking`, row by row, each in the order in which the packer
/// took it apart. What it reads may be anything: it stays within its memory, and says false.
struct EventUnpacker: ~Copyable {
    let rows: UnsafeMutableBufferPointer<SealedRow>
    let events: UnsafeMutableBufferPointer<PackedEvent>
    let shapes: UnsafeMutableBufferPointer<PayloadShape>
    let columns: UnsafeMutablePointer<ByteCursor>
    private var shapeCount = 0
    private var clusterStart = 0
    private var balances = BalanceMemory()
    private var requests = TextPacking()
    private var targets = TextPacking()
    private var refs = TextPacking()
    private var others = TextPacking()
    private let fingerprint = ImpliedFingerprint()
    private var rowsToException = UInt64.max
    private var exceptionKind: UInt8 = 0
    private var rowsSinceException: UInt64 = 0

    private typealias Column = EventPacking.Column

    init(
        rows: UnsafeMutableBufferPointer<SealedRow>, events: UnsafeMutableBufferPointer<PackedEvent>,
        shapes: UnsafeMutableBufferPointer<PayloadShape>, columns: UnsafeMutablePointer<ByteCursor>
    ) {
        self.rows = rows
        self.events = events
        self.shapes = shapes
        self.columns = columns
    }

    mutating func run(_ arena: inout PayloadArena) -> Bool {
        shapeCount = Int(columns[Column.shapes].byte())
        guard shapeCount <= Int(EventPacking.foreignShape) else { return false }
        for index in 0..<shapeCount {
            guard let shape = readShape() else { return false }
            shapes.initializeElement(at: index, to: shape)
        }
        nextException()
        for index in rows.indices {
            if rows[index].beginsCluster {
                clusterStart = index
                balances = BalanceMemory()
            }
            guard unpack(index, &arena) else { return false }
            rowsSinceException &+= 1
        }
        return true
    }

    private mutating func nextException() {
        rowsSinceException = 0
        rowsToException = .max
        if columns[Column.fingerprints].left == 0 { return }
        rowsToException = columns[Column.fingerprints].varint()
        exceptionKind = columns[Column.fingerprints].byte()
    }

    private func readShape() -> PayloadShape? {
        let head = columns[Column.shapes].fixed(width: 8)
        let other = columns[Column.shapes].byte()
        let assetCount = Int(truncatingIfNeeded: head >> 32 & 0xFF)
        guard UInt8(truncatingIfNeeded: head >> 8) & ~WalletEvent.Part.all == 0,
            let asset = columns[Column.shapes].bytes(assetCount)
        else { return nil }
        return PayloadShape(head: head, otherCount: other, asset: asset).hashed
    }

    private func unpackForeign(_ index: Int, _ arena: inout PayloadArena) -> Bool {
        let count = columns[Column.foreign].size(upTo: Limits.payloadBytesMax)
        guard let source = columns[Column.foreign].bytes(count), let target = arena.room(count) else { return false }
        target.copyMemory(from: source, byteCount: count)
        rows[index].payload = UnsafeRawPointer(target)
        rows[index].payloadCount = count
        events.initializeElement(at: index, to: PackedEvent())
        return true
    }

    @inline(__always)
    private mutating func unpack(_ index: Int, _ arena: inout PayloadArena) -> Bool {
        let number = columns[Column.shapeOfRow].byte()
        if number == EventPacking.foreignShape { return unpackForeign(index, &arena) }
        let known: PayloadShape?
        if number == EventPacking.unlistedShape {
            known = readShape()
        } else {
            known = Int(number) < shapeCount ? shapes[Int(number)] : nil
        }
        guard let shape = known, let payload = arena.room(shape.payloadCount) else { return false }
        rows[index].payload = UnsafeRawPointer(payload)
        rows[index].payloadCount = shape.payloadCount
        var event = PackedEvent()
        event.clusterStart = Int32(truncatingIfNeeded: clusterStart)
        event.requestCount = UInt8(truncatingIfNeeded: shape.requestCount)
        event.targetCount = UInt8(truncatingIfNeeded: shape.targetCount)
        payload.storeUnaligned(shape.head)
        var at = payload + PayloadShape.headBytes
        func put(_ value: Int64) {
            at.storeUnaligned(value)
            at += 8
        }
        let printAt = at
        if shape.has(WalletEvent.Part.fingerprint) { put(0) }
        if shape.has(WalletEvent.Part.amount) {
            event.amount = columns[Column.amounts].signed()
            put(event.amount)
        }
        if shape.has(WalletEvent.Part.moment) {
            let expected = rows[index].type == EventKind.authorised.rawValue ? rows[index].time : event.amount
            event.moment = expected &+ columns[Column.moments].signed()
        }
        if shape.has(WalletEvent.Part.balances) {
            let effect = shape.effect(rows[index].type, amount: event.amount, moment: event.moment)
            var purse = balances.expected(shape.assetHash, effect)
            purse.balance &+= columns[Column.balances].signed()
            purse.held &+= columns[Column.balances].signed()
            balances.note(shape.assetHash, purse)
            put(purse.balance)
            put(purse.held)
        }
        var relation: UInt8 = 0
        var named = PackedEvent()
        if shape.has(WalletEvent.Part.about) {
            guard let about = unpackAbout(of: index, &relation, &named) else { return false }
            put(Int64(bitPattern: about))
        }
        if shape.has(WalletEvent.Part.moment) { put(event.moment) }
        var (numerator, denominator): (Int64, Int64) = (0, 0)
        if shape.has(WalletEvent.Part.exchange) {
            for _ in 0..<3 { put(columns[Column.exchanges].signed()) }
            numerator = columns[Column.exchanges].signed()
            denominator = columns[Column.exchanges].signed()
            put(numerator)
            put(denominator)
        }
        copyBytes(from: UnsafeRawBufferPointer(start: shape.asset, count: shape.assetCount), to: at)
        let request = at + shape.assetCount
        event.request = UnsafeRawPointer(request)
        events.initializeElement(at: index, to: event)
        guard unpackTexts(shape, to: request, relation, named) else { return false }
        if shape.has(WalletEvent.Part.fingerprint) {
            let isException = rowsSinceException == rowsToException
            var print: UInt64
            if isException, exceptionKind == 2 {
                print = columns[Column.fingerprints].fixed(width: 8)
            } else {
                print = fingerprint.compute(
                    shape, type: rows[index].type, amount: event.amount, moment: event.moment,
                    time: rows[index].time, numerator: numerator, denominator: denominator,
                    texts: UnsafeRawPointer(request), theOtherWay: isException)
            }
            printAt.storeUnaligned(print)
            if isException { nextException() }
        }
        return true
    }

    @inline(__always)
    private mutating func unpackTexts(
        _ shape: PayloadShape, to request: UnsafeMutableRawPointer, _ relation: UInt8, _ named: PackedEvent
    ) -> Bool {
        let target = request + shape.requestCount
        let ref = target + shape.targetCount
        guard
            requests.unpack(
                to: request, shape.requestCount, codes: &columns[Column.textCodes], texts: &columns[Column.texts])
        else { return false }
        if relation == 0 {
            guard
                targets.unpack(
                    to: target, shape.targetCount, codes: &columns[Column.textCodes], texts: &columns[Column.texts])
            else { return false }
        } else {
            // `unpackAbout` has seen to it that there is such a row.
            let source = named.request! + (relation == 1 ? 0 : Int(named.requestCount))
            let count = Int(relation == 1 ? named.requestCount : named.targetCount)
            guard count == shape.targetCount else { return false }
            copyBytes(from: UnsafeRawBufferPointer(start: source, count: count), to: target)
        }
        return refs.unpack(
            to: ref, shape.refCount, codes: &columns[Column.textCodes], texts: &columns[Column.texts])
            && others.unpack(
                to: ref + shape.refCount, Int(shape.otherCount), codes: &columns[Column.textCodes],
                texts: &columns[Column.texts])
    }

    @inline(__always)
    private mutating func unpackAbout(
        of index: Int, _ relation: inout UInt8, _ named: inout PackedEvent
    ) -> UInt64? {
        let code = columns[Column.abouts].byte()
        relation = code & 3
        let back = Int(code >> 2)
        if back == 0 {
            if relation == 3 {
                relation = 0
                return columns[Column.abouts].fixed(width: 8)
            }
            guard relation == 0 else { return nil }
            return rows[index].address &- columns[Column.abouts].varint() << 3
        }
        guard back <= index &- clusterStart, relation < 3, events[index &- back].request != nil else { return nil }
        named = events[index &- back]
        return rows[index &- back].address
    }
}
