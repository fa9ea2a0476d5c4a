import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("an answer is written compactly, a line at a time")
    func compact() {
        var json = JSONWriter()
        json.beginObject()
        json.member("ok", true)
        json.member("event", "credited")
        json.member("amount", 5)
        json.endObject()
        json.newline()
        json.beginObject()
        json.member("ok", false)
        json.endObject()
        json.newline()
        #expect(json.text == "{\"ok\":true,\"event\":\"credited\",\"amount\":5}\n{\"ok\":false}\n")
    }

    @Test("commas stand between values and nowhere else")
    func commas() {
        var json = JSONWriter()
        json.beginArray()
        json.beginObject()
        json.endObject()
        json.beginArray()
        json.endArray()
        json.null()
        json.beginObject()
        json.key("a")
        json.beginArray()
        json.integer(1)
        json.integer(2)
        json.endArray()
        json.nullMember("b")
        json.key("c\"é" as String)
        json.bool(false)
        json.endObject()
        json.string("x")
        json.endArray()
        #expect(json.text == "[{},[],null,{\"a\":[1,2],\"b\":null,\"c\\\"é\":false},\"x\"]")
    }

    @Test("an object within the object, one that may be missing, and numbers under names")
    func objects() {
        let line = JSONWriter.line { json in
            json.member("inner") { json in json.member("a", 1) }
            json.member("there", object: 7 as Int?) { number, json in json.member("is", number) }
            json.member("missing", object: nil as Int?) { number, json in json.member("is", number) }
            json.member("counts", counts: [("x \"y\"", 2), ("z", 3)])
            json.member("last", true)
        }
        let inner = #""inner":{"a":1},"there":{"is":7},"missing":null,"#
        #expect(line.text == "{" + inner + #""counts":{"x \"y\"":2,"z":3},"last":true}"# + "\n")
    }

    @Test(
        "integers at every edge",
        arguments: [
            0, 1, 9, 10, 99, 100, 999, 1_000, 9_999, 10_000, 99_999, 9_007_199_254_740_991, Int64.max, -1, -10,
            Int64.min,
        ])
    func integers(value: Int64) {
        var json = JSONWriter()
        json.integer(value)
        #expect(json.text == String(value))
    }

    @Test("random integers of every length, and the greatest UInt64")
    func randomIntegers() {
        var generator = SplitMix64(seed: 2)
        var json = JSONWriter()
        for shift in 0..<64 {
            let value = UInt64.random(in: 0...UInt64.max, using: &generator) >> UInt64(shift)
            json.integer(value)
            #expect(json.text == String(value))
            json.removeAll()
        }
        json.integer(UInt64.max)
        #expect(json.text == "18446744073709551615")
    }

    @Test("reals are as short as they can be; what JSON lacks is null")
    func reals() {
        var json = JSONWriter()
        json.beginArray()
        for value in [0.5, -0.965, 1e300, .nan, .infinity] { json.real(value) }
        json.endArray()
        #expect(json.text == "[0.5,-0.965,1e+300,null,null]")
        #expect(problem(json.text) == nil)
    }

    @Test("each control character is escaped, short where JSON has a short form")
    func controls() {
        var json = JSONWriter()
        json.string(String(String.UnicodeScalarView((0..<0x20).map { Unicode.Scalar($0 as UInt8) })))
        let expected =
            #""\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"#
            + #"\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f""#
        #expect(json.text == expected)
    }

    @Test("DEL, slashes and all of UTF-8 pass as they are")
    func passes() {
        var json = JSONWriter()
        let text = "a/\u{7F}é€😀\u{2028}"
        json.string(text)
        #expect(json.text == "\"\(text)\"")
    }

    @Test("a quote is escaped at every place of a word", arguments: 0..<24)
    func places(place: Int) {
        var bytes = [UInt8](repeating: 0x61, count: 24)
        bytes[place] = UInt8(ascii: "\"")
        var json = JSONWriter(capacity: 0)
        bytes.withUnsafeBytes { json.string($0) }
        let before = String(repeating: "a", count: place)
        let after = String(repeating: "a", count: 23 - place)
        #expect(json.text == "\"\(before)\\\"\(after)\"")
    }

    @Test("a long string of nothing but escapes makes the writer grow, and arrives whole")
    func growth() {
        var json = JSONWriter(capacity: 0)
        let bytes = [UInt8](repeating: 1, count: 10_000)
        json.string(bytes.span)
        #expect(json.text == "\"" + String(repeating: "\\u0001", count: 10_000) + "\"")
        #expect(json.count == 60_002)
    }

    @Test("optional members are null when absent; raw JSON takes part in the commas")
    func optionals() {
        var json = JSONWriter()
        json.beginObject()
        json.member("a", nil as Int64?)
        json.member("b", nil as String?)
        json.member("c", "x" as String?)
        json.key("d")
        Array("[1,2]".utf8).withUnsafeBytes { json.raw($0) }
        json.member("e", 7 as Int64?)
        json.member("f", 0.25)
        json.endObject()
        #expect(json.text == #"{"a":null,"b":null,"c":"x","d":[1,2],"e":7,"f":0.25}"#)
    }

    @Test("after removeAll the writer starts afresh")
    func reuse() {
        var json = JSONWriter()
        json.integer(1)
        json.removeAll()
        #expect(json.count == 0)
        json.integer(2)
        #expect(json.text == "2")
    }
}
