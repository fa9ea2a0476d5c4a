internal import HoldfastText
package import HoldfastWallet

/// Exponents of assets by name, looked up once each: the registry behind it takes a lock.
package struct MoneyTable {
    private let assets: AssetRegistry
    private var exponents: [AssetName: Int] = [:]

    package init(_ assets: AssetRegistry) { self.assets = assets }

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
        MoneyText.text(minorUnits: minorUnits, exponent: exponent(of: asset))
    }

    /// `+12.34`
    package mutating func signed(_ minorUnits: Int64, _ asset: AssetName) -> String {
        (minorUnits > 0 ? "+" : "") + digits(minorUnits, asset)
    }

    /// Sums over players, which may pass any bound of a single balance.
    package mutating func digits(_ minorUnits: Int128, _ asset: AssetName) -> String {
        MoneyText.text(sum: minorUnits, exponent: exponent(of: asset))
    }
}
