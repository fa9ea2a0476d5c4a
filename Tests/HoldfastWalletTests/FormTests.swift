import Testing
import WalletModel

@testable import HoldfastWallet

@Suite("The form of a command")
struct FormTests {
    private func fault(_ line: String, clockIsGiven: Bool = true) -> String? {
        let texts = TextKeeper()
        guard var read = CommandForm.read(line, texts) else { return "not an object" }
        var builder = CommandBuilder(assets: AssetRegistry(), seed: 0, clockIsGiven: clockIsGiven)
        var command = PreparedCommand()
        let fault = builder.prepare(&read.form, into: &command)
        return fault.map { read.name(of: $0) ?? "?" }
    }

    static let who = #""tenant":"evian","player":"p","request_id":"r""#
    static let good = [
        #"{"op":"credit",\#(who),"asset":"BRL","amount":0}"#,
        #"{"op":"credit",\#(who),"asset":"BRL","amount":1,"kind":"win","target":"t","ref":"x","at":5}"#,
        #"{"op":"debit",\#(who),"asset":"BRL","amount":9007199254740991,"kind":"fee"}"#,
        #"{"op":"authorise",\#(who),"asset":"BRL","amount":1,"ttl_ms":2592000000}"#,
        #"{"op":"confirm",\#(who),"target":"t","amount":0}"#,
        #"{"op":"rollback",\#(who),"target":"t","force":true}"#,
        #"{"op":"transfer",\#(who),"asset":"BRL","amount":1,"to":"q"}"#,
        #"{"op":"exchange",\#(who),"asset":"BRL","amount":1,"to_asset":"BRL.b","rate":{"num":1,"den":2}}"#,
        #"{"op":"lock",\#(who),"reason":""}"#,
        #"{"op":"unlock",\#(who)}"#,
    ]

    @Test("is good", arguments: good)
    func isGood(line: String) { #expect(fault(line) == nil) }

    static let bad: [(String, String)] = [
        (#"{\#(who)}"#, "op"), (#"{"op":"bet",\#(who)}"#, "op"), (#"{"op":1,"tenant":1}"#, "op"),
        (#"{"op":"lock","player":"p","request_id":"r"}"#, "tenant"),
        (#"{"op":"lock","tenant":"-x","player":"p","request_id":"r"}"#, "tenant"),
        (#"{"op":"lock","tenant":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","player":"p","request_id":"r"}"#, "tenant"),
        (#"{"op":"lock","tenant":"a","player":"","request_id":""}"#, "player"),
        (#"{"op":"lock","tenant":"a","player":"a\u0000","request_id":"r"}"#, "player"),
        (#"{"op":"lock","tenant":"a","player":"abcdefg\u007f","request_id":"r"}"#, "player"),
        (#"{"op":"lock","tenant":"a","player":"é\u001f","request_id":"r"}"#, "player"),
        (#"{"op":"lock","tenant":"a","player":"p","ref":"x"}"#, "request_id"),
        (#"{"op":"lock",\#(who),"ref":"x"}"#, "ref"), (#"{"op":"lock",\#(who),"reason":null}"#, "reason"),
        (#"{"op":"debit",\#(who),"ref":7,"asset":"brl"}"#, "ref"),
        (#"{"op":"debit",\#(who),"asset":"brl","amount":0}"#, "asset"),
        (#"{"op":"debit",\#(who),"asset":"BRL","amount":0}"#, "amount"),
        (#"{"op":"debit",\#(who),"asset":"BRL","amount":9007199254740992}"#, "amount"),
        (#"{"op":"debit",\#(who),"asset":"BRL","amount":1.0}"#, "amount"),
        (#"{"op":"debit",\#(who),"asset":"BRL","amount":1,"kind":"win"}"#, "kind"),
        (#"{"op":"credit",\#(who),"asset":"BRL","amount":1,"kind":"bet"}"#, "kind"),
        (#"{"op":"credit",\#(who),"asset":"BRL","amount":1,"target":""}"#, "target"),
        (#"{"op":"authorise",\#(who),"asset":"BRL","amount":1,"ttl_ms":0}"#, "ttl_ms"),
        (#"{"op":"authorise",\#(who),"asset":"BRL","amount":1,"ttl_ms":2592000001}"#, "ttl_ms"),
        (#"{"op":"confirm",\#(who),"amount":-1}"#, "target"),
        (#"{"op":"confirm",\#(who),"target":"t","amount":-1}"#, "amount"),
        (#"{"op":"rollback",\#(who),"target":"t","force":1}"#, "force"),
        (#"{"op":"rollback",\#(who),"target":"t","amount":1}"#, "amount"),
        (#"{"op":"transfer",\#(who),"asset":"BRL","amount":1,"to":"p"}"#, "to"),
        (#"{"op":"exchange",\#(who),"asset":"BRL","amount":1,"to_asset":"BRL","rate":{"num":1,"den":2}}"#, "to_asset"),
        (#"{"op":"exchange",\#(who),"asset":"BRL","amount":1,"to_asset":"USD","rate":{"num":1,"den":0}}"#, "rate"),
        (#"{"op":"exchange",\#(who),"asset":"BRL","amount":1,"to_asset":"USD","rate":{"num":0,"den":1}}"#, "rate"),
        (#"{"op":"exchange",\#(who),"asset":"BRL","amount":1,"to_asset":"USD","rate":2}"#, "rate"),
        (#"{"op":"unlock",\#(who),"at":-1,"extra":1}"#, "at"),
        (#"{"op":"unlock","extra":1,\#(who),"amount":1}"#, "extra"),
        (#"{"op":"unlock","amount":1,\#(who),"extra":1}"#, "amount"),
    ]

    @Test("names the first fault", arguments: bad)
    func isBad(line: String, field: String) { #expect(fault(line) == field) }

    @Test("has a time only where time is given")
    func at() { #expect(fault(#"{"op":"unlock",\#(Self.who),"at":"x"}"#, clockIsGiven: false) == nil) }

    @Test("every operation takes the fields of its row, and no other")
    func fields() {
        let expected: [Operation: String] = [
            .credit: "op tenant player request_id ref asset amount kind target at",
            .debit: "op tenant player request_id ref asset amount kind at",
            .authorise: "op tenant player request_id ref asset amount ttl_ms at",
            .confirm: "op tenant player request_id ref amount target at",
            .rollback: "op tenant player request_id ref target force at",
            .transfer: "op tenant player request_id ref asset amount to at",
            .exchange: "op tenant player request_id ref asset amount to_asset rate at",
            .lock: "op tenant player request_id reason at", .unlock: "op tenant player request_id reason at",
        ]
        for operation in Operation.allCases {
            let taken = Field.allCases.filter(operation.takes).map(\.wireName.description)
            #expect(taken.joined(separator: " ") == expected[operation])
        }
    }

    @Test("two requests are the same when all but the time is", arguments: good)
    func fingerprints(line: String) throws {
        func fingerprint(_ line: String) -> UInt64 {
            let texts = TextKeeper()
            var form = CommandForm.read(line, texts)!.form
            var builder = CommandBuilder(assets: AssetRegistry(), seed: 0, clockIsGiven: true)
            var command = PreparedCommand()
            #expect(builder.prepare(&form, into: &command) == nil)
            let batch = CommandBatch()
            batch.append(&command)
            return CommandFrame(batch.content.frames).fingerprint
        }
        let line = String(line.dropLast())
        let plain = fingerprint(line + "}")
        if !line.contains("\"at\"") { #expect(fingerprint(line + #","at":9}"#) == plain) }
        if !line.contains("\"ref\""), !line.contains("lock") {
            #expect(fingerprint(line + #","ref":""}"#) == plain)
            #expect(fingerprint(line + #","ref":"y"}"#) != plain)
        }
        let others = Self.good.filter { !$0.hasPrefix(line) }.map(fingerprint)
        #expect(!others.contains(plain))
    }

    @Test("a default that is spelled out is the same request")
    func defaults() {
        let ledger = TestLedger()
        func who(_ id: String) -> String { #""tenant":"t","player":"p","request_id":"\#(id)""# }
        func apply(_ text: String) -> String { ledger.apply(text).text }
        _ = apply(#"{"op":"credit",\#(who("c")),"asset":"BRL","amount":90}"#)
        let cases = [
            ("c", #""op":"credit","asset":"BRL","amount":90"#, #","kind":"deposit""#),
            ("d", #""op":"debit","asset":"BRL","amount":9"#, #","kind":"bet","ref":"""#),
            ("a", #""op":"authorise","asset":"BRL","amount":9"#, #","ttl_ms":30000"#),
            ("x", #""op":"rollback","target":"nothing""#, #","force":false"#),
            ("l", #""op":"unlock""#, #","reason":"""#),
        ]
        for (id, fields, defaults) in cases {
            _ = apply("{\(who(id)),\(fields)}")
            #expect(apply("{\(who(id)),\(fields)\(defaults)}").hasSuffix(#","duplicate":true}"#), "\(fields)")
        }
        // A confirm's amount has no constant default: spelled out it is another request.
        _ = apply(#"{"op":"confirm",\#(who("f")),"target":"a"}"#)
        #expect(apply(#"{"op":"confirm",\#(who("f")),"target":"a","amount":9}"#).contains("request_id_reused"))
    }
}
