/// The assets that every ledger knows, with the digits behind the decimal point.
package enum Currencies {
    /// ISO 4217, the currencies and funds of list one that have a minor unit. Metals and test codes have none.
    static let exponents: [(exponent: UInt8, names: String)] = [
        (0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
        (
            2,
            """
            AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF \
            CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
            HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT \
            MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR \
            SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU \
            UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
            """
        ),
        (3, "BHD IQD JOD KWD LYD OMR TND"),
        (4, "CLF UYW"),
        // Not of ISO 4217, but what players pay with.
        (6, "USDT"),
        (8, "BTC ETH"),
    ]

    static let builtIn: [AssetName: UInt8] = {
        var table: [AssetName: UInt8] = [:]
        for (exponent, names) in exponents {
            for name in names.split(separator: " ") { table[AssetName(String(name))!] = exponent }
        }
        return table
    }()
}
