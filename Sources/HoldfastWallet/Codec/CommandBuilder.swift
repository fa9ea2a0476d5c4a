import CHoldfast

/// Judges forms and takes their hashes, on the caller's thread. One for each thread: it keeps a cache and scratch
/// memory.
///
///     var builder = CommandBuilder(assets: registry, seed: ledger.seed, clockIsGiven: false)
///     var command = PreparedCommand()
///     if let fault = builder.prepare(&form, into: &command) {
///         answerInvalidRequest(fault)
///     } else {
///         batches[lane(of: command.keyHash)].append(&command)
///     }
package struct CommandBuilder: ~Copyable {
    private let assets: AssetRegistry
    private let seed: UInt64
    private let clockIsGiven: Bool
    private var cache = AssetCache()
    /// `tenant/player`, to be hashed in one piece.
    private let scratch: UnsafeMutableRawPointer

    package init(assets: AssetRegistry, seed: UInt64, clockIsGiven: Bool) {
        self.assets = assets
        self.seed = seed
        self.clockIsGiven = clockIsGiven
        scratch = .allocate(byteCount: 128, alignment: 16)
    }

    deinit { scratch.deallocate() }

    /// Fills in the command and says nil, or says the first fault: `op`, tenant, player, request_id, ref, the
    /// operation's own fields in the order of the domain's table, `at`, then fields that don't belong there.
    ///
    /// Form and command are passed `inout` because they are large and would be copied otherwise.
    package mutating func prepare(_ form: inout CommandForm, into command: inout PreparedCommand) -> FormFault? {
        command = PreparedCommand()
        do throws(FormFault) {
            try read(&form, into: &command)
        } catch {
            return error
        }
        takeHashes(&command)
        return nil
    }

    /// The hash of a player's key, as in `PreparedCommand.keyHash`.
    package func keyHash(tenant: UnsafeRawBufferPointer, player: UnsafeRawBufferPointer) -> UInt64 {
        guard tenant.count <= TextRules.tenantBytesMax, player.count <= TextRules.bytesMax else { return 0 }
        copyBytes(from: tenant, to: scratch)
        scratch.storeBytes(of: UInt8(ascii: "/"), toByteOffset: tenant.count, as: UInt8.self)
        copyBytes(from: player, to: scratch + tenant.count + 1)
        return hf_hash64(scratch, tenant.count + 1 + player.count, seed)
    }

    private func takeHashes(_ command: inout PreparedCommand) {
        command.keyHash = keyHash(tenant: command.tenant, player: command.player)
        command.requestHash = requestHash(command.requestID, of: command.keyHash)
        if command.operation == .transfer {
            command.targetHash = keyHash(tenant: command.tenant, player: command.other)
        } else if command.target.count > 0 {
            command.targetHash = requestHash(command.target, of: command.keyHash)
        }
    }
}

/// The hash of a request_id, scoped to its player.
@inline(__always)
func requestHash(_ id: UnsafeRawBufferPointer, of keyHash: UInt64) -> UInt64 {
    hf_hash64(id.baseAddress, id.count, keyHash)
}

// MARK: The rules of the form

extension CommandBuilder {
    private static let ttlMillisecondsMax: Int64 = 2_592_000_000
    private static let ttlMillisecondsDefault: Int64 = 30_000

    @inline(__always)
    private mutating func read(
        _ form: inout CommandForm, into command: inout PreparedCommand
    ) throws(FormFault) {
        guard let operation = form.operation else { throw .field(.op) }
        command.operation = operation
        guard case .bytes(let tenant) = form.tenant, TextRules.isTenant(tenant) else { throw .field(.tenant) }
        command.tenant = tenant
        command.player = try name(form.player, .player)
        command.requestID = try name(form.requestID, .requestID)
        switch operation {
        case .lock, .unlock: command.ref = try note(form.reason, .reason)
        default: command.ref = try note(form.ref, .ref)
        }
        try readParticular(&form, into: &command)
        if clockIsGiven { command.at = try time(form.at) }
        let foreign = form.particularFields.subtracting(operation.fields)
        guard foreign.isEmpty, !form.hasUnknownField else { throw .foreignField }
    }

    @inline(__always)
    private mutating func readParticular(
        _ form: inout CommandForm, into command: inout PreparedCommand
    ) throws(FormFault) {
        switch command.operation {
        case .credit:
            try readMoney(&form, atLeast: 0, into: &command)
            command.kind = try creditKind(form.kind)
            if case .absent = form.target {} else { command.target = try name(form.target, .target) }
        case .debit:
            try readMoney(&form, atLeast: 1, into: &command)
            command.kind = try debitKind(form.kind)
        case .authorise:
            try readMoney(&form, atLeast: 1, into: &command)
            command.first = try timeToLive(form.ttlMilliseconds)
        case .confirm:
            command.target = try name(form.target, .target)
            if case .absent = form.amount {} else { try readAmount(form.amount, atLeast: 0, into: &command) }
        case .rollback:
            command.target = try name(form.target, .target)
            switch form.force {
            case .absent: break
            case .malformed: throw .field(.force)
            case .value(let isForced): if isForced { command.flags |= PreparedCommand.isForced }
            }
        case .transfer:
            try readMoney(&form, atLeast: 1, into: &command)
            command.other = try name(form.to, .to)
            if sameBytes(command.other, command.player) { throw .field(.to) }
        case .exchange:
            try readMoney(&form, atLeast: 1, into: &command)
            (command.toAsset, command.other) = try asset(form.toAsset, .toAsset, &command)
            if sameBytes(command.other, command.assetName) { throw .field(.toAsset) }
            guard case .value(let numerator, let denominator) = form.rate, (1...Amount.max).contains(numerator),
                (1...Amount.max).contains(denominator)
            else { throw .field(.rate) }
            command.first = numerator
            command.second = denominator
        case .lock, .unlock: break
        }
    }

    @inline(__always)
    private mutating func readMoney(
        _ form: inout CommandForm, atLeast: Int64, into command: inout PreparedCommand
    ) throws(FormFault) {
        (command.asset, command.assetName) = try asset(form.asset, .asset, &command)
        try readAmount(form.amount, atLeast: atLeast, into: &command)
    }

    @inline(__always)
    private func readAmount(
        _ amount: CommandForm.Whole, atLeast: Int64, into command: inout PreparedCommand
    ) throws(FormFault) {
        guard case .value(let value) = amount, value >= atLeast, value <= Amount.max else { throw .field(.amount) }
        command.amount = value
        command.flags |= PreparedCommand.hasAmount
    }

    @inline(__always)
    private mutating func asset(
        _ text: CommandForm.Text, _ field: Field, _ command: inout PreparedCommand
    ) throws(FormFault) -> (AssetID, UnsafeRawBufferPointer) {
        guard case .bytes(let bytes) = text, let name = AssetName(unchecked: bytes) else { throw .field(field) }
        // What is in the cache was found good before.
        let cached = cache.id(of: name)
        if cached != 0 { return (cached, bytes) }
        guard name.hasForm else { throw .field(field) }
        switch assets.intern(name) {
        case .known(let id):
            cache.keep(name, id)
            return (id, bytes)
        case .undeclared:
            command.isUndeclared = true
            return (0, bytes)
        case .full: throw .field(field)
        }
    }

    @inline(__always)
    private func name(_ text: CommandForm.Text, _ field: Field) throws(FormFault) -> UnsafeRawBufferPointer {
        guard case .bytes(let bytes) = text, TextRules.isText(bytes, atLeast: 1) else { throw .field(field) }
        return bytes
    }

    @inline(__always)
    private func note(_ text: CommandForm.Text, _ field: Field) throws(FormFault) -> UnsafeRawBufferPointer {
        switch text {
        case .absent: return UnsafeRawBufferPointer(start: nil, count: 0)
        case .bytes(let bytes) where TextRules.isText(bytes, atLeast: 0): return bytes
        case .bytes, .malformed: throw .field(field)
        }
    }

    @inline(__always)
    private func time(_ at: CommandForm.Whole) throws(FormFault) -> Int64 {
        switch at {
        case .absent: return -1
        case .value(let time) where (0...Amount.max).contains(time): return time
        case .value, .malformed: throw .field(.at)
        }
    }

    @inline(__always)
    private func timeToLive(_ ttl: CommandForm.Whole) throws(FormFault) -> Int64 {
        switch ttl {
        case .absent: return Self.ttlMillisecondsDefault
        case .value(let ttl) where (1...Self.ttlMillisecondsMax).contains(ttl): return ttl
        case .value, .malformed: throw .field(.ttlMilliseconds)
        }
    }

    @inline(__always)
    private func creditKind(_ text: CommandForm.Text) throws(FormFault) -> UInt8 {
        switch text {
        case .absent: return CreditKind.deposit.rawValue
        case .malformed: throw .field(.kind)
        case .bytes(let bytes):
            for kind in 1...5 as ClosedRange<UInt8> where isName(Kind.wireName(kind), bytes) { return kind }
            throw .field(.kind)
        }
    }

    @inline(__always)
    private func debitKind(_ text: CommandForm.Text) throws(FormFault) -> UInt8 {
        switch text {
        case .absent: return DebitKind.bet.rawValue
        case .malformed: throw .field(.kind)
        case .bytes(let bytes):
            for kind in 16...19 as ClosedRange<UInt8> where isName(Kind.wireName(kind), bytes) { return kind }
            throw .field(.kind)
        }
    }

    @inline(__always)
    private func isName(_ name: StaticString?, _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let name else { return false }
        return sameBytes(UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), bytes)
    }
}
