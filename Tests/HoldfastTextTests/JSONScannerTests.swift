import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("JSON scanner")
struct JSONScannerTests {
    @Test("a command is read field by field")
    func command() throws {
        let line = #" {"op":"exchange", "amount" : 5000,"rate":{"num":3,"den":-2},"force":true,"ref":null,"x":1.5} "#
        var found: [String] = []
        try scan(line) { scanner throws(JSONError) in
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                switch try scanner.value() {
                case .string(let value): found.append("\(key.text)=\(value.text)")
                case .integer(let value): found.append("\(key.text)=\(value)")
                case .bool(let value): found.append("\(key.text)=\(value)")
                case .null: found.append("\(key.text)=null")
                case .real(let raw): found.append("\(key.text)=real \(String(decoding: raw, as: UTF8.self))")
                case .integerOutOfRange: found.append("\(key.text)=too large")
                case .array: try scanner.skipRest()
                case .object:
                    while let inner = try scanner.nextKey() {
                        guard case .integer(let value) = try scanner.value() else { continue }
                        found.append("\(key.text).\(inner.text)=\(value)")
                    }
                }
            }
            try scanner.finish()
        }
        let expected = [
            "op=exchange", "amount=5000", "rate.num=3", "rate.den=-2", "force=true", "ref=null", "x=real 1.5",
        ]
        #expect(found == expected)
    }

    @Test(
        "what RFC 8259 allows is taken",
        arguments: [
            "{}", "[]", " { } ", "[ ]", "\t\r\n0", "-0", "10", "0.5", "-1.25e+10", "1E5", "1e-5", "\"\"", "null",
            "true",
            "false", "[1,[2,[3]],{\"a\":{}}]", "{\"a\":1,\"a\":2}", #""\"\\\/\b\f\n\r\t\u00e9""#, #""\uD83D\uDE00""#,
            "\"\u{7F}é€😀\"", #"{"":[]}"#, "[[],[],{}]", "123456789012345678901234567890",
        ])
    func accepts(text: String) {
        #expect(problem(text) == nil)
    }

    @Test(
        "what RFC 8259 forbids is refused, with the place and what should stand there",
        arguments: [
            ("", JSONError.at(0, .expected(.value))),
            ("  ", .at(2, .expected(.value))),
            ("{\"a\":1,}", .at(7, .expected(.key))),
            ("[1,]", .at(3, .expected(.value))),
            ("[1 2]", .at(3, .expected(.commaOrArrayEnd))),
            ("{,}", .at(1, .expected(.keyOrEnd))),
            ("{a:1}", .at(1, .expected(.keyOrEnd))),
            ("{\"a\" 1}", .at(5, .expected(.colon))),
            ("{\"a\":}", .at(5, .expected(.value))),
            ("{\"a\":1 \"b\":2}", .at(7, .expected(.commaOrObjectEnd))),
            ("{\"a\":1]", .at(6, .expected(.commaOrObjectEnd))),
            ("{} x", .at(3, .expected(.end))),
            ("{}{}", .at(2, .expected(.end))),
            ("1 // one", .at(2, .expected(.end))),
            ("[1/*x*/]", .at(2, .expected(.commaOrArrayEnd))),
            ("01", .at(0, .leadingZero)),
            ("-01", .at(1, .leadingZero)),
            ("-", .at(1, .expected(.digit))),
            ("+1", .at(0, .expected(.value))),
            (".5", .at(0, .expected(.value))),
            ("1.", .at(2, .expected(.digit))),
            ("1.e5", .at(2, .expected(.digit))),
            ("1e", .at(2, .expected(.digit))),
            ("1e+", .at(3, .expected(.digit))),
            ("0x10", .at(1, .expected(.end))),
            ("NaN", .at(0, .expected(.value))),
            ("tru", .at(0, .expected(.value))),
            ("True", .at(0, .expected(.value))),
            ("nulll", .at(4, .expected(.end))),
            ("'a'", .at(0, .expected(.value))),
            ("\"a", .at(0, .unterminatedString)),
            ("\"a\\", .at(0, .unterminatedString)),
            ("\"a\nb\"", .at(2, .rawControlCharacter)),
            ("\"\u{0}\"", .at(1, .rawControlCharacter)),
            (#""\x""#, .at(1, .unknownEscape)),
            (#""\u12g4""#, .at(5, .invalidHexEscape)),
            (#""\u12""#, .at(5, .invalidHexEscape)),
            (#""\ud800""#, .at(1, .loneSurrogate)),
            (#""\udc00""#, .at(1, .loneSurrogate)),
            (#""\ud800\u0041""#, .at(1, .loneSurrogate)),
            (#""\ud800\ud800""#, .at(1, .loneSurrogate)),
            (#""\ud800x""#, .at(1, .loneSurrogate)),
            ("\u{FEFF}{}", .at(0, .expected(.value))),
            ("\u{A0}1", .at(0, .expected(.value))),
            ("\u{0C}1", .at(0, .expected(.value))),
        ])
    func refuses(text: String, expected: JSONError) {
        #expect(problem(text) == expected)
    }

    @Test("invalid UTF-8 in a string is refused where it stands", arguments: 0..<12)
    func invalidUTF8(place: Int) {
        let bytes =
            Array("\"".utf8) + [UInt8](repeating: 0x61, count: place) + [0xC0, 0x80] + Array("aaaaaaaaaa\"".utf8)
        #expect(problem(bytes) == .at(1 + place, .invalidUTF8))
    }

    @Test("no part of a line that ends early is taken for a whole one")
    func prefixes() {
        let line = Array(#"{"a":"é\u00e9","b":[1,-2.5e3,{"c":null}],"d":{"e":true,"f":false}}"#.utf8)
        #expect(problem(line) == nil)
        for length in 0..<line.count {
            #expect(problem(Array(line[..<length])) != nil, "the first \(length) bytes")
        }
    }

    @Test("random damage never passes a string with a raw control or invalid UTF-8, and never reads out of bounds")
    func damage() {
        var generator = SplitMix64(seed: 3)
        let line = Array(
            #"{"op":"credit","tenant":"evian","player":"p😀","amount":5000,"ref":"crash\/9\ud83d\ude00"}"#.utf8)
        for _ in 0..<20_000 {
            var damaged = line
            for _ in 0...Int.random(in: 0...2, using: &generator) {
                let place = Int.random(in: damaged.indices, using: &generator)
                damaged[place] = UInt8.random(in: 0...255, using: &generator)
            }
            guard problem(damaged) == nil else { continue }
            #expect(
                damaged.withUnsafeBytes {
                    UTF8Rules.isValid($0) && !damaged.contains { $0 < 0x20 && $0 != 9 && $0 != 10 && $0 != 13 }
                })
        }
    }

    @Test("integers are exact to the edges of Int64 and flagged beyond them")
    func integers() throws {
        func kind(_ text: String) throws -> String {
            try scan(text) { scanner throws(JSONError) in
                switch try scanner.value() {
                case .integer(let value): return "\(value)"
                case .integerOutOfRange(let raw): return "out of range: \(raw.count) bytes"
                case .real(let raw): return "real: \(raw.count) bytes"
                default: return "other"
                }
            }
        }
        for value in [0, 1, -1, 42, .max, .max - 1, .min, .min + 1, 9_007_199_254_740_991] as [Int64] {
            #expect(try kind("\(value)") == "\(value)")
        }
        #expect(try kind("-0") == "0")
        #expect(try kind("9223372036854775808") == "out of range: 19 bytes")
        #expect(try kind("-9223372036854775809") == "out of range: 20 bytes")
        #expect(try kind("18446744073709551617") == "out of range: 20 bytes")
        #expect(try kind("1.0") == "real: 3 bytes")
        #expect(try kind("1e3") == "real: 3 bytes")
        #expect(try kind("99999999999999999999.5") == "real: 22 bytes")
    }

    @Test("depth is limited by the caller")
    func depth() {
        #expect(problem("[[[1]]]", depthLimit: 3) == nil)
        #expect(problem("[[[[1]]]]", depthLimit: 3) == .at(3, .tooDeep(limit: 3)))
        #expect(problem("{\"a\":{\"b\":1}}", depthLimit: 1) == .at(5, .tooDeep(limit: 1)))
        let deepest = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(problem(deepest, depthLimit: 64) == nil)
    }

    @Test("a key is known however it is escaped, and a field set tells the second of two")
    func duplicates() throws {
        try scan(#"{"op":1,"\u006f\u0070":2,"opp":3}"#) { scanner throws(JSONError) in
            var seen = JSONFieldSet()
            var answers: [Bool] = []
            try scanner.beginObject()
            while let key = try scanner.nextKey() {
                answers.append(key.equals("op") ? seen.insert(0) : false)
                try scanner.skipValue()
            }
            #expect(answers == [true, false, false])
            #expect(seen.contains(0) && !seen.contains(1))
        }
    }

    @Test("a value of the wrong kind is told apart from an object")
    func notAnObject() {
        for text in ["[]", "1", "\"{}\"", "null", ""] {
            #expect(throws: JSONError.self) {
                try scan(text) { scanner throws(JSONError) in try scanner.beginObject() }
            }
        }
    }

    @Test("errors read as sentences")
    func messages() {
        #expect(problem("{\"a\":1,}")?.description == "byte 7: expected a key in quotes")
        #expect(
            problem("[[1]]", depthLimit: 1)?.description == "byte 1: more than 1 objects and arrays inside each other")
        #expect(problem("\"\\ud800\"")?.description == "byte 1: half of a surrogate pair")
    }
}

@Suite("JSON both ways")
struct JSONRoundTripTests {
    @Test("random texts come back as they went in")
    func texts() throws {
        var generator = SplitMix64(seed: 4)
        var json = JSONWriter()
        for _ in 0..<5_000 {
            let text = generator.text(upTo: 60)
            json.removeAll()
            json.string(text)
            let back = try scan(json.text) { scanner throws(JSONError) -> String? in
                guard case .string(let value) = try scanner.value() else { return nil }
                try scanner.finish()
                return value.text
            }
            #expect(back.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test("every character written as \\u escapes comes back as itself")
    func escapes() throws {
        func hex(_ unit: UInt16) -> String {
            let digits = String(unit, radix: 16, uppercase: unit % 2 == 0)
            return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
        for start in stride(from: UInt32(0), to: 0x110000, by: 0x400) {
            let scalars = (start..<start + 0x400).compactMap(Unicode.Scalar.init)
            let text = String(String.UnicodeScalarView(scalars))
            let line = "\"" + text.utf16.map(hex).joined() + "\""
            let back = try scan(line) { scanner throws(JSONError) -> String? in
                guard case .string(let value) = try scanner.value() else { return nil }
                #expect(value.hasEscapes == !text.isEmpty)
                return value.text
            }
            #expect(back.map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test("a string without escapes is given as a slice of the line, one with escapes through the scratch")
    func slices() throws {
        try scan(#"["abc","a\nb"]"#) { scanner throws(JSONError) in
            let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 16, alignment: 1)
            defer { scratch.deallocate() }
            try scanner.beginArray()
            guard try scanner.nextElement(), case .string(let plain) = try scanner.value() else { return }
            #expect(plain.utf8(scratch: scratch).baseAddress == plain.raw.baseAddress)
            guard try scanner.nextElement(), case .string(let escaped) = try scanner.value() else { return }
            let bytes = escaped.utf8(scratch: scratch)
            #expect(bytes.baseAddress == UnsafeRawPointer(scratch.baseAddress!) && Array(bytes) == Array("a\nb".utf8))
            #expect(try !scanner.nextElement())
            try scanner.finish()
        }
    }
}
