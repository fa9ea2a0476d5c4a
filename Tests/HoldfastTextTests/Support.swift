import HoldfastTestSupport

@testable import HoldfastText

extension SplitMix64 {
    /// Text with everything that JSON must take care of, ASCII more often than the rest.
    mutating func text(upTo length: Int) -> String {
        let awkward: [Unicode.Scalar] = [
            "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "\u{80}", "é", "€", "😀",
        ]
        var scalars = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...length, using: &self) {
            switch Int.random(in: 0..<10, using: &self) {
            case 0: scalars.append(awkward.randomElement(using: &self)!)
            case 1: scalars.append(Unicode.Scalar(UInt32.random(in: 0...0x10FFFF, using: &self)) ?? "?")
            default: scalars.append(Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &self)))
            }
        }
        return String(scalars)
    }
}

/// Runs `body` on a scanner over the text. The bytes sit at the very end of their memory, with nothing to read behind.
func scan<Result>(
    _ text: String, depthLimit: Int = 8, _ body: (inout JSONScanner) throws(JSONError) -> Result
) throws(JSONError) -> Result {
    try scan(Array(text.utf8), depthLimit: depthLimit, body)
}

func scan<Result>(
    _ bytes: [UInt8], depthLimit: Int = 8, _ body: (inout JSONScanner) throws(JSONError) -> Result
) throws(JSONError) -> Result {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { memory.deallocate() }
    memory.copyBytes(from: bytes)
    var scanner = JSONScanner(UnsafeRawBufferPointer(memory), depthLimit: depthLimit)
    return try body(&scanner)
}

/// Whether the bytes are exactly one JSON value; nil if so, else the error.
func problem(_ bytes: [UInt8], depthLimit: Int = 8) -> JSONError? {
    do throws(JSONError) {
        try scan(bytes, depthLimit: depthLimit) { scanner throws(JSONError) in
            try scanner.skipValue()
            try scanner.finish()
        }
        return nil
    } catch {
        return error
    }
}

func problem(_ text: String, depthLimit: Int = 8) -> JSONError? { problem(Array(text.utf8), depthLimit: depthLimit) }

extension JSONError {
    static func at(_ offset: Int, _ problem: Problem) -> JSONError { JSONError(offset: offset, problem: problem) }
}
