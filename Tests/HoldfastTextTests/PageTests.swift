import Testing

@testable import HoldfastText

@Suite("pages")
struct PageTests {
    @Test("what could be taken for markup is escaped, in texts and in attributes")
    func escaping() {
        var markup = Markup()
        markup.element("p", ["title": "a\"b'c"], text: "3 < 4 & 5 > 4\u{0}é")
        #expect(
            markup.source == "<p title=\"a&quot;b&#39;c\">3 &lt; 4 &amp; 5 &gt; 4\u{FFFD}é</p>")
    }

    @Test(
        "what would be obeyed instead of shown is spelled out for a terminal, and stood in for on a page",
        arguments: ["\u{0}", "\u{1B}", "\u{7F}", "\u{9B}", "\u{61C}", "\u{202E}", "\u{2067}", "\u{2029}"])
    func obeyed(text: String) {
        let number = String(text.unicodeScalars.first!.value, radix: 16, uppercase: true)
        #expect("é\(text)→".visible() == "é\\u{\(number)}→")
        #expect(Markup.escaped("é\(text)→") == "é\u{FFFD}→")
    }

    @Test("line ends of ours may stay, and what is harmless does")
    func harmless() {
        #expect("a\nb\r".visible(keepingLineEnds: true) == "a\nb\\u{D}")
        #expect("a\nb".visible() == "a\\u{A}b")
        for text in ["", "plain", "ã “é” … – ×", "שלום", "🂡"] { #expect(text.visible() == text) }
    }

    @Test("a page with hostile names is well formed and holds no script")
    func wellFormed() throws {
        let name = "</title><script>alert(1)</script>\u{1}"
        var page = Page(name, subtitle: name)
        page.heading(name)
        page.tiles([(name, name)])
        page.note(name)
        page.code(name)
        var table = PageTable([.words(name), .figures("n")])
        table.row([name, "1"])
        table.sum([name, "1"])
        page.table(table)
        var chart = Chart(name, x: .init(name), y: .init(name))
        chart.add(.lines(name, [.init(0, 1), .init(1, 2)]))
        chart.add(.steps(name, [.init(0, 1), .init(1, .nan)]))
        chart.add(.bars(name, [.init(0, -1), .init(1, .infinity)]))
        chart.goal(name, at: 3)
        page.charts([chart, chart])
        page.footer = name
        #expect(!page.html.contains("<script"))
        try Self.checkNesting(page.html)
    }

    /// Every element is closed by its own end, in order. `meta` has none in HTML.
    private static func checkNesting(_ html: String) throws {
        var open: [Substring] = []
        for piece in html.split(separator: "<").dropFirst(1) {
            let tag = try #require(piece.split(separator: ">", omittingEmptySubsequences: false).first)
            let name = tag.drop { $0 == "/" }.prefix { $0.isLetter || $0.isNumber }
            if tag.hasPrefix("/") {
                #expect(open.popLast() == name)
            } else if !tag.hasSuffix("/"), name != "meta", !name.isEmpty {
                open.append(name)
            }
        }
        #expect(open.isEmpty)
    }
}

@Suite("charts")
struct ChartTests {
    private func labels(_ axis: Chart.Axis, _ values: [Double], room: Int = 6, tight: Bool = false) -> [String] {
        ChartScale(axis, values: values, room: room, tight: tight).ticks.map(\.label)
    }

    @Test("an even axis has round ticks around its figures")
    func evenTicks() {
        #expect(
            labels(.init("", fromZero: true), [312_000, 1_034_511]) == [
                "0", "200 k", "400 k", "600 k", "800 k", "1 M", "1.2 M",
            ])
        #expect(labels(.init(""), [0.31, 0.52]) == ["0.3", "0.35", "0.4", "0.45", "0.5", "0.55"])
        #expect(
            labels(.init("", unit: .bytes, fromZero: true), [0, 9_000_000_000], room: 5) == [
                "0", "2 GiB", "4 GiB", "6 GiB", "8 GiB", "10 GiB",
            ])
        #expect(
            labels(.init("", unit: .money(exponent: 2)), [-150, 250], room: 4) == ["-2", "-1", "0", "1", "2", "3"])
    }

    @Test("an axis of powers of ten labels each power in its own unit, and gives zero no place")
    func powers() {
        let axis = Chart.Axis("", .powersOfTen, unit: .duration)
        #expect(labels(axis, [0, 70_000, 12_000_000]) == ["10 µs", "100 µs", "1 ms", "10 ms", "100 ms"])
        let scale = ChartScale(axis, values: [1e4, 1e8], room: 6)
        #expect(scale.place(1e6) == 0.5)
        #expect(scale.place(0) == nil)
    }

    @Test("an axis of nines spreads the tail")
    func nines() throws {
        let scale = ChartScale(.init("", .nines), values: [0, 0.5, 0.999], room: 6)
        #expect(scale.ticks.map(\.label) == ["0 %", "90 %", "99 %", "99.9 %"])
        let places = try [0, 0.9, 0.99, 0.999].map { try #require(scale.place($0)) }
        for (place, expected) in zip(places, [0, 1 / 3.0, 2 / 3.0, 1]) { #expect(abs(place - expected) < 1e-9) }
        #expect(scale.place(1) == nil)
    }

    @Test("a time axis has ticks at round hours, days and months")
    func times() {
        let noon = 1_763_683_200_000.0  // 2025-11-21T00:00:00Z
        #expect(
            labels(.init("", .time), [noon, noon + 86_400_000])
                == ["2025-11-21", "06:00", "12:00", "18:00", "2025-11-22"])
        #expect(
            labels(.init("", .time), [noon, noon + 120 * 86_400_000.0]) == ["2025-12", "2026-01", "2026-02", "2026-03"])
        #expect(labels(.init("", .time), [noon, noon + 3000]).first == "2025-11-21")
        #expect(labels(.init("", .time), [noon + 1, noon + 3]) == ["00:00:00.001", "00:00:00.002", "00:00:00.003"])
    }

    @Test(
        "no figures, one figure and figures that are none make a picture all the same",
        arguments: [[], [Chart.Point(0, 0)], [.init(5, 5)], [.init(.nan, .infinity)], [.init(0, -1), .init(1, -1)]])
    func degenerate(points: [Chart.Point]) {
        for spread in [Chart.Spread.even, .powersOfTen, .nines, .time, .labels(["a"])] {
            var chart = Chart("", x: .init("", spread), y: .init("", spread))
            chart.add(.lines("a", points))
            chart.add(.bars("b", points))
            #expect(!chart.svg.contains("nan") && !chart.svg.contains("inf"))
        }
    }

    @Test("a series of very many points keeps its extremes")
    func thinning() {
        let places = (0..<50_000).map { index in
            Chart.Point(Double(index) / 50_000 * 600, index == 31_234 ? 900 : Double(index % 7))
        }
        let kept = ChartDrawing.thinned(places)
        #expect(kept.count < 6_000)
        #expect(kept.contains(places[31_234]))
        #expect(kept.first == places.first && kept.last == places.last)
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0.x <= $1.x })
    }

    @Test("no label of the lower axis begins before the picture does")
    func firstLabel() throws {
        var chart = Chart("", x: .init("", .time), y: .init(""))
        chart.add(.steps("n", [.init(1, 2), .init(3, 1)]))
        let svg = ChartDrawing(chart).svg
        let label = try #require(svg.firstRange(of: ">00:00:00.001<"))
        let x = try #require(svg[..<label.lowerBound].split(separator: "<text x=\"").last)
        let middle = try #require(Double(x.prefix { $0 != "\"" }))
        #expect(middle >= 12 * 6.8 / 2 && middle < 60)
    }

    @Test("bars stand on zero, also below it")
    func bars() {
        var chart = Chart("", x: .init("", .labels(["a", "b"])), y: .init(""))
        chart.add(.bars("n", [.init(0, 100), .init(1, -50)]))
        let labels = ChartDrawing(chart).svg
        #expect(labels.contains(">-50<") && labels.contains(">100<") && labels.contains(">0<"))
    }
}
