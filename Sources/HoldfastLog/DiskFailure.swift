/// An operation that the operating system refused.
public struct DiskFailure: Error, Sendable, Equatable {
    public let operation: String
    public let path: String
    public let errno: Int32

    package init(operation: String, path: String, errno: Int32) {
        self.operation = operation
        self.path = path
        self.errno = errno
    }
}

extension DiskFailure: CustomStringConvertible {
    public var description: String {
        "\(operation) \(path) failed: \(errorText(errno))." + (mend(PathRights()).map { " \($0)" } ?? "")
    }

    /// What whoever named the path can do about it. Where the system's words are about the disk itself there is
    /// nothing that we know better than they do.
    func mend(_ rights: PathRights) -> String? {
        let parent = PathRights.name(LogDirectory.parent(of: path))
        if errno == SystemErrors.noPermission, let closed = rights.closedDirectory(above: path) {
            return "\(closed) may not be entered by this user: change its owner or mode."
        }
        switch errno {
        case SystemErrors.missing where Self.making.contains(operation):
            return "There is no directory \(parent): create it first, or check the path."
        case SystemErrors.noPermission, SystemErrors.notPermitted:
            let isInParent = Self.making.contains(operation) || Self.moving.contains(operation)
            let right = Self.reading.contains(operation) ? "readable" : "writable"
            return "\(isInParent ? parent : path) is not \(right) by this user: change its owner or mode."
        case SystemErrors.exists where Self.making.contains(operation):
            return "Something else is in its place: check the path."
        case SystemErrors.readOnly: return "It lies on a file system that is mounted read-only."
        case SystemErrors.notADirectory: return "A part of that path is a file, not a directory: check the path."
        case SystemErrors.isADirectory: return "There is a directory in its place: check the path."
        default: return OpenFiles.mend(errno)
        }
    }

    // Operations that need a directory around the path, or the right to change what is in it.
    private static let making: Set = ["make directory", "create", "open lock file"]
    private static let moving: Set = ["rename", "link", "remove", "remove directory"]
    private static let reading: Set = ["open", "open directory", "list", "stat"]
}
