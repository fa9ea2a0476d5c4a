public import HoldfastWallet

/// A command as a value, for handing over many at once.
///
///     let answers = try await ledger.perform([
///         .authorise(player, asset: "BRL", amount: 1_200, requestID: "b1"),
///         .confirm(player, target: "b1", requestID: "c1"),
///     ])
public struct Command: Sendable, Hashable {
    let operation: Operation
    public let player: Player
    public let requestID: String
    private var ref: String?
    private var reason: String?
    private var asset: String?
    private var amount: Int64?
    private var kind: String?
    private var target: String?
    private var ttlMilliseconds: Int64?
    private var force: Bool?
    private var to: String?
    private var toAsset: String?
    private var numerator: Int64?
    private var denominator: Int64?

    private init(_ operation: Operation, _ player: Player, _ requestID: String, _ fill: (inout Command) -> Void) {
        self.operation = operation
        self.player = player
        self.requestID = requestID
        fill(&self)
    }

    public static func credit(
        _ player: Player, asset: String, amount: Int64, requestID: String, kind: CreditKind = .deposit,
        target: String? = nil, ref: String? = nil
    ) -> Command {
        Command(.credit, player, requestID) {
            $0.asset = asset
            $0.amount = amount
            $0.kind = kind.name
            $0.target = target
            $0.ref = ref
        }
    }

    public static func debit(
        _ player: Player, asset: String, amount: Int64, requestID: String, kind: DebitKind = .bet, ref: String? = nil
    ) -> Command {
        Command(.debit, player, requestID) {
            $0.asset = asset
            $0.amount = amount
            $0.kind = kind.name
            $0.ref = ref
        }
    }

    public static func authorise(
        _ player: Player, asset: String, amount: Int64, requestID: String, ttlMilliseconds: Int64 = 30_000,
        ref: String? = nil
    ) -> Command {
        Command(.authorise, player, requestID) {
            $0.asset = asset
            $0.amount = amount
            $0.ttlMilliseconds = ttlMilliseconds
            $0.ref = ref
        }
    }

    public static func confirm(
        _ player: Player, target: String, requestID: String, amount: Int64? = nil, ref: String? = nil
    ) -> Command {
        Command(.confirm, player, requestID) {
            $0.target = target
            $0.amount = amount
            $0.ref = ref
        }
    }

    public static func rollback(
        _ player: Player, target: String, requestID: String, force: Bool = false, ref: String? = nil
    ) -> Command {
        Command(.rollback, player, requestID) {
            $0.target = target
            $0.force = force
            $0.ref = ref
        }
    }

    public static func transfer(
        _ player: Player, to recipient: String, asset: String, amount: Int64, requestID: String, ref: String? = nil
    ) -> Command {
        Command(.transfer, player, requestID) {
            $0.to = recipient
            $0.asset = asset
            $0.amount = amount
            $0.ref = ref
        }
    }

    public static func exchange(
        _ player: Player, asset: String, amount: Int64, to toAsset: String, numerator: Int64, denominator: Int64,
        requestID: String, ref: String? = nil
    ) -> Command {
        Command(.exchange, player, requestID) {
            $0.asset = asset
            $0.amount = amount
            $0.toAsset = toAsset
            $0.numerator = numerator
            $0.denominator = denominator
            $0.ref = ref
        }
    }

    public static func lock(_ player: Player, requestID: String, reason: String? = nil) -> Command {
        Command(.lock, player, requestID) { $0.reason = reason }
    }

    public static func unlock(_ player: Player, requestID: String, reason: String? = nil) -> Command {
        Command(.unlock, player, requestID) { $0.reason = reason }
    }

    /// Lays all texts into one piece of memory, so that the form can point at them.
    func withForm<Result>(_ body: (inout CommandForm) -> Result) -> Result {
        let texts: [String?] = [player.tenant, player.id, requestID, ref, reason, asset, kind, target, to, toAsset]
        var bytes: [UInt8] = []
        var ranges: [Range<Int>?] = []
        for text in texts {
            guard let text else {
                ranges.append(nil)
                continue
            }
            let start = bytes.count
            bytes.append(contentsOf: text.utf8)
            ranges.append(start..<bytes.count)
        }
        return bytes.withUnsafeBytes { raw in
            func text(_ index: Int) -> CommandForm.Text {
                ranges[index].map { .bytes(UnsafeRawBufferPointer(rebasing: raw[$0])) } ?? .absent
            }
            var form = CommandForm()
            form.operation = operation
            form.tenant = text(0)
            form.player = text(1)
            form.requestID = text(2)
            form.ref = text(3)
            form.reason = text(4)
            form.asset = text(5)
            form.kind = text(6)
            form.target = text(7)
            form.to = text(8)
            form.toAsset = text(9)
            form.amount = amount.map { .value($0) } ?? .absent
            form.ttlMilliseconds = ttlMilliseconds.map { .value($0) } ?? .absent
            form.force = force.map { .value($0) } ?? .absent
            if let numerator, let denominator {
                form.rate = .value(numerator: numerator, denominator: denominator)
            }
            return body(&form)
        }
    }
}
