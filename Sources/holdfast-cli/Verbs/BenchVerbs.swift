import HoldfastText

/// The benchmarks, in the order in which one would run them.
enum BenchVerbs {
    static let group = VerbGroup("benchmarks", [BenchDayVerb.self, BenchLogVerb.self, BenchWalletVerb.self])
}
