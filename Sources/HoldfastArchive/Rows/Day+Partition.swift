package import HoldfastTables
internal import HoldfastText

extension Day {
    /// From the directories of a partition: 2025, 11, 21.
    init?(year: Int64, month: Int64, day: Int64) {
        guard let date = CivilDate(year: year, month: Int(month), day: Int(day)) else { return nil }
        self.init(number: date.daysSince1970)
    }

    var date: CivilDate { CivilDate(daysSince1970: number) }

    package func contains(_ milliseconds: Int64) -> Bool { begin <= milliseconds && milliseconds < end }
}
