/// Rows that come back from tables and archives say events, refusals and kinds by their names.
extension EventKind {
    package init?(wireName name: UnsafeRawBufferPointer) {
        guard let found = Self.allCases.first(where: { name.isName($0.wireName) }) else { return nil }
        self = found
    }
}

extension Refusal {
    package init?(wireName name: UnsafeRawBufferPointer) {
        guard let found = Self.allCases.first(where: { name.isName($0.wireName) }) else { return nil }
        self = found
    }
}

extension Kind {
    private static let names: [StaticString] = [
        "bet", "win", "deposit", "withdrawal", "refund", "promo", "fee", "adjustment",
    ]

    /// The program's own constant for a kind's name.
    package static func named(_ name: UnsafeRawBufferPointer) -> StaticString? {
        names.first { name.isName($0) }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func isName(_ name: StaticString) -> Bool {
        sameBytes(self, UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
}
