private import Glibc

/// Directories that a benchmark made and takes away again.
enum Directory {
    /// Removes it with all that is in it; what can't be removed stays.
    static func remove(_ path: String) {
        if let directory = opendir(path) {
            var names: [String] = []
            while let entry = readdir(directory) {
                let name = withUnsafeBytes(of: entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
                if name != ".", name != ".." { names.append(name) }
            }
            closedir(directory)
            for name in names {
                // Not followed: a link out of here is removed, and what it names is left alone.
                if unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
            }
        }
        rmdir(path)
    }
}
