internal import HoldfastText
package import HoldfastWallet

/// Exponents of assets by name, looked up once each: the registry behind it takes a lock.
package struct MoneyTable {
    private let assets: AssetRegistry
    private var exponents: [AssetName: Int] = [:]
    /// Who reads the amounts: on a page their digits stand in groups, everywhere else as programs take them in.
    package enum Reader: Sendable { case plainText, page }
    private let reader: Reader

    package init(_ assets: AssetRegistry, for reader: Reader = .plainText) {
        self.assets = assets
        self.reader = reader
    }

    /// An asset that the log names was declared once; one that isn't any more counts whole units.
    package mutating func exponent(of asset: AssetName) -> Int {
        if let known = exponents[asset] { return known }
        let exponent = assets.exponent(of: asset) ?? 0
        exponents[asset] = exponent
        return exponent
    }

    /// `12.34 BRL`
    package mutating func text(_ minorUnits: Int64, _ asset: AssetName) -> String {
        "\(digits(minorUnits, asset)) \(asset)"
    }

    /// `12.34`
    package mutating func digits(_ minorUnits: Int64, _ asset: AssetName) -> String {
        fit(MoneyText.text(minorUnits: minorUnits, exponent: exponent(of: asset)))
    }

    /// `+12.34`
    package mutating func signed(_ minorUnits: Int64, _ asset: AssetName) -> String {
        (minorUnits > 0 ? "+" : "") + digits(minorUnits, asset)
    }

    /// Sums over players, which may pass any bound of a single balance.
    package mutating func digits(_ minorUnits: Int128, _ asset: AssetName) -> String {
        fit(MoneyText.text(sum: minorUnits, exponent: exponent(of: asset)))
    }

    private func fit(_ amount: String) -> String { reader == .page ? MoneyText.grouped(amount) : amount }
}
