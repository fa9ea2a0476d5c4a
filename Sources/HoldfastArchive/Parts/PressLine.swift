internal import HoldfastLog

/// The way of members into files: one thread reads rows, the next compresses and writes them, a third syncs each file
/// that is full and reads it back. Each takes about a third of the work. With two threads the second does what the third
/// would, with one everything happens where `send` is called, in the same order.
package final class PressLine {
    private let press: PartPress
    private let pressing: Stage<Member>
    private let bytes = Locked(0)

    package init(_ press: PartPress, threads: Int) {
        self.press = press
        let bytes = bytes
        pressing = Stage(thread: threads > 1 ? "hf-archive" : nil, capacity: ArchiveLimits.membersUnderWay) {
            (member) throws(ArchiveError) in
            let written = try press.take(member)
            bytes.with { $0 += written }
        }
    }

    /// Waits for room. What went wrong further on comes back here.
    package func send(_ member: Member) throws(ArchiveError) { try pressing.send(member) }

    /// After the last member: the files, synced and read back.
    package func finish() throws(ArchiveError) -> [DataFile] {
        try pressing.finish()
        return try press.finish()
    }

    /// What is in files so far.
    package var bytesWritten: Int { bytes.with { $0 } }
}
