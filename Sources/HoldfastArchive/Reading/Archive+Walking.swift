extension Archive {
    /// Every part in the warehouse, by its path below the root, whoever put it there.
    func filesInWarehouse() throws(ArchiveError) -> [String] {
        var found: [String] = []
        var directories = [Layout.warehouse]
        while let directory = directories.popLast() {
            for name in try storage.list(directory) {
                let path = "\(directory)/\(name)"
                if storage.directoryExists(path) { directories.append(path) } else { found.append(path) }
            }
        }
        return found.sorted()
    }
}
