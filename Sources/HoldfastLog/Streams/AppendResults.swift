/// What became of each append of a batch, in the batch's order: a result, the conflict that refused it or, when the
/// store ran out of space half-way, that failure for those that came too late.
public struct AppendResults: RandomAccessCollection, Sendable {
    private var works: [StreamWork] = []
    /// Where each group's outcome lies; empty when one lane took the whole batch.
    private var places: [(work: Int32, group: Int32)] = []

    init(_ work: StreamWork) { works = [work] }

    init(count: Int) { places = Array(repeating: (0, 0), count: count) }

    mutating func add(_ work: StreamWork, groups: [Int]) {
        for (index, group) in groups.enumerated() { places[group] = (Int32(works.count), Int32(index)) }
        works.append(work)
    }

    /// The failure of a batch of which nothing became durable.
    var failure: LogError? {
        works.contains { $0.failure == nil || $0.settled > 0 } ? nil : works.lazy.compactMap(\.failure).first
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { places.isEmpty ? works.first?.outcomes.count ?? 0 : places.count }

    public subscript(index: Int) -> Result<AppendResult, LogError> {
        let (work, group) =
            places.isEmpty ? (works[0], index) : (works[Int(places[index].work)], Int(places[index].group))
        return work.result(group)
    }
}
