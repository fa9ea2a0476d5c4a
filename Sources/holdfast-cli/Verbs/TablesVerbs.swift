import HoldfastText

/// The verbs on sharded tables.
enum TablesVerbs {
    static let group = VerbGroup(
        "tables",
        [
            TablesSyncVerb.self, TablesRebuildVerb.self, TablesReshardVerb.self, TablesCheckVerb.self,
            TablesHistoryVerb.self, TablesDeadLettersVerb.self, ReportVerb.self,
        ])
}
