import CHoldfast
import HoldfastMemory

/// One command of a group whose memory is being fetched. The numbers are guesses by hash, to be verified.
struct GroupEntry: BitwiseCopyable {
    var frame: UnsafeRawPointer?
    var player: UInt32 = 0

    /// A core keeps some ten lines in flight; a command needs up to six.
    static let groupMax = 16
}

extension WalletState {
    /// Brings the memory of the next commands closer and gives how many they are. Each pass needs what the one before
    /// it fetched: directories, then pages, then the slots that these name. Decided one by one, a command would wait
    /// for four misses of 80 ns one after the other; like this some sixteen commands wait together.
    @inline(__always)
    mutating func fetchGroup(_ frames: UnsafeRawPointer, from cursor: Int, at most: Int) -> Int {
        let count = min(most, GroupEntry.groupMax)
        var frame = frames + cursor
        for index in 0..<count {
            group[index].frame = frame
            let command = CommandFrame(frame)
            playersByKey.prefetchDirectory(command.keyHash)
            requests.pages.prefetchDirectory(command.requestHash)
            if command.targetHash != 0 {
                holdsByRequest.prefetchDirectory(command.targetHash)
                requests.pages.prefetchDirectory(command.targetHash)
            }
            frame += command.frameBytes
        }
        for index in 0..<count {
            let command = CommandFrame(group[index].frame!)
            playersByKey.prefetchPage(command.keyHash)
            requests.pages.prefetchPage(command.requestHash)
            switch command.operation {
            case .authorise: holdsByRequest.prefetchPage(command.requestHash)
            case .confirm, .rollback, .credit:
                if command.targetHash != 0 {
                    holdsByRequest.prefetchPage(command.targetHash)
                    requests.pages.prefetchPage(command.targetHash)
                }
            case .transfer: playersByKey.prefetchPage(command.targetHash)
            case .debit, .exchange, .lock, .unlock: break
            }
        }
        for index in 0..<count {
            let command = CommandFrame(group[index].frame!)
            var player: UInt32 = 0
            if let match = playersByKey.firstMatch(command.keyHash) {
                player = UInt32(truncatingIfNeeded: match.value)
                players.prefetch(player)
            }
            group[index].player = player
            switch command.operation {
            case .confirm, .rollback:
                if let match = holdsByRequest.firstMatch(command.targetHash) { fetchHold(match.value) }
            case .transfer:
                if let match = playersByKey.firstMatch(command.targetHash) {
                    players.prefetch(UInt32(truncatingIfNeeded: match.value))
                }
            case .credit, .debit, .authorise, .exchange, .lock, .unlock: break
            }
        }
        return count
    }

    @inline(__always)
    private func fetchHold(_ value: UInt64) {
        let hold = UInt32(truncatingIfNeeded: value)
        let slot = UnsafeRawPointer(holds.pointer(hold))
        hf_prefetch_write(slot)
        hf_prefetch_write(slot + 64)
    }
}
