import Holdfast
import HoldfastLog
import HoldfastText

struct InitVerb: Verb {
    static let manual = Manual(
        name: "init", summary: "Creates an empty ledger.",
        description: "DIR must be missing or empty. ISO 4217 currencies, BTC, ETH and USDT are declared already.",
        arguments: [.required("DIR", "the ledger's directory")],
        options: [
            .integer("lanes", "N", 1...Limits.lanesMax, "threads that decide, fixed for the ledger's life", default: 1),
            .pairs("asset", "NAME=EXPONENT", "declares an asset with the digits behind its decimal point"),
            .duration("request-window", "for how long a request_id is guarded, 24h at least", default: "24h"),
            .integer("segment-mib", "MIB", 1...4096, "size of a segment file", default: 64),
        ],
        example: "holdfast init ledger --asset SKU1=0")

    private let directory: String
    private let options: Ledger.Options

    init(_ values: ParsedOptions) throws(UsageError) {
        directory = values.text("DIR")
        var assets: [String: Int] = [:]
        for (name, value) in values.pairs("asset") {
            guard let exponent = Int(value) else {
                throw UsageError("--asset \(name)=\(value): the exponent must be a whole number")
            }
            guard assets.updateValue(exponent, forKey: name) == nil else {
                throw UsageError("--asset \(name) is given twice")
            }
        }
        options = Ledger.Options(
            lanes: values.integer("lanes"), assets: assets,
            requestWindowMilliseconds: values.milliseconds("request-window"),
            segmentBytes: UInt64(values.integer("segment-mib")) << 20)
    }

    func run() async throws -> ExitCode {
        do {
            try await Ledger.create(at: directory, options: options)
        } catch LedgerError.invalid(let argument, let reason) {
            throw UsageError("\(argument): \(reason)")
        }
        return .done
    }
}
