import HoldfastText

/// The benchmarks, in the order in which one would run them.
enum BenchVerbs {
    static let group = VerbGroup(
        "benchmarks",
        [
            BenchDayVerb.self, BenchWalletVerb.self, BenchLogVerb.self, BenchSealVerb.self, BenchTablesVerb.self,
            BenchArchiveVerb.self, BenchHTTPVerb.self, BenchVerifyVerb.self, BenchRecoverVerb.self, BenchScaleVerb.self,
            BenchRivalsVerb.self, BenchReportVerb.self, BenchCompareVerb.self,
        ])
}
