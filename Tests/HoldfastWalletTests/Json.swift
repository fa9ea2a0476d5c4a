import WalletModel

@testable import HoldfastWallet

/// Keeps the bytes of texts where they are for as long as a form needs them.
final class TextKeeper {
    private var kept: [UnsafeMutableRawBufferPointer] = []

    func keep(_ text: String) -> UnsafeRawBufferPointer {
        let bytes = Array(text.utf8)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: max(bytes.count, 1), alignment: 1)
        buffer.copyBytes(from: bytes)
        kept.append(buffer)
        return UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count])
    }

    deinit { for buffer in kept { buffer.deallocate() } }
}

/// A form with the document that it came from, to name faults.
struct ReadForm {
    var form: CommandForm
    let document: JSONValue

    func name(of fault: FormFault) -> String? {
        switch fault {
        case .field(let field): field.wireName.description
        case .foreignField:
            document.members?.first { member in
                guard let field = Field.named(member.key) else { return true }
                return !(form.operation?.takes(field) ?? true)
            }?.key
        }
    }
}

extension Field {
    static func named(_ name: String) -> Field? {
        allCases.first { $0.wireName.description.utf8.elementsEqual(name.utf8) }
    }
}

extension CommandForm {
    static func read(_ line: String, _ texts: TextKeeper) -> ReadForm? {
        guard let document = try? JSONValue(parsing: line), let members = document.members else { return nil }
        var form = CommandForm()
        for member in members {
            guard let field = Field.named(member.key) else {
                form.hasUnknownField = true
                continue
            }
            form.set(field, member.value, texts)
        }
        return ReadForm(form: form, document: document)
    }

    mutating func set(_ field: Field, _ value: JSONValue, _ texts: TextKeeper) {
        let text: Text = value.string.map { .bytes(texts.keep($0)) } ?? .malformed
        let whole: Whole = value.integer.map { .value($0) } ?? .malformed
        switch field {
        case .op: operation = Operation.allCases.first { $0.name == value.string }
        case .tenant: tenant = text
        case .player: player = text
        case .requestID: requestID = text
        case .ref: ref = text
        case .reason: reason = text
        case .asset: asset = text
        case .amount: amount = whole
        case .kind: kind = text
        case .target: target = text
        case .ttlMilliseconds: ttlMilliseconds = whole
        case .force: force = value.bool.map { .value($0) } ?? .malformed
        case .to: to = text
        case .toAsset: toAsset = text
        case .at: at = whole
        case .rate:
            guard value.members?.count == 2, let num = value["num"]?.integer, let den = value["den"]?.integer else {
                rate = .malformed
                return
            }
            rate = .value(numerator: num, denominator: den)
        }
    }
}

/// Outcomes as the JSON that a caller gets.
enum Answers {
    static func invalid(_ field: String?) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(key: "ok", value: false), .init(key: "error", value: "invalid_request"),
        ]
        if let field { members.append(.init(key: "field", value: .string(field))) }
        return .object(members)
    }

    static func json(_ outcome: Outcome, _ assets: AssetRegistry) -> JSONValue {
        var members: [JSONValue.Member] = []
        func put(_ key: String, _ value: JSONValue) { members.append(.init(key: key, value: value)) }
        switch outcome.status {
        case .pending: put("pending", true)
        case .failed: put("failed", true)
        case .accepted:
            put("ok", true)
            put("event", .string(outcome.event.name))
            put("amount", .integer(outcome.amount))
            put("seq", .integer(Int64(outcome.seq)))
        case .refused:
            put("ok", false)
            put("error", .string(outcome.refusal.name))
            if outcome.seq > 0 { put("seq", .integer(Int64(outcome.seq))) }
        }
        if outcome.hasAsset {
            put("asset", .string(assets.name(of: outcome.asset).description))
            put("balance", .integer(outcome.balance))
            put("held", .integer(outcome.held))
            put("available", .integer(outcome.available))
        }
        if outcome.status == .accepted {
            if outcome.event == .authorised { put("expires_at", .integer(outcome.expiresAt)) }
            if outcome.event == .exchanged {
                put("to_asset", .string(assets.name(of: outcome.toAsset).description))
                put("to_amount", .integer(outcome.toAmount))
                put("to_balance", .integer(outcome.toBalance))
            }
        }
        if outcome.isDuplicate { put("duplicate", true) }
        return .object(members)
    }
}
