import Foundation
import Glibc
import Holdfast
import HoldfastLog
import HoldfastTestSupport
import HoldfastWallet
import WalletModel

/// A closed ledger on the real disk that holds what some command lines caused.
final class AuditedLedger: Sendable {
    let directory = TemporaryDirectory()
    var path: String { directory.path + "/ledger" }

    init(_ lines: [String] = [], lanes: Int = 1, segmentBytes: UInt64 = 1 << 20) async throws {
        _ = try Ledger.create(
            at: path, options: .init(lanes: lanes, segmentBytes: segmentBytes), on: RealDisk(), at: 0)
        try await apply(lines)
    }

    /// A ledger with what a generator of commands makes from a seed.
    static func random(_ count: Int, seed: UInt64, lanes: Int = 2) async throws -> AuditedLedger {
        var commands = CommandGenerator(seed: seed)
        return try await AuditedLedger((0..<count).map { _ in commands.next() }, lanes: lanes)
    }

    var files: LedgerFiles { get throws { try LedgerFiles(path) } }
    func files(inspecting: Bool) throws -> LedgerFiles {
        try LedgerFiles(path, for: inspecting ? .inspecting : .reading)
    }

    /// Takes command lines in as `holdfast apply --clock given` does.
    func apply(_ lines: [String], thenSnapshot: Bool = false) async throws {
        let clock = GivenClock()
        let ledger = try Ledger.open(at: path, on: RealDisk(), clock: clock, drive: .threads)
        var builder = ledger.makeBuilder()
        var decoder = CommandDecoder()
        let run = CommandRun(ledger)
        var latest = ledger.latestTime
        for line in lines {
            var crosses = false
            for turn in 0..<2 {
                // A transfer into another lane is a run of its own; the first turn only finds that out.
                var command = PreparedCommand()
                let bytes = Array(line.utf8)
                let isGood = bytes.withUnsafeBytes { bytes -> Bool in
                    guard var form = decoder.decode(bytes), builder.prepare(&form, into: &command) == nil else {
                        return false
                    }
                    latest = max(latest, command.at)
                    command.at = latest
                    crosses = run.crossesLanes(command)
                    if turn == 1 { run.append(&command) }
                    return true
                }
                if !isGood { break }
                if crosses || run.count > 200 {
                    try await run.commit()
                    run.reset()
                }
            }
        }
        try await run.commit()
        clock.advance(to: latest)
        try await ledger.tick()
        if thenSnapshot { try await ledger.snapshot() }
        await ledger.close()
    }
}

/// A program by others, run to its end.
struct OtherProgram {
    let status: Int32
    let output: String
    let errors: String

    /// Nil when it isn't installed.
    static func run(_ name: String, _ arguments: [String], in directory: String) throws -> OtherProgram? {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        guard let path = paths.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile(atPath:))
        else { return nil }
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = URL(filePath: directory)
        var environment = ProcessInfo.processInfo.environment
        // Names are plain ASCII in what we write, so no locale must be needed.
        environment["LC_ALL"] = "C"
        process.environment = environment
        let output = directory + "/\(name).out"
        let errors = directory + "/\(name).err"
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: errors))
        try process.run()
        process.waitUntilExit()
        return OtherProgram(
            status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
            errors: try String(contentsOfFile: errors, encoding: .utf8))
    }
}
