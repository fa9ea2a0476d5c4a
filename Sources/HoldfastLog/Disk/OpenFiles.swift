/// Room for so many open files at once, for as long as it is held.
///
/// A system gives a process room for 1024 to begin with, and as a rule for many more once it asks. What is asked for is
/// counted over the whole process: a ledger beside its tables needs what both of them do. Where the system's own bound
/// is lower, that stands, and is met by name when a file can't be opened.
package final class OpenFiles: Sendable {
    private let count: Int
    private static let promised = Locked(0)
    /// What the process has open besides, and the libraries in it.
    private static let others = 128

    package init(_ count: Int) {
        self.count = count
        Self.promised.with { promised in
            promised += count
            Syscalls.allowOpenFiles(promised + Self.others)
        }
    }

    /// How many of these there really is room for, beside what others were promised.
    package var granted: Int {
        max(0, min(count, Syscalls.openFilesAllowed - Self.others - (Self.promised.with { $0 } - count)))
    }

    /// The limit stays: what lowered it could not know who else counts on it.
    deinit { Self.promised.with { [count] in $0 -= count } }

    /// What to do where no file can be opened any more; nil where that is not what is wrong.
    package static func mend(_ errno: Int32) -> String? {
        switch errno {
        case SystemErrors.tooManyOpen:
            "This process has as many files open as it may, \(Syscalls.openFilesAllowed): raise its limit (`ulimit -n`, or "
                + "LimitNOFILE= of its service)."
        case SystemErrors.tooManyOpenInSystem:
            "The system has as many files open as it may: raise its limit (`sysctl fs.file-max`)."
        default: nil
        }
    }
}
