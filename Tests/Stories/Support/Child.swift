import Foundation
import Glibc
import Synchronization
import Testing

/// A process under a story's control: its input and output are files or pipes, its errors are kept in a file.
final class Child {
    enum Input {
        case nothing
        case file(String)
        case pipe
    }

    enum Output {
        case file(String)
        case pipe
    }

    enum Ending: Equatable {
        case exited(Int32)
        case signalled(Int32)
    }

    let process: pid_t
    private let arguments: [String]
    private let errorsPath: String
    private var input: Int32 = -1
    private var output: Int32 = -1
    /// Its other end is open in the child as long as that lives.
    private var life: Int32 = -1
    private var buffered: [UInt8] = []
    private var ending: Ending?

    /// How long a story waits for a sign of life before it is given up; no story that goes well comes near it.
    private static let patienceMilliseconds: Int32 = 60_000
    /// Held from making a pipe until the child is there, so that no other child inherits an end of it.
    private static let spawning = Mutex(())

    struct Trouble: Error, CustomStringConvertible {
        let description: String
    }

    init(
        _ program: String, _ arguments: [String], input: Input = .nothing, output: Output, errors errorsPath: String
    ) throws {
        self.arguments = arguments
        self.errorsPath = errorsPath
        // A child that is gone must fail a write here, not end the tests.
        signal(SIGPIPE, SIG_IGN)
        var pipes: (input: Int32, output: Int32, life: Int32) = (-1, -1, -1)
        process = try Self.spawning.withLock { _ in
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            var theirs: [Int32] = []
            defer { for end in theirs { close(end) } }
            switch input {
            case .nothing: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            case .file(let path): posix_spawn_file_actions_addopen(&actions, 0, path, O_RDONLY, 0)
            case .pipe:
                let ends = try Self.pipe()
                pipes.input = ends.writing
                theirs.append(ends.reading)
                posix_spawn_file_actions_adddup2(&actions, ends.reading, 0)
            }
            switch output {
            case .file(let path):
                posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            case .pipe:
                let ends = try Self.pipe()
                pipes.output = ends.reading
                theirs.append(ends.writing)
                posix_spawn_file_actions_adddup2(&actions, ends.writing, 1)
            }
            posix_spawn_file_actions_addopen(&actions, 2, errorsPath, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
            let life = try Self.pipe()
            pipes.life = life.reading
            theirs.append(life.writing)
            posix_spawn_file_actions_adddup2(&actions, life.writing, 3)
            return try Self.spawn(program, arguments, &actions)
        }
        (self.input, self.output, life) = pipes
    }

    private static func pipe() throws -> (reading: Int32, writing: Int32) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Trouble(description: "no pipe: errno \(errno)") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static func spawn(
        _ program: String, _ arguments: [String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        // The child must not inherit that broken pipes are ignored here.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var usual = sigset_t()
        sigemptyset(&usual)
        sigaddset(&usual, SIGPIPE)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let code = posix_spawn(&process, program, &actions, &attributes, &words, environ)
        guard code == 0 else { throw Trouble(description: "\(program) can't be started: errno \(code)") }
        return process
    }

    deinit {
        if ending == nil {
            kill()
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
        for end in [input, output, life] where end >= 0 { close(end) }
    }

    // MARK: Talking to it

    /// Writes to the child's input. False when nobody reads there any more.
    @discardableResult
    func write(_ text: String) -> Bool {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(input, $0.baseAddress!, $0.count) }
            if written < 0 { return false }
            bytes = bytes.dropFirst(written)
        }
        return true
    }

    func closeInput() {
        close(input)
        input = -1
    }

    /// The next line of the child's output, or nil at its end.
    func readLine() throws -> String? {
        while true {
            if let end = buffered.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: buffered[..<end], as: UTF8.self)
                buffered.removeFirst(end + 1)
                return line
            }
            guard try fill() else { return nil }
        }
    }

    /// All lines that are still to come. What has no line end is not a line.
    func readLines() throws -> [String] {
        while try fill() {}
        var lines = buffered.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        lines.removeLast()
        buffered = []
        return lines.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Nobody reads the child's output from now on.
    func closeOutput() {
        close(output)
        output = -1
    }

    private func fill() throws -> Bool {
        try watch(output, for: "output")
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        let count = read(output, &chunk, chunk.count)
        if count > 0 { buffered += chunk[..<count] }
        return count > 0
    }

    private func watch(_ end: Int32, for what: String) throws {
        var waiting = pollfd(fd: end, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, Self.patienceMilliseconds) > 0 else {
            kill()
            throw Trouble(description: "holdfast \(arguments.joined(separator: " ")) gives no \(what)")
        }
    }

    // MARK: Its end

    /// `kill -9`.
    func kill() { _ = Glibc.kill(process, SIGKILL) }

    /// Waits until the child has ended and says how.
    func wait() throws -> Ending {
        if let ending { return ending }
        try watch(life, for: "end")
        var status: Int32 = 0
        waitpid(process, &status, 0)
        let signal = status & 0x7F
        let ending: Ending = signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal)
        self.ending = ending
        return ending
    }

    /// What it wrote to standard error so far.
    var errors: String { (try? String(contentsOfFile: errorsPath, encoding: .utf8)) ?? "" }
}
