/// What a request asks for: the path's names and the query's parameters, each decoded after it was taken apart, because a
/// player's id may hold a slash or an ampersand.
struct RequestTarget: Sendable {
    struct Parameter: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// As it was sent, for the log.
    let raw: String
    let path: [String]
    let query: [Parameter]

    /// Nil for what is no target, or does not decode to UTF-8.
    init?(_ raw: String) {
        self.raw = raw
        var rest = raw[...]
        // A proxy may be asked by the whole address.
        for scheme in ["http://", "https://"] where rest.prefix(scheme.count).lowercased() == scheme {
            let place = rest.dropFirst(scheme.count)
            rest = place.firstIndex(of: "/").map { place[$0...] } ?? "/"
        }
        guard rest.hasPrefix("/") else { return nil }
        let parts = rest.dropFirst().split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var path: [String] = []
        for name in parts[0].split(separator: "/", omittingEmptySubsequences: false) {
            guard let name = Self.decoded(name.utf8) else { return nil }
            path.append(name)
        }
        self.path = path
        guard parts.count == 2 else {
            query = []
            return
        }
        var query: [Parameter] = []
        for pair in parts[1].split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = Self.decoded(sides[0].utf8, plusIsSpace: true),
                let value = sides.count == 2 ? Self.decoded(sides[1].utf8, plusIsSpace: true) : ""
            else { return nil }
            query.append(Parameter(name: name, value: value))
        }
        self.query = query
    }

    private static func decoded(_ text: Substring.UTF8View, plusIsSpace: Bool = false) -> String? {
        // As a rule there is nothing to decode.
        if !text.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) { return String(text) }
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
