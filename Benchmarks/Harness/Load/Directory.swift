private import Glibc

/// Directories that a benchmark made, measures and takes away again.
enum Directory {
    /// Removes it with all that is in it; what can't be removed stays.
    static func remove(_ path: String) {
        for name in names(in: path) {
            // Not followed: a link out of here is removed, and what it names is left alone.
            if unlink(path + "/" + name) != 0 { remove(path + "/" + name) }
        }
        rmdir(path)
    }

    /// The sizes of all files of this ending, here and further down.
    static func bytes(_ path: String, endingIn ending: String) -> Int {
        names(in: path).reduce(0) { sum, name in
            var status = stat()
            guard lstat(path + "/" + name, &status) == 0 else { return sum }
            if status.st_mode & S_IFMT == S_IFDIR { return sum + bytes(path + "/" + name, endingIn: ending) }
            return name.hasSuffix(ending) ? sum + Int(status.st_size) : sum
        }
    }

    /// What is in a directory, without `.` and `..`; nothing where it is none.
    static func names(in path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
