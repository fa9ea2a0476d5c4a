internal import HoldfastLog

/// Fills the columns of `EventPacking` with the payloads of one block.
struct EventPacker: ~Copyable {
    let rows: UnsafeBufferPointer<SealedRow>
    let events: UnsafeMutableBufferPointer<PackedEvent>
    let shapes: UnsafeMutableBufferPointer<PayloadShape>
    let columns: UnsafeMutablePointer<ByteColumn>
    private var shapeCount = 0
    private var clusterStart = 0
    private var balances = BalanceMemory()
    private var requests = TextPacking()
    private var targets = TextPacking()
    private var refs = TextPacking()
    private var others = TextPacking()
    private let fingerprint = ImpliedFingerprint()
    private var rowsSinceFingerprint: UInt64 = 0

    private typealias Column = EventPacking.Column

    init(
        rows: UnsafeBufferPointer<SealedRow>, events: UnsafeMutableBufferPointer<PackedEvent>,
        shapes: UnsafeMutableBufferPointer<PayloadShape>, columns: UnsafeMutablePointer<ByteColumn>
    ) {
        self.rows = rows
        self.events = events
        self.shapes = shapes
        self.columns = columns
    }

    mutating func run() {
        // The number of listed shapes comes first, and is known last.
        columns[Column.shapes].byte(0)
        for index in rows.indices {
            if rows[index].beginsCluster {
                clusterStart = index
                balances = BalanceMemory()
            }
            pack(index)
            rowsSinceFingerprint &+= 1
        }
        columns[Column.shapes].bytes.baseAddress.map {
            UnsafeMutableRawPointer(mutating: $0).storeBytes(of: UInt8(shapeCount), as: UInt8.self)
        }
    }

    /// The shape with its asset hashed, as it is or comes to be in the list; notes in the row's column which it is.
    @inline(__always)
    private mutating func listed(_ shape: PayloadShape) -> PayloadShape {
        if let known = find(shape) {
            columns[Column.shapeOfRow].byte(UInt8(truncatingIfNeeded: known))
            return shapes[known]
        }
        let hashed = shape.hashed
        write(hashed)
        if shapeCount < shapes.count {
            columns[Column.shapeOfRow].byte(UInt8(truncatingIfNeeded: shapeCount))
            shapes.initializeElement(at: shapeCount, to: hashed)
            shapeCount += 1
        } else {
            // Behind all that are listed: the list has been full since before the first of these.
            columns[Column.shapeOfRow].byte(EventPacking.unlistedShape)
        }
        return hashed
    }

    private func write(_ shape: PayloadShape) {
        columns[Column.shapes].fixed(shape.head, width: 8)
        columns[Column.shapes].byte(shape.otherCount)
        columns[Column.shapes].bytes(shape.asset, shape.assetCount)
    }

    @inline(__always)
    private func find(_ shape: PayloadShape) -> Int? {
        for index in 0..<shapeCount where shapes[index].isSame(as: shape) { return index }
        return nil
    }

    @inline(__always)
    private mutating func pack(_ index: Int) {
        let row = rows[index]
        var event = PackedEvent()
        event.clusterStart = Int32(truncatingIfNeeded: clusterStart)
        guard let found = PayloadShape(row.payload, row.payloadCount) else {
            columns[Column.shapeOfRow].byte(EventPacking.foreignShape)
            columns[Column.foreign].varint(UInt64(row.payloadCount))
            columns[Column.foreign].bytes(row.payload, row.payloadCount)
            events.initializeElement(at: index, to: event)
            return
        }
        // Another row's asset, where it is the same, but this row's texts: nothing below reads it by its place.
        let shape = listed(found)
        let request = row.payload + shape.requestOffset
        event.request = request
        event.requestCount = UInt8(truncatingIfNeeded: shape.requestCount)
        event.targetCount = UInt8(truncatingIfNeeded: shape.targetCount)

        var at = row.payload + PayloadShape.headBytes
        func take() -> Int64 {
            defer { at += 8 }
            return at.loadUnaligned(as: Int64.self)
        }
        let print = shape.has(WalletEvent.Part.fingerprint) ? UInt64(bitPattern: take()) : 0
        if shape.has(WalletEvent.Part.amount) {
            event.amount = take()
            columns[Column.amounts].signed(event.amount)
        }
        let purse =
            shape.has(WalletEvent.Part.balances) ? PurseFacts(balance: take(), held: take()) : PurseFacts()
        let about = shape.has(WalletEvent.Part.about) ? UInt64(bitPattern: take()) : 0
        if shape.has(WalletEvent.Part.moment) {
            event.moment = take()
            let expected = row.type == EventKind.authorised.rawValue ? row.time : event.amount
            columns[Column.moments].signed(event.moment &- expected)
        }
        var (numerator, denominator): (Int64, Int64) = (0, 0)
        if shape.has(WalletEvent.Part.exchange) {
            for _ in 0..<3 { columns[Column.exchanges].signed(take()) }
            (numerator, denominator) = (take(), take())
            columns[Column.exchanges].signed(numerator)
            columns[Column.exchanges].signed(denominator)
        }
        if shape.has(WalletEvent.Part.balances) {
            let effect = shape.effect(row.type, amount: event.amount, moment: event.moment)
            let expected = balances.expected(shape.assetHash, effect)
            columns[Column.balances].signed(purse.balance &- expected.balance)
            columns[Column.balances].signed(purse.held &- expected.held)
            balances.note(shape.assetHash, purse)
        }
        events.initializeElement(at: index, to: event)
        var targetIsKnown = false
        if shape.has(WalletEvent.Part.about) { targetIsKnown = pack(about, of: index, event) }
        requests.pack(
            request, shape.requestCount, codes: &columns[Column.textCodes], texts: &columns[Column.texts])
        let target = request + shape.requestCount
        if !targetIsKnown {
            targets.pack(target, shape.targetCount, codes: &columns[Column.textCodes], texts: &columns[Column.texts])
        }
        let ref = target + shape.targetCount
        refs.pack(ref, shape.refCount, codes: &columns[Column.textCodes], texts: &columns[Column.texts])
        others.pack(
            ref + shape.refCount, Int(shape.otherCount), codes: &columns[Column.textCodes],
            texts: &columns[Column.texts])
        if shape.has(WalletEvent.Part.fingerprint) {
            pack(print, shape, row, event, request, numerator, denominator)
        }
    }

    /// Which record the event is about. True where that says its target too.
    @inline(__always)
    private mutating func pack(_ about: UInt64, of index: Int, _ event: PackedEvent) -> Bool {
        let first = max(clusterStart, index &- EventPacking.rowsBackMax)
        var back = index &- 1
        while back >= first {
            if rows[back].address == about, let request = events[back].request {
                let named = events[back]
                let own = event.request! + Int(event.requestCount)
                let count = Int(event.targetCount)
                var relation: UInt8 = 0
                if count > 0, count == Int(named.requestCount), sameBytes(own, request, count: count) {
                    relation = 1
                } else if count > 0, count == Int(named.targetCount),
                    sameBytes(own, request + Int(named.requestCount), count: count)
                {
                    relation = 2
                }
                columns[Column.abouts].byte(UInt8(truncatingIfNeeded: (index &- back) << 2) | relation)
                return relation != 0
            }
            back &-= 1
        }
        if (rows[index].address &- about) & 7 == 0 {
            columns[Column.abouts].byte(0)
            columns[Column.abouts].varint((rows[index].address &- about) >> 3)
        } else {
            columns[Column.abouts].byte(3)
            columns[Column.abouts].fixed(about, width: 8)
        }
        return false
    }

    @inline(__always)
    private mutating func pack(
        _ print: UInt64, _ shape: PayloadShape, _ row: SealedRow, _ event: PackedEvent, _ texts: UnsafeRawPointer,
        _ numerator: Int64, _ denominator: Int64
    ) {
        for theOtherWay in [false, true] {
            let implied = fingerprint.compute(
                shape, type: row.type, amount: event.amount, moment: event.moment, time: row.time,
                numerator: numerator, denominator: denominator, texts: texts, theOtherWay: theOtherWay)
            if implied == print {
                if theOtherWay { exception(1) }
                return
            }
        }
        exception(2)
        columns[Column.fingerprints].fixed(print, width: 8)
    }

    private mutating func exception(_ kind: UInt8) {
        columns[Column.fingerprints].varint(rowsSinceFingerprint)
        columns[Column.fingerprints].byte(kind)
        rowsSinceFingerprint = 0
    }
}
