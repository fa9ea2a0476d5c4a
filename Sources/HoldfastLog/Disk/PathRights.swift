private import Glibc

/// What this user has no right to do where, for messages that name the cause and not what suffers from it. A test says
/// itself what is denied: whoever runs the tests may be denied nothing.
package struct PathRights {
    package enum Right: Sendable { case enter, write }

    private let isDenied: (Right, String) -> Bool

    package init(
        isDenied: @escaping (Right, String) -> Bool = { Syscalls.isDenied($0 == .enter ? X_OK : W_OK, $1) }
    ) {
        self.isDenied = isDenied
    }

    /// The outermost directory on the way to a path that this user may not enter, as messages name it.
    package func closedDirectory(above path: String) -> String? {
        var way: [String] = []
        var place = path
        while place != "/", place != "." {
            place = LogDirectory.parent(of: place)
            way.append(place)
        }
        return way.reversed().first { isDenied(.enter, $0) }.map(Self.name)
    }

    /// The directory that a path is in, where nothing may be made or removed in it.
    package func unwritableDirectory(of path: String) -> String? {
        let directory = LogDirectory.parent(of: path)
        return isDenied(.write, directory) ? Self.name(directory) : nil
    }

    package static func name(_ directory: String) -> String {
        directory == "." ? "the current directory" : directory
    }
}
