/// A report as one HTML file: no script, no font, no picture from elsewhere; light, dark and on paper.
///
///     var page = Page("Volumes", subtitle: "evian, November 2025")
///     page.tiles([("deposits", "12 300.00"), ("players", "4 711")])
///     page.heading("Day by day")
///     page.chart(chart)
///     page.table(table)
///     try output.write(page.html)
package struct Page {
    private let title: String
    private let subtitle: String
    private var body = Markup()
    /// Under everything: how the page was made.
    package var footer = ""

    package init(_ title: String, subtitle: String = "") {
        self.title = title
        self.subtitle = subtitle
    }

    package mutating func heading(_ text: String) { body.element("h2", text: text) }
    package mutating func subheading(_ text: String) { body.element("h3", text: text) }
    package mutating func paragraph(_ text: String) { body.element("p", text: text) }

    /// Less loud than a paragraph: conditions, caveats.
    package mutating func note(_ text: String) { body.element("p", ["class": "note"], text: text) }

    /// Something to copy, or a program's own words.
    package mutating func code(_ text: String) {
        body.element("pre") { $0.element("code", text: text) }
    }

    /// Something long that opens on demand; `anchor` is where links lead. What isn't open is not printed.
    package mutating func detail(_ summary: String, anchor: String, code: String, isOpen: Bool = false) {
        body.element("details", isOpen ? ["id": anchor, "open": ""] : ["id": anchor]) { body in
            body.element("summary", text: summary)
            body.element("pre") { $0.element("code", text: code) }
        }
    }

    /// A few figures that matter most, large.
    package mutating func tiles(_ figures: [(label: String, value: String)]) {
        body.element("div", ["class": "tiles"]) { body in
            for figure in figures {
                body.element("div", ["class": "tile"]) { tile in
                    tile.element("div", ["class": "value"], text: figure.value)
                    tile.element("div", ["class": "label"], text: figure.label)
                }
            }
        }
    }

    package mutating func chart(_ chart: Chart) {
        body.element("figure") { figure in
            if !chart.title.isEmpty { figure.element("figcaption", text: chart.title) }
            figure.raw(chart.svg)
        }
    }

    /// Charts beside each other where the window is wide enough.
    package mutating func charts(_ charts: [Chart]) {
        body.raw("<div class=\"pair\">")
        for var chart in charts {
            // Half as wide, so that their text is as large as everywhere.
            chart.width /= 2
            self.chart(chart)
        }
        body.raw("</div>")
    }

    package mutating func table(_ table: PageTable) { table.write(to: &body) }

    package var html: String {
        var page = Markup()
        page.raw("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">")
        page.raw("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">")
        page.raw("<meta name=\"color-scheme\" content=\"light dark\">")
        page.element("title", text: title)
        page.element("style") { $0.raw(PageStyle.sheet) }
        page.raw("</head>\n<body><main>")
        page.element("h1", text: title)
        if !subtitle.isEmpty { page.element("p", ["class": "subtitle"], text: subtitle) }
        page.raw(body.source)
        if !footer.isEmpty { page.element("footer", text: footer) }
        page.raw("</main></body></html>\n")
        return page.source
    }
}
