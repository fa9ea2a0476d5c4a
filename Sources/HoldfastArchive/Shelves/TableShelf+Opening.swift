internal import HoldfastTables

extension TableShelf {
    /// All shards of a set of tables, by number.
    package static func all(in directory: String) throws(ArchiveError) -> [TableShelf] {
        do throws(TablesError) {
            let paths = TablesPaths(directory)
            let map = try GlobalFile(paths, for: .reading).map()
            var shelves: [TableShelf] = []
            for number in 0..<map.shards {
                let shard = try ShardFile(paths.shard(number), for: .following)
                let (found, place) = (shard.identity, "shard \(number) of \(map.shards)")
                guard found.log == map.log, found.number == number, found.shards == map.shards else {
                    throw .foreignFile(file: shard.path, found: "\(found)", expected: place)
                }
                shelves.append(try TableShelf(shard))
            }
            return shelves
        } catch {
            throw .shelf(directory, reason: "\(error)")
        }
    }
}
