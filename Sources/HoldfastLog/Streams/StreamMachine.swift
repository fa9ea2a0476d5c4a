/// The event store's streams as a lane's state machine. The work is done by `StreamTable`; this is its one entrance,
/// crossed once a work.
package final class StreamMachine: LaneMachine {
    private var table: StreamTable

    package init(seed: UInt64) { table = StreamTable(seed: seed) }

    package func decide(_ work: StreamWork, on turn: inout LaneTurn) -> WorkProgress { table.decide(work, on: &turn) }

    package func decide(
        _ work: StreamWork, on turn: inout LaneTurn, with other: StreamMachine, on otherTurn: inout LaneTurn
    ) -> WorkProgress {
        preconditionFailure("an append never leaves its lane")
    }

    package func expire(on turn: inout LaneTurn) -> Bool { true }
    package var earliestDue: Int64? { nil }
    package var latestTime: Int64 { table.latestTime }
    package var stateEntries: Int { table.streamCount }

    package func apply(_ record: RecordView, at address: UInt64) throws(LogError) {
        try table.apply(record, at: address)
    }

    package func apply(_ records: UnsafeBufferPointer<PlacedRecord>) throws(LogError) {
        var rest = records[...]
        while !rest.isEmpty {
            let group = UnsafeBufferPointer(rebasing: rest.prefix(StreamTable.groupMax))
            table.prefetch(group)
            for placed in group { try table.apply(placed.record, at: placed.address) }
            rest = rest.dropFirst(group.count)
        }
    }

    package func beginSnapshot() { table.beginSnapshot() }
    package func snapshotChunk(into chunk: inout [UInt8]) -> Bool { table.snapshotChunk(into: &chunk) }
    package func loadSnapshotChunk(_ chunk: UnsafeRawBufferPointer) throws(LogError) {
        try table.loadSnapshotChunk(chunk)
    }
}
