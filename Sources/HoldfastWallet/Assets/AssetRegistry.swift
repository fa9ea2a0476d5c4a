import Synchronization

/// The assets of a ledger: which are declared, and a small number for each name in use.
///
///     let assets = try AssetRegistry(declared: ["SKU1": 0])
///     assets.intern(AssetName("BRL.bonus")!)      // .known(1)
///     assets.exponent(of: AssetName("BRL")!)      // 2
///
/// One registry serves all threads of a process. The numbers are its own and never leave it: the log has names.
/// Callers and lanes keep small caches, so that the lock is taken once a name and thread, not once a command.
package final class AssetRegistry: Sendable {
    /// Distinct names, suffixes included. A suffix is the caller's to choose, so there must be an end to them.
    package static let namesMax = 60_000

    private struct Tables {
        var exponents: [AssetName: UInt8]
        var ids: [AssetName: AssetID] = [:]
        /// Number n has its name at n − 1; 0 means no asset.
        var names: [AssetName] = []
    }

    package enum Lookup: Equatable {
        case known(AssetID)
        /// The base is not declared.
        case undeclared
        /// `namesMax` names are in use.
        case full
    }

    private let tables: Mutex<Tables>

    /// The built-in assets and the given ones, by name without suffix.
    package init(declared: [AssetName: UInt8] = [:]) {
        let exponents = Currencies.builtIn.merging(declared) { _, declared in declared }
        tables = Mutex(Tables(exponents: exponents))
    }

    /// The number of a name that a command bears.
    package func intern(_ name: AssetName) -> Lookup {
        tables.withLock { tables in
            if let id = tables.ids[name] { return tables.exponents[name.base] == nil ? .undeclared : .known(id) }
            guard tables.exponents[name.base] != nil else { return .undeclared }
            // Whoever uses up all suffixes leaves room for what was declared, which is everybody's.
            let limit = tables.exponents[name] != nil ? Self.namesMax : Self.namesMax - tables.exponents.count
            return Self.add(name, to: &tables, upTo: limit).map { .known($0) } ?? .full
        }
    }

    /// The number of a name that the log bears: it was declared once, so it is good. Nil when there are too many.
    package func internFromLog(_ name: AssetName) -> AssetID? {
        tables.withLock { tables in tables.ids[name] ?? Self.add(name, to: &tables) }
    }

    private static func add(_ name: AssetName, to tables: inout Tables, upTo limit: Int = namesMax) -> AssetID? {
        guard tables.names.count < limit else { return nil }
        tables.names.append(name)
        let id = AssetID(tables.names.count)
        tables.ids[name] = id
        return id
    }

    /// The name of a number that this registry gave out.
    package func name(of id: AssetID) -> AssetName {
        tables.withLock { tables in
            precondition(id >= 1 && id <= tables.names.count, "a number of this registry")
            return tables.names[Int(id) - 1]
        }
    }

    /// The names with numbers above `known`, in the order of their numbers.
    func names(after known: Int) -> [AssetName] {
        tables.withLock { Array($0.names[known...]) }
    }

    /// The digits behind the decimal point of an asset or of its suffixed purses; nil when it isn't declared.
    package func exponent(of name: AssetName) -> Int? {
        tables.withLock { tables in tables.exponents[name.base].map { Int($0) } }
    }

    /// Of all declared assets, the built-in ones included.
    package var exponents: [AssetName: UInt8] { tables.withLock { $0.exponents } }
}
