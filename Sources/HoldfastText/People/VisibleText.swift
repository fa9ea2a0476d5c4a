// Texts of others on a terminal. What a terminal obeys instead of showing it could hide or forge what stands there.
extension String {
    /// With controls, marks that turn the direction of writing and other ends of lines spelled out: `\u{202E}`. Those
    /// that part the lines of a message of ours may stay.
    package func visible(keepingLineEnds: Bool = false) -> String {
        spelledOut(keepingLineEnds: keepingLineEnds) { "\\u{\($0)}" }
    }

    /// The same of JSON, in whose texts alone such characters stand: spelled as its escapes, it says what it said.
    package var visibleJSON: String {
        spelledOut(keepingLineEnds: true) { "\\u" + String(repeating: "0", count: 4 - $0.count) + $0 }
    }

    /// All of them have at most four hexadecimal digits.
    private func spelledOut(keepingLineEnds: Bool, _ spelling: (String) -> String) -> String {
        if !utf8.contains(where: Unicode.Scalar.beginsObeyed) { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isObeyed, !(keepingLineEnds && scalar == "\n") {
                result += spelling(String(scalar.value, radix: 16, uppercase: true))
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// Whether a byte of UTF-8 may be the first of one that is obeyed: few texts have any.
    static func beginsObeyed(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == 0xC2 || byte == 0xD8 || byte == 0xE2
    }

    /// Whether programs that show text obey it.
    var isObeyed: Bool {
        switch value {
        // C0, DEL and C1: ESC and CSI among them.
        case 0x00...0x1F, 0x7F...0x9F: true
        // Marks, embeddings, overrides and isolates of direction.
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        // Line and paragraph separators.
        case 0x2028, 0x2029: true
        default: false
        }
    }
}
