import HoldfastTestSupport
import Testing

@testable import HoldfastText

@Suite("UTF-8 rules")
struct UTF8RulesTests {
    private func agreesWithStandardLibrary(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { UTF8Rules.isValid($0) } == (String(validating: bytes, as: UTF8.self) != nil)
    }

    @Test("every sequence of one and two bytes is judged as the standard library judges it")
    func shortSequences() {
        for first in UInt8.min...UInt8.max {
            #expect(agreesWithStandardLibrary([first]))
            let wrong = (UInt8.min...UInt8.max).first { !agreesWithStandardLibrary([first, $0]) }
            #expect(wrong == nil, "after \(first)")
        }
    }

    @Test("every lead byte with second, third and fourth bytes from around the boundaries")
    func boundaries() {
        let edges: [UInt8] = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xED, 0xFF]
        for lead in UInt8(0xC0)...0xFF {
            for second in edges {
                for third in edges {
                    let three = [lead, second, third]
                    let wrong = edges.first { !agreesWithStandardLibrary(three + [$0]) }
                    #expect(agreesWithStandardLibrary(three) && wrong == nil, "\(three)")
                }
            }
        }
    }

    @Test("valid text damaged in one byte is judged as the standard library judges it")
    func damagedText() {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<5_000 {
            var bytes = Array(generator.text(upTo: 40).utf8)
            #expect(bytes.withUnsafeBytes { UTF8Rules.isValid($0) })
            guard !bytes.isEmpty else { continue }
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            #expect(agreesWithStandardLibrary(bytes), "\(bytes)")
        }
    }

    @Test("the first invalid byte is found behind valid words of any length", arguments: 0..<20)
    func firstInvalid(length: Int) {
        let bytes = [UInt8](repeating: 0x61, count: length) + [0xC3, 0xA9, 0xFF, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61]
        #expect(bytes.withUnsafeBytes { UTF8Rules.firstInvalid(in: $0) } == length + 2)
    }

    @Test("the first control character is found wherever it stands")
    func controls() {
        for byte in UInt8.min...UInt8.max {
            let isControl = byte < 0x20 || byte == 0x7F
            for place in 0..<20 {
                var bytes = [UInt8](repeating: 0x61, count: 20)
                bytes[place] = byte
                #expect(bytes.withUnsafeBytes { UTF8Rules.firstControl(in: $0) } == (isControl ? place : nil))
            }
        }
    }

    @Test("C1 controls and line separators are text, as the ledger's rules have it")
    func notControls() {
        for text in ["\u{80}", "\u{9F}", "\u{2028}", "é", ""] {
            #expect(!Array(text.utf8).withUnsafeBytes { UTF8Rules.hasControl($0) })
        }
    }
}
