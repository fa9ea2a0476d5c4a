private import Glibc
internal import HoldfastText

/// A PostgreSQL server of its own: made in an empty directory, reached through a socket in it, ended with the run.
/// As installed but for two settings that one would change for this work; fsync and synchronous_commit stay on.
final class PostgresServer {
    private let directory: String

    private static let binaries = "/usr/lib/postgresql/15/bin"
    private static let user = "postgres"

    init() throws {
        guard access(Self.binaries + "/postgres", X_OK) == 0 else {
            throw RivalAbsent(description: "PostgreSQL 15 is not installed (apt-get install postgresql-15)")
        }
        // In /tmp, because another user may run it, who is not let in everywhere, and because a socket's path is short.
        var template = Array("/tmp/holdfast-postgres-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw RivalAbsent(description: "no directory for PostgreSQL in /tmp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // From here on whatever goes wrong is cleared away by `deinit`.
        if getuid() == 0 {
            guard let account = getpwnam(Self.user) else {
                throw RivalAbsent(description: "PostgreSQL does not run as root, and there is no user \(Self.user)")
            }
            chown(directory, account.pointee.pw_uid, account.pointee.pw_gid)
        }
        try Self.run("initdb", ["-D", directory + "/data", "--auth=trust", "-U", Self.user, "--no-instructions"])
        let options =
            "-k \(directory) -c listen_addresses= -c shared_buffers=1GB -c max_wal_size=4GB -c max_connections=200"
        try Self.run("pg_ctl", ["-D", directory + "/data", "-w", "-l", directory + "/log", "-o", options, "start"])
    }

    var connection: String {
        "host=\(directory) user=\(Self.user) dbname=postgres options='-c client_min_messages=warning'"
    }

    deinit {
        try? Self.run("pg_ctl", ["-D", directory + "/data", "-m", "fast", "-w", "stop"])
        Directory.remove(directory)
    }

    /// Runs one of PostgreSQL's programs to its end, as the user that it runs as.
    private static func run(_ program: String, _ arguments: [String]) throws {
        var words = [binaries + "/" + program] + arguments
        if getuid() == 0 { words = ["/usr/sbin/runuser", "-u", user, "--"] + words }
        // From a directory that the other user may be in.
        words = ["/usr/bin/env", "-C", "/"] + words
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in Int32(0)...2 {
            posix_spawn_file_actions_addopen(
                &actions, descriptor, "/dev/null", descriptor == 0 ? O_RDONLY : O_WRONLY, 0)
        }
        var list: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for word in list { free(word) } }
        var child = pid_t()
        guard posix_spawn(&child, words[0], &actions, nil, &list, environ) == 0 else {
            throw RivalAbsent(description: "PostgreSQL: \(program) can't be started")
        }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw RivalAbsent(description: "PostgreSQL: \(program) failed") }
    }
}
