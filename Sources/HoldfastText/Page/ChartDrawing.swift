/// Lays a chart out and draws it: legend, grid and axes, goals, then the series.
struct ChartDrawing {
    private let chart: Chart
    private let x: ChartScale
    private let y: ChartScale
    private let left: Double
    private let right: Double
    private let top: Double
    private let bottom: Double
    private let legend: Bool

    /// How wide a character is drawn at most, on average, in the fonts of the style.
    private static let characterWidth = 6.8
    private static let lineHeight = 18.0

    init(_ chart: Chart) {
        self.chart = chart
        let points = chart.series.flatMap(\.points)
        let barDistance = Self.barDistance(chart)
        // Bars stand on zero, whatever the axis was told.
        let base = barDistance == nil ? [] : [0.0]
        y = ChartScale(
            chart.y, values: points.map(\.y) + chart.goals.map(\.value) + base, room: max(2, Int(chart.height / 55)))
        let widest = y.ticks.map(\.label.count).max() ?? 0
        let margin = Double(widest) * Self.characterWidth + 14
        x = ChartScale(
            chart.x, values: points.map(\.x), room: max(2, Int((chart.width - margin) / 85)), tight: true,
            margin: (barDistance ?? 0) / 2)
        // The first label of the lower axis reaches half its width before its tick.
        let first = Double(x.ticks.first?.label.count ?? 0) * Self.characterWidth / 2
        let firstPlace = x.ticks.first.flatMap { [x] in x.place($0.value) } ?? 0
        left = max(margin, first - firstPlace * (chart.width - margin))
        // The last label of the lower axis reaches half its width beyond it.
        let last = Double(x.ticks.last?.label.count ?? 0) * Self.characterWidth / 2
        right = chart.width - max(12, last)
        legend = chart.series.count > 1
        top = (legend ? Self.lineHeight : 0) + (chart.y.label.isEmpty ? 8 : Self.lineHeight + 4)
        bottom = chart.height - Self.lineHeight - (chart.x.label.isEmpty ? 4 : Self.lineHeight)
    }

    var svg: String {
        var picture = Markup()
        picture.element(
            "svg",
            [
                "class": "chart", "viewBox": "0 0 \(Self.short(chart.width)) \(Self.short(chart.height))",
                // In a narrow window a picture scrolls, before its text becomes too small to be read.
                "style": "min-width:\(Self.short(chart.width * 0.75))px", "role": "img", "aria-label": chart.title,
                "xmlns": "http://www.w3.org/2000/svg",
            ]
        ) { picture in
            if legend { drawLegend(&picture) }
            drawAxes(&picture)
            for (number, series) in chart.series.enumerated() { draw(series, number, &picture) }
            for goal in chart.goals { draw(goal, &picture) }
        }
        return picture.source
    }

    // MARK: The frame

    private func drawLegend(_ picture: inout Markup) {
        var at = left
        for (number, series) in chart.series.enumerated() {
            let width = Double(series.name.count) * Self.characterWidth + 40
            let style = Self.stroke(number)
            if series.form == .bars {
                picture.shape(
                    "rect",
                    ["x": Self.short(at), "y": "2", "width": "18", "height": "10", "style": Self.fill(number)])
            } else {
                picture.shape(
                    "line",
                    [
                        "class": "stroke", "style": style, "x1": Self.short(at), "y1": "7",
                        "x2": Self.short(at + 20), "y2": "7",
                    ])
            }
            picture.element("text", ["class": "name", "x": Self.short(at + 25), "y": "11"], text: series.name)
            at += width
        }
    }

    private func drawAxes(_ picture: inout Markup) {
        if !chart.y.label.isEmpty {
            picture.element("text", ["x": "0", "y": Self.short(top - 10)], text: chart.y.label)
        }
        for tick in y.ticks {
            guard let place = y.place(tick.value) else { continue }
            let height = vertical(place)
            line(&picture, "grid", left, height, right, height)
            picture.element(
                "text", ["x": Self.short(left - 7), "y": Self.short(height + 4), "text-anchor": "end"],
                text: tick.label)
        }
        line(&picture, "axis", left, bottom, right, bottom)
        if y.zero > 0 { line(&picture, "axis", left, vertical(y.zero), right, vertical(y.zero)) }
        for tick in x.ticks {
            guard let place = x.place(tick.value), (0...1).contains(place) else { continue }
            line(&picture, "axis", horizontal(place), bottom, horizontal(place), bottom + 4)
            picture.element(
                "text",
                ["x": Self.short(horizontal(place)), "y": Self.short(bottom + 17), "text-anchor": "middle"],
                text: tick.label)
        }
        if !chart.x.label.isEmpty {
            picture.element(
                "text", ["x": Self.short(right), "y": Self.short(chart.height - 4), "text-anchor": "end"],
                text: chart.x.label)
        }
    }

    private func draw(_ goal: (name: String, value: Double), _ picture: inout Markup) {
        guard let place = y.place(goal.value) else { return }
        line(&picture, "goal", left, vertical(place), right, vertical(place))
        picture.element(
            "text",
            [
                "class": "goalname", "x": Self.short(right - 4), "y": Self.short(vertical(place) - 5),
                "text-anchor": "end",
            ], text: goal.name)
    }

    // MARK: Series

    private func draw(_ series: Chart.Series, _ number: Int, _ picture: inout Markup) {
        if series.form == .bars { return drawBars(series, number, &picture) }
        let shown = series.points.filter { x.place($0.x) != nil && y.place($0.y) != nil }
        let places = shown.map { Chart.Point(horizontal(x.place($0.x)!), vertical(y.place($0.y)!)) }
        guard let first = places.first else { return }
        var path = "M\(Self.short(first.x)) \(Self.short(first.y))"
        for place in Self.thinned(places).dropFirst() {
            path +=
                series.form == .steps
                ? "H\(Self.short(place.x))V\(Self.short(place.y))" : "L\(Self.short(place.x)) \(Self.short(place.y))"
        }
        // A line of no length would not show.
        if places.count == 1 { path += "h0.01" }
        picture.shape("path", ["class": "stroke", "style": Self.stroke(number), "d": path])
        if places.count <= Self.namedPointsMax {
            for (point, place) in zip(shown, places) { name(point, of: series, at: place, &picture) }
        }
    }

    /// Points tell their figures to whoever rests on them, while there are few enough to hit.
    private static let namedPointsMax = 120

    private func name(_ point: Chart.Point, of series: Chart.Series, at place: Chart.Point, _ picture: inout Markup) {
        picture.element("circle", ["class": "hit", "cx": Self.short(place.x), "cy": Self.short(place.y), "r": "7"]) {
            $0.element("title", text: told(point, of: series))
        }
    }

    private func told(_ point: Chart.Point, of series: Chart.Series) -> String {
        "\(series.name): \(ChartText.figure(point.y, chart.y.unit, step: point.y / 1000))"
    }

    private func drawBars(_ series: Chart.Series, _ number: Int, _ picture: inout Markup) {
        let bars = chart.series.indices.filter { chart.series[$0].form == .bars }
        let rank = Double(bars.firstIndex(of: number) ?? 0)
        let width = barRoom / Double(bars.count)
        for point in series.points {
            guard let across = x.place(point.x), let up = y.place(point.y) else { continue }
            let begin = horizontal(across) - barRoom / 2 + rank * width
            let (high, low) = (vertical(max(up, y.zero)), vertical(min(up, y.zero)))
            picture.element(
                "rect",
                [
                    "x": Self.short(begin), "y": Self.short(high), "width": Self.short(max(0.5, width - 1)),
                    "height": Self.short(max(0.5, low - high)), "style": Self.fill(number),
                ]
            ) { bar in
                bar.element("title", text: told(point, of: series))
            }
        }
    }

    /// What the bars of one place share: most of the room up to the next place.
    private var barRoom: Double {
        let distance = Self.barDistance(chart) ?? 1
        guard let from = x.place(0), let to = x.place(distance) else { return 40 }
        return min(abs(horizontal(to) - horizontal(from)) * 0.8, 90)
    }

    /// The smallest distance between two bars of a series, in the axis' own figures; nil where there are no bars.
    private static func barDistance(_ chart: Chart) -> Double? {
        let bars = chart.series.filter { $0.form == .bars }
        if bars.isEmpty { return nil }
        if case .labels = chart.x.spread { return 1 }
        let places = Set(bars.flatMap(\.points).map(\.x)).sorted()
        return zip(places, places.dropFirst()).map { $1 - $0 }.min() ?? 1
    }

    /// Of many points within the width of half a dot only the first, the lowest, the highest and the last: the
    /// picture is the same and a day of seconds stays a small file.
    static func thinned(_ places: [Chart.Point]) -> [Chart.Point] {
        guard places.count > 1_000 else { return places }
        var kept: [Chart.Point] = []
        var start = 0
        while start < places.count {
            let column = (places[start].x * 2).rounded(.down)
            var end = start + 1
            while end < places.count, (places[end].x * 2).rounded(.down) == column { end += 1 }
            let range = start..<end
            let low = range.min { places[$0].y < places[$1].y }!
            let high = range.max { places[$0].y < places[$1].y }!
            for index in Set([start, low, high, end - 1]).sorted() { kept.append(places[index]) }
            start = end
        }
        return kept
    }

    // MARK: What serves them

    private func horizontal(_ place: Double) -> Double { left + place * (right - left) }
    private func vertical(_ place: Double) -> Double { bottom - place * (bottom - top) }

    private func line(
        _ picture: inout Markup, _ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double
    ) {
        picture.shape(
            "line",
            [
                "class": style, "x1": Self.short(x1), "y1": Self.short(y1), "x2": Self.short(x2),
                "y2": Self.short(y2),
            ])
    }

    private static func short(_ value: Double) -> String { ChartText.fixed(value, decimals: 1) }

    private static func fill(_ number: Int) -> String { "fill:var(--s\(number % PageStyle.seriesColours + 1))" }

    private static func stroke(_ number: Int) -> String {
        let dashes = ["", "7 4", "2 4", "9 3 2 3"][number % 4]
        let colour = "stroke:var(--s\(number % PageStyle.seriesColours + 1))"
        return dashes.isEmpty ? colour : colour + ";stroke-dasharray:" + dashes
    }
}
