internal import HoldfastText
package import HoldfastWallet

/// Turns one line of JSON into a command's form: what is there and of which type. Whether that makes a good command
/// is for `CommandBuilder` to say, so that JSON and Swift callers meet the same rules.
package struct CommandDecoder: ~Copyable {
    /// Texts with escapes are written out here, so that the form can point at them.
    private let scratch: UnsafeMutableRawBufferPointer
    private var scratchUsed = 0
    /// Fields that no command has, and those that this operation may not have, in the order of the line.
    private var members: [Member] = []

    private enum Member {
        case known(Field)
        case unknown(String)
    }

    package init(lineBytesMax: Int = 64 * 1024) {
        scratch = .allocate(byteCount: lineBytesMax, alignment: 8)
    }

    deinit { scratch.deallocate() }

    /// The form, or nil for a line that is not one JSON object with each key once.
    package mutating func decode(_ line: UnsafeRawBufferPointer) -> CommandForm? {
        scratchUsed = 0
        members.removeAll(keepingCapacity: true)
        var form = CommandForm()
        do throws(JSONError) {
            var scanner = JSONScanner(line)
            var seen = JSONFieldSet()
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                guard let field = Self.field(key) else {
                    try scanner.skipValue()
                    let name = key.text
                    // Only a line with unknown fields pays for telling whether one of them stands there twice.
                    for case .unknown(let other) in members where other == name { return nil }
                    members.append(.unknown(name))
                    form.hasUnknownField = true
                    continue
                }
                guard seen.insert(Int(field.rawValue)) else { return nil }
                members.append(.known(field))
                try read(field, &scanner, into: &form)
            }
            try scanner.finish()
        } catch {
            return nil
        }
        return form
    }

    /// The name of the first field of the last line that its operation does not take.
    package func foreignField(_ operation: Operation?) -> String? {
        for member in members {
            switch member {
            case .unknown(let name): return name
            case .known(let field): if let operation, !operation.takes(field) { return field.wireName.description }
            }
        }
        return nil
    }

    private static func field(_ key: JSONString) -> Field? {
        // The commonest first.
        if key.equals("op") { return .op }
        if key.equals("tenant") { return .tenant }
        if key.equals("player") { return .player }
        if key.equals("request_id") { return .requestID }
        if key.equals("asset") { return .asset }
        if key.equals("amount") { return .amount }
        if key.equals("target") { return .target }
        if key.equals("ref") { return .ref }
        if key.equals("at") { return .at }
        if key.equals("kind") { return .kind }
        if key.equals("ttl_ms") { return .ttlMilliseconds }
        if key.equals("force") { return .force }
        if key.equals("to") { return .to }
        if key.equals("to_asset") { return .toAsset }
        if key.equals("rate") { return .rate }
        if key.equals("reason") { return .reason }
        return nil
    }

    private mutating func read(
        _ field: Field, _ scanner: inout JSONScanner, into form: inout CommandForm
    ) throws(JSONError) {
        switch field {
        case .op: form.operation = try operation(&scanner)
        case .tenant: form.tenant = try text(&scanner)
        case .player: form.player = try text(&scanner)
        case .requestID: form.requestID = try text(&scanner)
        case .ref: form.ref = try text(&scanner)
        case .reason: form.reason = try text(&scanner)
        case .asset: form.asset = try text(&scanner)
        case .amount: form.amount = try whole(&scanner)
        case .kind: form.kind = try text(&scanner)
        case .target: form.target = try text(&scanner)
        case .ttlMilliseconds: form.ttlMilliseconds = try whole(&scanner)
        case .force: form.force = try flag(&scanner)
        case .to: form.to = try text(&scanner)
        case .toAsset: form.toAsset = try text(&scanner)
        case .rate: form.rate = try rate(&scanner)
        case .at: form.at = try whole(&scanner)
        }
    }

    /// Passes over what is left of a value of the wrong type.
    private func leave(_ value: JSONValue, _ scanner: inout JSONScanner) throws(JSONError) {
        switch value {
        case .object, .array: try scanner.skipRest()
        default: break
        }
    }

    private func operation(_ scanner: inout JSONScanner) throws(JSONError) -> Operation? {
        let value = try scanner.value()
        guard case .string(let name) = value else {
            try leave(value, &scanner)
            return nil
        }
        return Operation.allCases.first { name.equals($0.wireName) }
    }

    private mutating func text(_ scanner: inout JSONScanner) throws(JSONError) -> CommandForm.Text {
        let value = try scanner.value()
        guard case .string(let string) = value else {
            try leave(value, &scanner)
            return .malformed
        }
        guard string.hasEscapes else { return .bytes(string.raw) }
        // Written out, a text is never longer than on the line, so all of them fit.
        let room = UnsafeMutableRawBufferPointer(rebasing: scratch[scratchUsed...])
        let count = string.unescape(into: room)
        scratchUsed += count
        return .bytes(UnsafeRawBufferPointer(rebasing: room[..<count]))
    }

    private func whole(_ scanner: inout JSONScanner) throws(JSONError) -> CommandForm.Whole {
        let value = try scanner.value()
        guard case .integer(let number) = value else {
            try leave(value, &scanner)
            return .malformed
        }
        return .value(number)
    }

    private func flag(_ scanner: inout JSONScanner) throws(JSONError) -> CommandForm.Flag {
        let value = try scanner.value()
        guard case .bool(let flag) = value else {
            try leave(value, &scanner)
            return .malformed
        }
        return .value(flag)
    }

    private func rate(_ scanner: inout JSONScanner) throws(JSONError) -> CommandForm.Rate {
        let value = try scanner.value()
        guard case .object = value else {
            try leave(value, &scanner)
            return .malformed
        }
        var numerator: Int64?
        var denominator: Int64?
        var isGood = true
        while let key = try scanner.nextKey() {
            let part = try whole(&scanner)
            guard case .value(let number) = part else {
                isGood = false
                continue
            }
            if key.equals("num"), numerator == nil {
                numerator = number
            } else if key.equals("den"), denominator == nil {
                denominator = number
            } else {
                isGood = false
            }
        }
        guard isGood, let numerator, let denominator else { return .malformed }
        return .value(numerator: numerator, denominator: denominator)
    }
}
