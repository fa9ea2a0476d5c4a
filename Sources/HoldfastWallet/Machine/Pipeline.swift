import CHoldfast
import HoldfastMemory

/// A command on its way through the pipeline. The numbers are guesses by hash, to be verified.
struct PipelineEntry: BitwiseCopyable {
    var frame: UnsafeRawPointer?
    var player: UInt32 = 0
    var hold: UInt32 = 0
}

/// Brings the memory of commands closer while earlier ones are decided. A command touches up to nine cache lines, and
/// each stage learns from the one before which: directories, then pages, then the slots that these name. One command
/// after the other would wait for three or four misses of 80 to 100 ns.
///
/// The stages go in groups, ahead of the deciding: while one group of sixteen is decided, the pages of the next come
/// in, and half-way the slots. Within a group the requests are issued back to back, because in tables beyond the
/// reach of the TLB each needs a walk through the page tables: seen here, a line fetched on its own stalls the core
/// for 60 to 90 ns even where nobody waits for it, and 10 ns in a row of others.
struct Pipeline {
    static let group = 16
    /// Entries lie in a ring that holds the group being decided and the next.
    static let ringCount = 32

    /// Index of the next command whose pages are fetched, and whose slots are.
    var pages: Int
    var slots: Int
    /// Where the frame of the command `pages` lies.
    var frame: UnsafeRawPointer
    let count: Int

    init(_ frames: UnsafeRawPointer, cursor: Int, index: Int, count: Int) {
        pages = index
        slots = index
        frame = frames + cursor
        self.count = count
    }
}

extension WalletState {
    @inline(__always)
    func entry(_ index: Int) -> UnsafeMutablePointer<PipelineEntry> { ring + (index & (Pipeline.ringCount &- 1)) }

    /// Moves the stages on before the command `index` is decided.
    @inline(__always)
    func advance(_ pipeline: inout Pipeline, to index: Int) {
        while pipeline.pages <= index &+ Pipeline.group, pipeline.pages < pipeline.count { fetchPages(&pipeline) }
        while pipeline.slots <= index &+ Pipeline.group / 2, pipeline.slots < pipeline.count { fetchSlots(&pipeline) }
    }

    @inline(never)
    private func fetchPages(_ pipeline: inout Pipeline) {
        let end = min(pipeline.pages &+ Pipeline.group, pipeline.count)
        for index in pipeline.pages..<end {
            let command = CommandFrame(pipeline.frame)
            entry(index).pointee.frame = pipeline.frame
            pipeline.frame += command.frameBytes
            playersByKey.prefetchDirectory(command.keyHash)
            requests.pages.prefetchDirectory(command.requestHash)
            if command.targetHash != 0 { requests.pages.prefetchDirectory(command.targetHash) }
        }
        for index in pipeline.pages..<end {
            let command = CommandFrame(entry(index).pointee.frame!)
            playersByKey.prefetchPage(command.keyHash)
            requests.pages.prefetchPage(command.requestHash)
            if command.targetHash != 0 {
                if command.operation == .transfer {
                    playersByKey.prefetchPage(command.targetHash)
                } else {
                    requests.pages.prefetchPage(command.targetHash)
                    holdsByRequest.prefetchPage(command.targetHash)
                }
            } else if command.operation == .authorise {
                holdsByRequest.prefetchPage(command.requestHash)
            }
        }
        pipeline.pages = end
    }

    @inline(never)
    private func fetchSlots(_ pipeline: inout Pipeline) {
        let end = min(pipeline.slots &+ Pipeline.group, pipeline.count)
        for index in pipeline.slots..<end {
            let command = CommandFrame(entry(index).pointee.frame!)
            entry(index).pointee.player =
                playersByKey.firstMatch(command.keyHash).map { UInt32(truncatingIfNeeded: $0.value) } ?? 0
            var hold: UInt32 = 0
            if command.targetHash != 0, command.operation != .transfer {
                hold = holdsByRequest.firstMatch(command.targetHash).map { UInt32(truncatingIfNeeded: $0.value) } ?? 0
            }
            entry(index).pointee.hold = hold
        }
        for index in pipeline.slots..<end { players.prefetch(entry(index).pointee.player) }
        for index in pipeline.slots..<end where entry(index).pointee.hold != 0 {
            let slot = UnsafeRawPointer(holds.pointer(entry(index).pointee.hold))
            hf_prefetch_write(slot)
            hf_prefetch_write(slot + 64)
        }
        pipeline.slots = end
    }
}
