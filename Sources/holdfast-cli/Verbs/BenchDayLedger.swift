import HoldfastBench
import HoldfastLog
import HoldfastText

/// A benchmark that makes a ledger by the traffic of a day first, and then measures something on it.
enum BenchDayLedger {
    static func options(directory: String) -> [Manual.Option] {
        [
            .text("dir", "DIR", "where the ledger is made; missing or empty", default: directory),
            .integer("tx", "N", 1000...1 << 40, "transactions of the day", default: 10_000_000),
            .integer("players", "N", 1000...1 << 27, "players", default: 1_000_000),
            .integer("lanes", "N", 1...Limits.lanesMax, "lanes of the ledger", default: 1),
            .integer("runs", "N", 1...99, "runs; medians are printed", default: 3),
            .integer("seed", "N", 0...Int.max, "seed of the generator", default: 1),
            .flag("json", "one JSON object instead of a table"),
        ]
    }
}

extension DayPlan {
    /// What every benchmark on a day's traffic is told.
    init(_ values: ParsedOptions) {
        self.init()
        directory = values.text("dir")
        transactions = values.integer("tx")
        players = values.integer("players")
        lanes = values.integerIfGiven("lanes") ?? lanes
        seed = UInt64(values.integer("seed"))
    }
}
