import Foundation

/// The `holdfast` that the stories run: the one built beside the tests, or the one that HOLDFAST_BIN names.
enum HoldfastProgram {
    static let variable = "HOLDFAST_BIN"

    static func path() throws -> String {
        if let named = ProcessInfo.processInfo.environment[variable] {
            guard FileManager.default.isExecutableFile(atPath: named) else {
                throw Missing(description: "\(variable) names \(named), which is no program that can be run")
            }
            return named
        }
        for folder in foldersOfTests {
            let candidate = folder + "/holdfast"
            if FileManager.default.isExecutableFile(atPath: candidate) { return candidate }
        }
        throw Missing(
            description: "there is no holdfast beside the tests (\(foldersOfTests.joined(separator: ", "))); "
                + "build it with `swift build`, or name one with \(variable)")
    }

    struct Missing: Error, CustomStringConvertible {
        let description: String
    }

    /// Where the running test program, or the bundle that it was asked to load, lies.
    private static let foldersOfTests: [String] = {
        var programs = CommandLine.arguments.filter { $0.contains(".xctest") }
        if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            programs.insert(own, at: 0)
        }
        return programs.map { URL(filePath: $0).deletingLastPathComponent().path() }
            .map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
    }()
}
