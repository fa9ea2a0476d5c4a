import HoldfastText

/// The verbs on sharded tables.
enum TablesVerbs {
    static let group = VerbGroup("tables", [TablesSyncVerb.self, TablesCheckVerb.self])
}
