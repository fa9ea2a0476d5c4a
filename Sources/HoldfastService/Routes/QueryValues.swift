internal import HoldfastText

/// The parameters of a query, each known and there once.
struct QueryValues: Sendable {
    private var values: [String: String] = [:]

    init(_ parameters: [RequestTarget.Parameter], known: [String]) throws(Problem) {
        for parameter in parameters {
            guard known.contains(parameter.name) else {
                let question = Suggestions.question(parameter.name, among: known)
                throw .badRequest("unknown parameter “\(parameter.name)”\(question)")
            }
            guard values.updateValue(parameter.value, forKey: parameter.name) == nil else {
                throw .badRequest("the parameter \(parameter.name) stands there twice")
            }
        }
    }

    func isGiven(_ name: String) -> Bool { values[name] != nil }

    func integer(_ name: String, atLeast least: Int64) throws(Problem) -> Int64? {
        guard let text = values[name] else { return nil }
        guard !text.hasPrefix("+"), let number = Int64(text), number >= least else {
            throw .badRequest("\(name) “\(text)”: expected a whole number, \(least) or more")
        }
        return number
    }

    /// RFC 3339 or milliseconds since 1970.
    func time(_ name: String) throws(Problem) -> Int64? {
        guard let text = values[name] else { return nil }
        do throws(TimeTextError) {
            return try RFC3339.milliseconds(text)
        } catch {
            throw .badRequest("\(name): \(error)")
        }
    }

    func flag(_ name: String) throws(Problem) -> Bool {
        switch values[name] {
        case nil, "false": return false
        case "true", "": return true
        case let text?: throw .badRequest("\(name) “\(text)”: expected true or false")
        }
    }
}
