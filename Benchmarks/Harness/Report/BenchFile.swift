private import Glibc
internal import HoldfastText

/// A result as `--json` printed it, read back.
package struct BenchFile: Sendable {
    package struct Rate: Sendable {
        package let name: String
        package let perSecond: Double
        package let seconds: Double
        package let cpuSeconds: Double
        package let count: Int
        package let bytes: Int?
        package let latency: LatencySummary?
    }

    /// The file's name without folder and ending.
    package let name: String
    package let bench: String
    package let version: String
    package let build: String
    package let machine: String
    package let parameters: [(String, Double)]
    package let headline: [String: Double]
    package let rates: [Rate]
    package let notes: [(String, Double)]
    package let series: [String: [Double]]

    package init(path: String) throws(BenchFileError) {
        guard let bytes = Self.contents(path) else { throw BenchFileError(path: path, problem: Self.unreadable()) }
        let tree: JSONTree
        do throws(JSONError) { tree = try JSONTree(parsing: bytes) } catch {
            throw BenchFileError(path: path, problem: "is not one JSON object: \(error)")
        }
        guard let bench = tree["bench"]?.string, let results = tree["results"]?.elements else {
            throw BenchFileError(
                path: path, problem: "is no result of a benchmark; `holdfast bench day --json > \(path)` makes one")
        }
        self.bench = bench
        let last = path.split(separator: "/").last.map(String.init) ?? path
        name = last.hasSuffix(".json") ? String(last.dropLast(5)) : last
        version = tree["holdfast"]?.string ?? ""
        build = tree["build"]?.string ?? ""
        machine = Self.machine(tree["machine"])
        parameters = Self.numbers(tree["parameters"])
        notes = Self.numbers(tree["notes"])
        headline = Dictionary(uniqueKeysWithValues: Self.numbers(tree))
        rates = results.map(Self.rate)
        series = Dictionary(
            uniqueKeysWithValues: (tree["series"]?.members?.names ?? []).map { name in
                (name, (tree["series"]?[name]?.elements ?? []).map { $0.double ?? .nan })
            })
    }

    /// The files that a word of the command line means: one, several parted by commas, or all `.json` of a directory.
    package static func files(_ word: String) throws(BenchFileError) -> [BenchFile] {
        var found: [BenchFile] = []
        for path in word.split(separator: ",").map(String.init) {
            for file in try paths(path) { found.append(try BenchFile(path: file)) }
        }
        return found
    }

    private static func paths(_ path: String) throws(BenchFileError) -> [String] {
        let names = Directory.names(in: path)
        if names.isEmpty { return [path] }
        let results = names.filter { $0.hasSuffix(".json") }.sorted().map { path + "/" + $0 }
        if results.isEmpty { throw BenchFileError(path: path, problem: "has no .json file in it") }
        return results
    }

    /// How people tell the runs of one page apart.
    package var title: String { "\(name) (\(bench))" }

    private static func contents(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { return ferror(file) == 0 ? bytes : nil }
            bytes += piece[..<count]
        }
    }

    private static func unreadable() -> String { "can't be read: \(String(cString: strerror(errno)))" }

    private static func machine(_ tree: JSONTree?) -> String {
        let cores = tree?["cores"]?.integer.map { "\($0) cores" } ?? ""
        let memory = tree?["memory_bytes"]?.integer.map { Human.bytes(Int($0)) } ?? ""
        let kernel = tree?["kernel"]?.string.map { "Linux \($0)" } ?? ""
        return [tree?["processor"]?.string ?? "", cores, memory, kernel].filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private static func numbers(_ tree: JSONTree?) -> [(String, Double)] {
        (tree?.members?.names ?? []).compactMap { name in tree?[name]?.double.map { (name, $0) } }
    }

    private static func rate(_ tree: JSONTree) -> Rate {
        let buckets = tree["histogram_ns"]?.elements?.compactMap { pair -> LatencySummary.Bucket? in
            guard let pair = pair.elements, pair.count == 2, let upTo = pair[0].integer, let count = pair[1].integer
            else { return nil }
            return .init(upTo: upTo, count: Int(count))
        }
        return Rate(
            name: tree["name"]?.string ?? "", perSecond: tree["per_second"]?.double ?? 0,
            seconds: tree["seconds"]?.double ?? 0, cpuSeconds: tree["cpu_seconds"]?.double ?? 0,
            count: tree["count"]?.integer.map { Int($0) } ?? 0, bytes: tree["bytes"]?.integer.map { Int($0) },
            latency: buckets.map { LatencySummary($0) })
    }
}

package struct BenchFileError: Error, CustomStringConvertible {
    let path: String
    let problem: String
    package var description: String { "\(path) \(problem)" }
}
