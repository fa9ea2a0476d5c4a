/// Finds what a person meant to type.
package enum Suggestions {
    /// The candidate nearest to the word, if it is near enough to be worth a question.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (name: $0, distance: distance(word, $0)) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
        if best.distance <= max(1, word.count / 3) { return best.name }
        // A beginning of exactly one name, or one with its end missing.
        let completions = candidates.filter { word.count >= 2 && $0.hasPrefix(word) }
        return completions.count == 1 ? completions[0] : nil
    }

    /// `; did you mean --lanes?`, or nothing.
    package static func question(_ word: String, among candidates: [String], prefix: String = "") -> String {
        nearest(to: word, among: candidates).map { "; did you mean \(prefix)\($0)?" } ?? ""
    }

    /// Insertions, deletions, replacements, and two neighbours swapped: the usual slips of fingers.
    static func distance(_ left: String, _ right: String) -> Int {
        let left = Array(left.unicodeScalars)
        let right = Array(right.unicodeScalars)
        var beforePrevious: [Int] = []
        var previous = Array(0...right.count)
        for row in 0..<left.count {
            var current = [row + 1]
            for column in 0..<right.count {
                let isSame = left[row] == right[column]
                var best = min(previous[column] + (isSame ? 0 : 1), previous[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    best = min(best, beforePrevious[column - 1] + 1)
                }
                current.append(best)
            }
            beforePrevious = previous
            previous = current
        }
        return previous[right.count]
    }
}
