internal import CHoldfast
private import Glibc

/// What the operating system says about this machine and this process.
package enum Machine {
    package static var cores: Int { sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
    /// Those that this process may use.
    package static var usableCores: Int { Int(hf_usable_cores()) }

    package static var memoryBytes: Int { sysconf(Int32(_SC_PHYS_PAGES)) * sysconf(Int32(_SC_PAGESIZE)) }

    /// The processor's name as the kernel gives it.
    package static var processor: String {
        firstLine(of: "/proc/cpuinfo", startingWith: "model name").map {
            $0.drop(while: { $0 != ":" }).dropFirst().trimmingSpaces
        } ?? "unknown"
    }

    package static var kernel: String {
        text("/proc/sys/kernel/osrelease").trimmingSpaces
    }

    package static var residentBytes: Int {
        let fields = text("/proc/self/statm").split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Seconds of processor time that this process has used, in user and system mode.
    package static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    package static var nanoseconds: Int64 { hf_monotonic_ns() }

    private static func firstLine(of path: String, startingWith prefix: String) -> Substring? {
        text(path).split(separator: "\n").first { $0.hasPrefix(prefix) }
    }

    /// The beginning of a small file of the system; empty where there is none.
    static func text(_ path: String) -> Substring {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 64 << 10)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[..<count], as: UTF8.self)[...]
    }
}

extension Substring {
    var trimmingSpaces: String {
        var text = self
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text.drop(while: \.isWhitespace))
    }
}
