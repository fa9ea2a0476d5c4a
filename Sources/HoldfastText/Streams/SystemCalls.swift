@preconcurrency import Glibc

/// A call to the system that failed: which, and what errno said right after it.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    package let call: String
    package let code: Int32

    package init(call: String, code: Int32) {
        self.call = call
        self.code = code
    }

    package var description: String {
        "\(call): \(String(cString: strerror(code))) (errno \(code))"
    }
}

/// Every system call of this module. Each reads errno in the statement after the call, before anything can change it.
package enum SystemCalls {
    package static let standardInput: Int32 = 0
    package static let standardOutput: Int32 = 1
    package static let standardError: Int32 = 2

    /// Writing to a pipe whose reader went away then gives an error instead of ending the process. The main program
    /// calls this once, before it writes anything.
    package static func ignoreBrokenPipes() {
        _ = signal(SIGPIPE, SIG_IGN)
    }

    /// How many bytes were read; 0 at the end of the input. Waits on a descriptor that doesn't block, and goes on
    /// after an interruption.
    static func read(_ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let result = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
            let code = errno
            if result >= 0 { return result }
            switch code {
            case EINTR: continue
            case EAGAIN: _ = try wait(for: descriptor, events: Int16(POLLIN), milliseconds: -1)
            default: throw SystemError(call: "read", code: code)
            }
        }
    }

    /// How many bytes were written, at least one; the same care as in `read`.
    static func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int {
        while true {
            let result = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
            let code = errno
            if result >= 0 { return result }
            switch code {
            case EINTR: continue
            case EAGAIN: _ = try wait(for: descriptor, events: Int16(POLLOUT), milliseconds: -1)
            default: throw SystemError(call: "write", code: code)
            }
        }
    }

    /// Whether a read would return at once: with bytes, with the end of the input, or with an error.
    static func isReadable(_ descriptor: Int32) throws(SystemError) -> Bool {
        try wait(for: descriptor, events: Int16(POLLIN), milliseconds: 0)
    }

    /// Whether nobody can read any more what is written to a pipe. Who waits with nothing to write would never notice.
    static func isReaderGone(_ descriptor: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: 0, revents: 0)
        return poll(&entry, 1, 0) > 0 && entry.revents & Int16(POLLERR) != 0
    }

    private static func wait(for descriptor: Int32, events: Int16, milliseconds: Int32) throws(SystemError) -> Bool {
        while true {
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let result = poll(&entry, 1, milliseconds)
            let code = errno
            if result >= 0 { return result > 0 }
            guard code == EINTR else { throw SystemError(call: "poll", code: code) }
        }
    }

    package static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
    }

    /// The width of the terminal behind the descriptor; nil where there is none or it won't say.
    package static func columns(_ descriptor: Int32) -> Int? {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }

    /// Nanoseconds on a clock that never goes backwards.
    package static func monotonicNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
