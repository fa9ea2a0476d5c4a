import Testing
import WalletModel

@testable import HoldfastWallet

@Suite("Assets")
struct AssetTests {
    @Test(
        "have names of this form",
        arguments: ["BRL", "BTC", "SKU1", "A2345678", "BRL.b", "BRL.bonusbon", "A2345678.bonusbon", "12"])
    func goodNames(name: String) { #expect(AssetName(name)?.description == name) }

    @Test(
        "have no other names",
        arguments: [
            "", "B", "brl", "A23456789", "BRL.", "BRL.B", "BRL.bonusbonu", ".bonus", "BRL bonus", "BRL.a.b", "ÅÅÅ",
        ])
    func badNames(name: String) { #expect(AssetName(name) == nil) }

    @Test("sort by their bytes")
    func order() {
        let names = ["BTC", "BRL.bonus", "BRL", "BRLX", "AA", "A2345678.bonusbon", "A2345678.bonusboa"]
        #expect(names.map { AssetName($0)! }.sorted().map(\.description) == names.sorted())
    }

    @Test("of ISO 4217 are built in, with their exponents")
    func builtIn() {
        let assets = AssetRegistry()
        #expect(NaiveAssets.builtIn == Set(Currencies.builtIn.keys.map(\.description)))
        for (name, exponent) in ["JPY": 0, "BRL": 2, "KWD": 3, "CLF": 4, "BTC": 8, "ETH": 8, "USDT": 6, "UYI": 0] {
            #expect(assets.exponent(of: AssetName(name)!) == exponent)
        }
        #expect(assets.exponent(of: AssetName("KWD.bonus")!) == 3)
        #expect(assets.exponent(of: AssetName("SKU")!) == nil)
    }

    @Test("are known by number when their base is declared")
    func interning() {
        let assets = AssetRegistry(declared: [AssetName("SKU")!: 0])
        #expect(assets.intern(AssetName("SKU.gold")!) == .known(1))
        #expect(assets.intern(AssetName("BRL")!) == .known(2))
        #expect(assets.intern(AssetName("SKU.gold")!) == .known(1))
        #expect(assets.intern(AssetName("ZZZZ")!) == .undeclared)
        #expect(assets.name(of: 1).description == "SKU.gold")
        #expect(assets.internFromLog(AssetName("ZZZZ")!) == 3, "what is in a log was declared once")
        #expect(assets.intern(AssetName("ZZZZ")!) == .undeclared)
    }

    @Test("may be many, but not without end")
    func bound() {
        let assets = AssetRegistry()
        let letters = (0..<26).map { String(UnicodeScalar(UInt8(97 + $0))) }
        var names = 0
        for a in letters {
            for b in letters {
                for c in letters {
                    for d in letters.prefix(4) {
                        if assets.intern(AssetName("BRL." + a + b + c + d)!) != .full { names += 1 }
                    }
                }
            }
        }
        #expect(names == AssetRegistry.namesMax - assets.exponents.count)
        // What was declared is still to be had.
        for name in assets.exponents.keys { #expect(assets.intern(name) != .full) }
        #expect(assets.intern(AssetName("BRL.zzzzz")!) == .full)
        #expect(assets.internFromLog(AssetName("OLD")!) == nil)
        #expect(assets.intern(AssetName("BRL.aaaa")!) == .known(1))
    }
}
