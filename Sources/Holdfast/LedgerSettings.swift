package import HoldfastLog
package import HoldfastWallet

/// What a ledger fixes when it is created, beyond what every log has: the assets it declares and for how long a
/// request_id is guarded. Kept in the log's manifest.
///
///     u32 version, i64 window in milliseconds, u32 number of assets, then for each a counted name and u8 exponent
package struct LedgerSettings: Sendable, Equatable {
    package static let kind = "wallet ledger"
    private static let version: UInt32 = 1
    package static let exponentMax = 18

    /// Assets beyond the built-in ones, by name without suffix.
    package var assets: [AssetName: UInt8] = [:]
    package var windowMilliseconds = WalletConfiguration.windowMillisecondsMin

    package init() {}

    package init(assets: [String: Int], windowMilliseconds: Int64) throws(LedgerError) {
        for (text, exponent) in assets {
            guard let name = AssetName(text), name.base == name else {
                throw .invalid(
                    argument: "asset \(text)",
                    reason: "the name of an asset is 2 to 8 capital letters and digits, without a suffix")
            }
            guard (0...Self.exponentMax).contains(exponent) else {
                throw .invalid(
                    argument: "asset \(text)",
                    reason: "an exponent is within 0 and \(Self.exponentMax), not \(exponent)")
            }
            self.assets[name] = UInt8(exponent)
        }
        guard windowMilliseconds >= WalletConfiguration.windowMillisecondsMin else {
            throw .invalid(argument: "request window", reason: "a request_id is guarded for 24 hours at least")
        }
        guard windowMilliseconds <= WalletConfiguration.windowMillisecondsMax else {
            throw .invalid(
                argument: "request window",
                reason: "a request_id is guarded for \(WalletConfiguration.windowMillisecondsMax) ms at most, some "
                    + "285 000 years")
        }
        self.windowMilliseconds = windowMilliseconds
    }

    var fields: [UInt8] {
        var writer = FieldWriter()
        writer.integer(Self.version)
        writer.integer(windowMilliseconds)
        writer.integer(UInt32(assets.count))
        for (name, exponent) in assets.sorted(by: { $0.key < $1.key }) {
            writer.counted(name.description.utf8)
            writer.integer(exponent)
        }
        return writer.bytes
    }

    init(reading directory: LogDirectory) throws(LedgerError) {
        var reader = FieldReader(directory.manifest.settings)
        let damaged = LedgerError.damaged(
            Damage(file: directory.path + "/manifest", offset: 0, found: "the ledger's settings can't be read"))
        guard let version: UInt32 = reader.integer() else { throw damaged }
        guard version <= Self.version else {
            throw .newerFormat(file: directory.path + "/manifest", found: version, supported: Self.version)
        }
        guard let window: Int64 = reader.integer(), let count: UInt32 = reader.integer(),
            window >= WalletConfiguration.windowMillisecondsMin
        else { throw damaged }
        // A longer one was possible once; no clock comes to its end either way.
        windowMilliseconds = min(window, WalletConfiguration.windowMillisecondsMax)
        for _ in 0..<count {
            guard let text = reader.counted(), let exponent: UInt8 = reader.integer(), exponent <= Self.exponentMax,
                let name = AssetName(String(decoding: text, as: UTF8.self))
            else { throw damaged }
            assets[name] = exponent
        }
        guard reader.isAtEnd else { throw damaged }
    }
}

extension LogDirectory {
    /// The log of a ledger, not opened yet.
    package static func ledger(at path: String, on disk: any Disk = RealDisk()) throws(LedgerError) -> LogDirectory {
        try open(
            path, kind: LedgerSettings.kind, packing: EventPacking(), on: disk,
            making: "make a ledger there with `holdfast init \(path)`")
    }
}
