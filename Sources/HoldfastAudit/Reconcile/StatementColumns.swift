package import HoldfastText

/// Which column of a provider's statement says what.
package struct StatementColumns: Sendable, Equatable {
    package enum Field: String, CaseIterable, Sendable {
        case requestID = "request_id"
        case amount
        case time
        case player
        case asset

        /// What others call it, in small letters and digits only.
        fileprivate var names: [String] {
            switch self {
            case .requestID:
                [
                    "requestid", "transactionid", "txid", "txnid", "transaction", "referenceid", "reference",
                    "externalid", "operationid", "betid", "id",
                ]
            case .amount: ["amount", "amountminor", "value", "sum", "total", "stake"]
            case .time: ["time", "timestamp", "createdat", "datetime", "date", "at", "bookedat"]
            case .player: ["player", "playerid", "user", "userid", "customer", "customerid", "account", "accountid"]
            case .asset: ["asset", "currency", "ccy", "currencycode"]
            }
        }
    }

    private(set) var places: [Field: Int] = [:]
    private(set) var names: [Field: String] = [:]

    /// `request_id=TxId,amount=Value`: names given by hand, before any header was seen.
    package static func parse(_ text: String) throws(UsageError) -> [Field: String] {
        var given: [Field: String] = [:]
        for part in text.split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, let field = Field(rawValue: String(sides[0])) else {
                let known = Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("--columns “\(part)”: expected FIELD=HEADER, with a field of \(known)")
            }
            given[field] = String(sides[1])
        }
        return given
    }

    /// Finds the columns in a file's first line. An error says which names would have been understood.
    package init(header: [String], given: [Field: String]) throws {
        let plain = header.map(Self.plain)
        for field in Field.allCases {
            if let name = given[field] {
                guard let place = header.firstIndex(of: name) ?? plain.firstIndex(of: Self.plain(name)) else {
                    throw StatementError(line: 1, what: "there is no column “\(name)”; there are \(Self.list(header))")
                }
                places[field] = place
            } else {
                places[field] = field.names.lazy.compactMap { plain.firstIndex(of: $0) }.first
            }
            if let place = places[field] { names[field] = header[place] }
        }
        for field in [Field.requestID, .amount] where places[field] == nil {
            throw StatementError(
                line: 1,
                what: "no column for the \(field.rawValue) among \(Self.list(header)). "
                    + "Name it: --columns \(field.rawValue)=HEADER")
        }
    }

    var saysMinorUnits: Bool { names[.amount].map(Self.plain)?.hasSuffix("minor") ?? false }

    private static func list(_ header: [String]) -> String { header.map { "“\($0)”" }.joined(separator: ", ") }

    private static func plain(_ name: String) -> String {
        String(name.lowercased().unicodeScalars.filter { $0.properties.isAlphabetic || ("0"..."9").contains($0) })
    }
}

/// Why a statement can't be read.
package struct StatementError: Error, CustomStringConvertible {
    package let line: Int
    package let what: String
    package var description: String { "the statement's line \(line): \(what)" }
}
