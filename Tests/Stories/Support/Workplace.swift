import Foundation
import HoldfastTestSupport
import Testing
import WalletModel

/// A directory of its own for one story, in which `holdfast` is run. Removed with the last reference.
final class Workplace {
    private let place = TemporaryDirectory()
    var path: String { place.path }
    private let program: String
    private var files = 0

    init() throws { program = try HoldfastProgram.path() }

    /// The directory of the story's ledger.
    var ledger: String { path + "/ledger" }

    struct Result {
        let status: Child.Ending
        let output: String
        let errors: String

        var lines: [String] {
            output.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
        }
        func values() throws -> [JSONValue] { try lines.map { try JSONValue(parsing: $0) } }
        func value() throws -> JSONValue { try JSONValue(parsing: output) }
    }

    /// Runs the program to its end.
    func holdfast(_ arguments: String..., input: String? = nil) throws -> Result {
        try holdfast(arguments, input: input)
    }

    func holdfast(_ arguments: [String], input: String? = nil) throws -> Result {
        let output = newPath("out")
        let child = try Child(
            program, arguments, input: try input.map { .file(try file($0)) } ?? .nothing, output: .file(output),
            errors: newPath("err"))
        let status = try child.wait()
        return Result(
            status: status, output: try String(contentsOfFile: output, encoding: .utf8), errors: child.errors)
    }

    /// Runs it to its end, which must be a good one.
    @discardableResult
    func done(
        _ arguments: String..., input: String? = nil, at location: SourceLocation = #_sourceLocation
    ) throws -> Result {
        let result = try holdfast(arguments, input: input)
        try #require(
            result.status == .exited(0), "\(arguments.joined(separator: " ")): \(result.errors)",
            sourceLocation: location)
        #expect(result.errors == "", sourceLocation: location)
        return result
    }

    /// Starts it, to talk with it through a pipe each way, or with its input from a file.
    func start(_ arguments: String..., input: String? = nil) throws -> Child {
        try Child(
            program, arguments, input: try input.map { .file(try file($0)) } ?? .pipe, output: .pipe,
            errors: newPath("err"))
    }

    /// Runs a line of the shell in which `$HOLDFAST` is the program and `$LEDGER` the ledger.
    func shell(_ line: String) throws -> Result {
        let output = newPath("out")
        let child = try Child(
            "/bin/sh", ["-c", "HOLDFAST='\(program)' LEDGER='\(ledger)'; \(line)"], output: .file(output),
            errors: newPath("err"))
        let status = try child.wait()
        return Result(
            status: status, output: try String(contentsOfFile: output, encoding: .utf8), errors: child.errors)
    }

    private func newPath(_ kind: String) -> String {
        files += 1
        return "\(path)/\(files).\(kind)"
    }

    private func file(_ text: String) throws -> String {
        let path = newPath("in")
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        return path
    }
}

/// Command lines for stories that don't care about much of them.
enum Lines {
    static func credit(_ player: String, _ amount: Int, _ requestID: String, at: Int64? = nil) -> String {
        let time = at.map { #","at":\#($0)"# } ?? ""
        return #"{"op":"credit","tenant":"evian","player":"\#(player)","request_id":"\#(requestID)","asset":"BRL","#
            + #""amount":\#(amount)\#(time)}"# + "\n"
    }

    static func credits(_ range: Range<Int>, players: Int = 50) -> String {
        range.map { credit("p\($0 % players)", 1, "d\($0)") }.joined()
    }
}
