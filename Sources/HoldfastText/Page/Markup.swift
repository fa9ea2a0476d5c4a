/// Builds HTML and SVG text. Texts and attribute values are escaped here and nowhere else.
///
///     var markup = Markup()
///     markup.element("p", ["class": "note"]) { $0.text("3 < 4") }
///     markup.source          // <p class="note">3 &lt; 4</p>
package struct Markup {
    /// In the order in which they are to be written.
    package typealias Attributes = KeyValuePairs<StaticString, String>

    package private(set) var source = ""

    package init() {}

    /// Escaped, so that it can stand between tags and inside quotes alike.
    package mutating func text(_ text: String) { source += Self.escaped(text) }

    /// What is markup already: another `Markup`'s source, or a constant of the program.
    package mutating func raw(_ markup: String) { source += markup }

    /// An element and what is in it.
    package mutating func element(
        _ name: StaticString, _ attributes: Attributes = [:], _ content: (inout Markup) -> Void
    ) {
        open(name, attributes)
        source += ">"
        content(&self)
        source += "</\(name)>"
    }

    /// An element that holds nothing but text.
    package mutating func element(_ name: StaticString, _ attributes: Attributes = [:], text: String) {
        element(name, attributes) { $0.text(text) }
    }

    /// An element of SVG without content. HTML knows no such form, except for its own void elements.
    package mutating func shape(_ name: StaticString, _ attributes: Attributes) {
        open(name, attributes)
        source += "/>"
    }

    private mutating func open(_ name: StaticString, _ attributes: Attributes) {
        source += "<\(name)"
        for (key, value) in attributes { source += " \(key)=\"\(Self.escaped(value))\"" }
    }

    /// Controls, which neither HTML nor SVG may hold, become a visible stand-in, and so do marks that turn the direction
    /// of what is written behind them.
    package static func escaped(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { byte in
            byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "<") && byte != UInt8(ascii: ">")
                && byte != UInt8(ascii: "&") && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "'")
                && !Unicode.Scalar.beginsObeyed(byte)
        }
        if isPlain { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            default:
                result.unicodeScalars.append(scalar.isObeyed ? "\u{FFFD}" : scalar)
            }
        }
        return result
    }
}
