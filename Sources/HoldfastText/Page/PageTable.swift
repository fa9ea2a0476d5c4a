/// A table of a page. Figures stand to the right in digits of one width, words to the left.
///
///     var table = PageTable([.words("run"), .figures("tx/s")])
///     table.row(["a.json", "1 034 511"])
package struct PageTable {
    package struct Column: Sendable {
        let title: String
        /// In the style sheet; nil for plain words.
        let style: String?

        package static func words(_ title: String) -> Column { Column(title: title, style: nil) }
        package static func figures(_ title: String) -> Column { Column(title: title, style: "number") }
        /// Sentences: some words fit beside each other, however narrow the window is.
        package static func prose(_ title: String) -> Column { Column(title: title, style: "prose") }
        /// Hashes, in half where there is no room for a whole one.
        package static func digest(_ title: String) -> Column { Column(title: title, style: "digest") }
        /// Words that stay on one line: times, verdicts.
        package static func brief(_ title: String) -> Column { Column(title: title, style: "brief") }
    }

    private let columns: [Column]
    private var rows: [(cells: [String], isSum: Bool, link: String?)] = []

    package init(_ columns: [Column]) { self.columns = columns }

    package mutating func row(_ cells: [String]) { append(cells, isSum: false) }

    /// The first cell leads to a place of the page, a `Page.detail`.
    package mutating func row(_ cells: [String], linkedTo anchor: String) {
        append(cells, isSum: false, link: anchor)
    }

    /// Set apart from the rows above it, which it adds up.
    package mutating func sum(_ cells: [String]) { append(cells, isSum: true) }

    private mutating func append(_ cells: [String], isSum: Bool, link: String? = nil) {
        precondition(cells.count == columns.count, "a row has a cell for each column")
        rows.append((cells, isSum, link))
    }

    /// Wide tables scroll by themselves, so that the page does not.
    func write(to body: inout Markup) {
        body.element("div", ["class": "wide"]) { body in
            body.element("table") { table in
                table.element("thead") { head in
                    head.element("tr") { line in
                        for column in columns { line.element("th", Self.style(column), text: column.title) }
                    }
                }
                table.element("tbody") { content in
                    for row in rows {
                        content.element("tr", row.isSum ? ["class": "sum"] : [:]) { line in
                            for (index, (column, cell)) in zip(columns, row.cells).enumerated() {
                                line.element("td", Self.style(column)) { place in
                                    if index == 0, let link = row.link {
                                        place.element("a", ["href": "#" + link], text: cell)
                                    } else {
                                        place.text(cell)
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    private static func style(_ column: Column) -> Markup.Attributes {
        column.style.map { ["class": $0] } ?? [:]
    }
}
