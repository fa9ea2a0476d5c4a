/// Text set in columns for a terminal. Lengths count characters, each one column wide.
enum TextLayout {
    /// Words packed into lines of at most `width`; a word that is wider has a line of its own. Paragraphs are parted
    /// by empty lines.
    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        var paragraph: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ").map(String.init)
            if words.isEmpty {
                if !paragraph.isEmpty { lines += pack(paragraph, width: width) + [""] }
                paragraph = []
            } else {
                paragraph += words
            }
        }
        if !paragraph.isEmpty { return lines + pack(paragraph, width: width) }
        return Array(lines.dropLast())
    }

    /// Packs pieces that must not be broken, such as `[--as-of TIME | --at-seq N]`.
    static func pack(_ pieces: [String], width: Int) -> [String] {
        var lines: [String] = []
        for piece in pieces {
            if let last = lines.last, last.count + 1 + piece.count <= width {
                lines[lines.count - 1] = last + " " + piece
            } else {
                lines.append(piece)
            }
        }
        return lines
    }

    /// A list of terms and their explanations, aligned; a term too wide for its column has a line of its own.
    static func table(_ rows: [(term: String, text: String)], width: Int, indent: Int = 2) -> [String] {
        let widest = rows.map(\.term.count).max() ?? 0
        let column = indent + min(widest, width / 3) + 2
        let margin = String(repeating: " ", count: indent)
        return rows.flatMap { row -> [String] in
            let lines = wrap(row.text, width: max(20, width - column))
            let start = margin + row.term
            let hanging = lines.map { String(repeating: " ", count: column) + $0 }
            guard let first = lines.first else { return [start] }
            guard start.count + 2 <= column else { return [start] + hanging }
            return [TextColumn.pad(start, column) + first] + hanging.dropFirst()
        }
    }
}
