internal import HoldfastLog

/// Puts the shards that were built in `next/` in the place of the old ones.
///
/// The global file knows that a swap is due before the first file is touched, and its map is changed after the last
/// one. A crash in between leaves the swap due, and whoever opens the set next goes on with it: files that are still
/// in `next/` are moved, the others have been.
enum SetSwap {
    static func perform(
        _ swap: GlobalFile.Swap, _ paths: TablesPaths, _ global: GlobalFile
    ) throws(TablesError) {
        let disk = RealDisk()
        do throws(DiskFailure) {
            let waiting = disk.directoryExists(paths.next) ? try disk.list(paths.next) : []
            for name in waiting {
                guard let number = TablesPaths.number(ofFile: name) else { continue }
                let target = paths.shard(number)
                // A write-ahead log of the old file must never meet the new one.
                try removeAll([target] + TablesPaths.companions(of: target), disk)
                try disk.rename(paths.nextShard(number), to: target)
            }
            for name in try disk.list(paths.directory) {
                guard let number = TablesPaths.number(ofFile: name), number >= swap.shards else { continue }
                try removeAll([paths.shard(number)] + TablesPaths.companions(of: paths.shard(number)), disk)
            }
            try disk.syncDirectory(paths.directory)
        } catch {
            throw .file(error)
        }
        try global.finishSwap(swap)
    }

    private static func removeAll(_ files: [String], _ disk: RealDisk) throws(DiskFailure) {
        for file in files where disk.fileExists(file) { try disk.remove(file) }
    }
}
