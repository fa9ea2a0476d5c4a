import Holdfast
import HoldfastWallet
import WalletModel

import struct HoldfastText.JSONWriter

/// Reads JSON lines into commands as `holdfast apply --clock given` does: the time of a line is the latest seen.
struct CommandLines: ~Copyable {
    private var decoder = CommandDecoder()
    private var builder: CommandBuilder
    private(set) var latestTime: Int64

    init(for ledger: Ledger, latestTime: Int64 = 0) {
        builder = CommandBuilder(assets: ledger.assets, seed: ledger.configuration.seed, clockIsGiven: true)
        self.latestTime = latestTime
    }

    /// Hands the line's command to `take`, or gives the answer to a line that is none.
    mutating func read(_ line: String, _ take: (inout PreparedCommand) -> Void) -> JSONValue? {
        var line = line
        return line.withUTF8 { bytes -> JSONValue? in
            guard var form = decoder.decode(UnsafeRawBufferPointer(bytes)) else { return Self.invalid(field: nil) }
            var command = PreparedCommand()
            switch builder.prepare(&form, into: &command) {
            case .field(let field): return Self.invalid(field: field.wireName.description)
            case .foreignField: return Self.invalid(field: decoder.foreignField(form.operation))
            case nil:
                latestTime = max(latestTime, command.at)
                command.at = latestTime
                take(&command)
                return nil
            }
        }
    }

    private static func invalid(field: String?) -> JSONValue {
        var json = JSONWriter()
        AnswerJSON.writeInvalid(field: field, to: &json)
        return JSONValue.written(json)
    }
}

/// Writes outcomes as the command line does.
struct AnswerLines: ~Copyable {
    private var names: AssetNames
    private var json = JSONWriter()

    init(for ledger: Ledger) { names = AssetNames(ledger.assets) }

    mutating func answer(_ outcome: Outcome) -> JSONValue {
        json.removeAll()
        AnswerJSON.write(outcome, &names, to: &json)
        return JSONValue.written(json)
    }
}

extension JSONValue {
    /// What was written, read back by the tests' own reader.
    static func written(_ json: borrowing JSONWriter) -> JSONValue {
        json.withBytes { bytes in
            guard let value = try? JSONValue(parsing: Array(bytes)) else {
                return .string("not JSON: \(String(decoding: bytes, as: UTF8.self))")
            }
            return value
        }
    }
}
