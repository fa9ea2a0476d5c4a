internal import Holdfast
internal import HoldfastWallet

/// Writes transactions as a caller of the ledger would and has them checked and hashed, as every caller has: this
/// part of a command's cost is the ledger's, though it falls to the caller's thread.
struct LedgerScribe: ~Copyable {
    private var builder: CommandBuilder
    private let ledger: Ledger
    private let lanes: Int
    private var form = CommandForm()
    private var command = PreparedCommand()
    /// Player, request and target, and then the names of tenants and assets.
    private let texts: UnsafeMutableRawPointer
    private let tenants: [UnsafeRawBufferPointer]
    private let assets: [UnsafeRawBufferPointer]

    private static let tenantBytes = 4
    private static let assetBytes = 3

    init(_ ledger: Ledger, _ population: Population) {
        self.ledger = ledger
        lanes = ledger.laneCount
        builder = ledger.makeBuilder()
        let names = 40 + population.tenants.count * Self.tenantBytes
        texts = .allocate(byteCount: names + Population.assets.count * Self.assetBytes, alignment: 8)
        var at = texts + 40
        func place(_ name: String) -> UnsafeRawBufferPointer {
            let bytes = Array(name.utf8)
            at.copyMemory(from: bytes, byteCount: bytes.count)
            defer { at += bytes.count }
            return UnsafeRawBufferPointer(start: at, count: bytes.count)
        }
        let byAsset = Population.assets.map(place)
        tenants = population.tenants.indices.map { place(Population.name(ofTenant: $0)) }
        assets = population.tenants.map { byAsset[$0.asset] }
        form.player = .bytes(UnsafeRawBufferPointer(start: texts, count: 8))
        form.requestID = .bytes(UnsafeRawBufferPointer(start: texts + 8, count: 16))
    }

    deinit { texts.deallocate() }

    @inline(__always)
    mutating func write(_ transaction: inout DayCommand, due: Int64, into batch: LoadBatch) {
        let tenant = Int(transaction.tenant)
        form.tenant = .bytes(tenants[tenant])
        Hexadecimal.write(transaction.player, into: texts)
        Hexadecimal.write(transaction.request, into: texts + 8)
        form.at = .value(transaction.at)
        switch transaction.kind {
        case .confirm, .rollback:
            form.operation = transaction.kind == .confirm ? .confirm : .rollback
            Hexadecimal.write(transaction.target, into: texts + 24)
            form.target = .bytes(UnsafeRawBufferPointer(start: texts + 24, count: 16))
            form.asset = .absent
            form.amount = .absent
        case .authorise, .credit, .debit:
            form.operation =
                transaction.kind == .authorise ? .authorise : transaction.kind == .credit ? .credit : .debit
            form.target = .absent
            form.asset = .bytes(assets[tenant])
            form.amount = .value(transaction.amount)
        }
        let fault = builder.prepare(&form, into: &command)
        precondition(fault == nil, "the generator makes well-formed commands")
        let lane = lanes == 1 ? 0 : ledger.lane(ofKeyHash: command.keyHash)
        batch.append(&command, transaction.expectation, due: due, lane: lane)
    }
}
