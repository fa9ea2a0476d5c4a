internal import HoldfastLog

/// The way of members into files: one thread reads rows, the next compresses and writes them, a third syncs each file
/// that is full and reads it back. Each takes about a third of the work. With two threads the second does what the third
/// would, with one everything happens where `send` is called, in the same order.
package final class PressLine {
    private enum Piece: Sendable {
        case member(Member)
        case end
    }

    private let press: PartPress
    private let pressing: Stage<Piece>
    private let bytes = Locked(0)

    package init(_ press: PartPress, threads: Int) {
        self.press = press
        let bytes = bytes
        pressing = Stage(thread: threads > 1 ? "hf-archive" : nil, capacity: ArchiveLimits.membersUnderWay) {
            (piece) throws(ArchiveError) in
            switch piece {
            case .member(let member):
                let written = try press.take(member)
                bytes.with { $0 += written }
            case .end: try press.closeAll()
            }
        }
    }

    /// Waits for room. What went wrong further on comes back here.
    package func send(_ member: Member) throws(ArchiveError) { try pressing.send(.member(member)) }

    /// After the last member: what is still open is written to its end and checked, while the caller does something else.
    package func end() throws(ArchiveError) { try pressing.send(.end) }

    /// The files, synced and read back. After `end`.
    package func finish() throws(ArchiveError) -> [DataFile] {
        try pressing.finish()
        return try press.finish()
    }

    /// What is in files so far.
    package var bytesWritten: Int { bytes.with { $0 } }
}
