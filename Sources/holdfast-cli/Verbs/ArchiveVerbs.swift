import HoldfastArchive
import HoldfastLog
import HoldfastText

/// The verbs of the archive.
enum ArchiveVerbs {
    static let group = VerbGroup(
        "archive",
        [
            ArchiveRunVerb.self, ArchiveVerifyVerb.self, ArchiveSnapshotsVerb.self, ArchiveHistoryVerb.self,
            ArchiveCompactVerb.self, ArchiveRestoreVerb.self, ArchiveEraseVerb.self, ArchiveExpireVerb.self,
        ])

    static let root = Manual.Argument.required("ROOT", "the archive's directory")
    static let now = Manual.Option.time("now", "the time to go by, instead of the clock's")
    static let compressor = Manual.Option.choice(
        "compressor", of: GzipEngine.self, "what packs the rows; the fastest that is there by default")

    /// The compressor that was asked for, or the best.
    static func engine(_ values: ParsedOptions) throws(UsageError) -> GzipEngine {
        guard let engine = values.choiceIfGiven("compressor", as: GzipEngine.self) else { return .best }
        guard engine.isThere else {
            throw UsageError(
                "--compressor \(engine.rawValue): that library is not installed; zlib-1 and zlib-6 always are")
        }
        return engine
    }

    static func time(_ values: ParsedOptions) -> Int64 { values.millisecondsIfGiven("now") ?? SystemClock().now() }
}
