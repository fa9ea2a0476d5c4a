internal import HoldfastText

/// An object of the configuration file: what it may hold is said once, and everything else is refused by name.
struct ConfigurationSection {
    private let file: String
    /// `archive`, or nothing for the whole file.
    private let path: String
    private let members: JSONMembers

    init(_ tree: JSONTree, _ path: String, in file: String, known: [String]) throws(UsageError) {
        guard let members = tree.members else {
            throw UsageError("\(file): \(path.isEmpty ? "the configuration" : path) is not an object")
        }
        self.file = file
        self.path = path
        self.members = members
        for name in members.names where !known.contains(name) {
            throw UsageError("\(file): unknown key \(place(name))\(Suggestions.question(name, among: known))")
        }
    }

    private func place(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private func wrong(_ name: String, _ expected: String) -> UsageError {
        UsageError("\(file): \(place(name)): \(expected)")
    }

    func isGiven(_ name: String) -> Bool { members[name] != nil }

    func section(_ name: String, known: [String]) throws(UsageError) -> ConfigurationSection? {
        guard let tree = members[name] else { return nil }
        return try ConfigurationSection(tree, place(name), in: file, known: known)
    }

    func sections(_ name: String, known: [String]) throws(UsageError) -> [ConfigurationSection] {
        guard let tree = members[name] else { return [] }
        guard let elements = tree.elements else { throw wrong(name, "expected a list") }
        var sections: [ConfigurationSection] = []
        for (index, element) in elements.enumerated() {
            sections.append(try ConfigurationSection(element, "\(place(name))[\(index)]", in: file, known: known))
        }
        return sections
    }

    func text(_ name: String) throws(UsageError) -> String {
        guard let text = try textIfGiven(name) else { throw wrong(name, "is missing") }
        return text
    }

    func textIfGiven(_ name: String) throws(UsageError) -> String? {
        guard let value = members[name] else { return nil }
        guard let text = value.string, !text.isEmpty else { throw wrong(name, "expected a text") }
        return text
    }

    func flag(_ name: String) throws(UsageError) -> Bool {
        switch members[name] {
        case nil: return false
        case .bool(let flag)?: return flag
        default: throw wrong(name, "expected true or false")
        }
    }

    func integer(_ name: String, _ bounds: ClosedRange<Int>) throws(UsageError) -> Int? {
        guard let value = members[name] else { return nil }
        guard let number = value.integer.flatMap({ Int(exactly: $0) }), bounds.contains(number) else {
            throw wrong(name, "expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
        }
        return number
    }

    /// `90d`, in milliseconds.
    func duration(_ name: String) throws(UsageError) -> Int64? {
        guard let text = try textIfGiven(name) else { return nil }
        do throws(TimeTextError) {
            return try DurationText.milliseconds(text)
        } catch {
            throw wrong(name, error.description)
        }
    }

    /// A duration of whole seconds, one at least.
    func seconds(_ name: String) throws(UsageError) -> Int? {
        guard let duration = try duration(name) else { return nil }
        guard duration >= 1_000, duration % 1_000 == 0, let seconds = Int32(exactly: duration / 1_000) else {
            throw wrong(name, "expected whole seconds, one at least")
        }
        return Int(seconds)
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, as type: Value.Type
    ) throws(UsageError) -> Value? {
        guard let text = try textIfGiven(name) else { return nil }
        return try choice(text, name, as: type)
    }

    func choices<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, as type: Value.Type
    ) throws(UsageError) -> [Value] {
        guard let elements = members[name]?.elements, !elements.isEmpty else { throw wrong(name, "expected a list") }
        var values: [Value] = []
        for element in elements { values.append(try choice(element.string ?? "", name, as: type)) }
        return values
    }

    private func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ name: String, as type: Value.Type
    ) throws(UsageError) -> Value {
        let allowed = type.allCases.map(\.rawValue)
        guard let value = Value(rawValue: text) else {
            throw wrong(
                name,
                "“\(text)”: expected one of \(allowed.joined(separator: ", "))"
                    + Suggestions.question(text, among: allowed))
        }
        return value
    }

    /// `every`, `on` and `at`, of which the last must be there.
    func schedule() throws(UsageError) -> Schedule {
        let at = try text("at")
        guard let minute = Schedule.minuteOfDay(at) else {
            throw wrong("at", "“\(at)”: expected a time of day in UTC such as 03:00")
        }
        enum Every: String, CaseIterable { case day, week }
        let day = try choice("on", as: Schedule.Weekday.self)
        guard try choice("every", as: Every.self) == .week else {
            if day != nil { throw wrong("on", "a day of the week goes with \"every\": \"week\"") }
            return Schedule(minuteOfDay: minute)
        }
        guard let day else { throw wrong("on", "is missing: on which day of the week?") }
        return Schedule(every: .week(on: day), minuteOfDay: minute)
    }
}
