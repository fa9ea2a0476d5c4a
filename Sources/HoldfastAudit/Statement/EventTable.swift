internal import HoldfastText
internal import HoldfastWallet

/// Events as the rows of a page: when, what happened, what moved and what was there afterwards. Each row leads to its
/// event's proof.
struct EventTable {
    private(set) var table: PageTable
    private var money: MoneyTable
    private let hasRoles: Bool

    /// With roles, each event is introduced by what it is to the one that the page is about.
    init(_ money: MoneyTable, roles: Bool = false) {
        self.money = money
        hasRoles = roles
        table = PageTable(
            [.figures("seq"), .brief("time")] + (roles ? [.brief("role")] : [])
                + [.prose("what happened"), .figures("amount"), .figures("balance"), .figures("held")])
    }

    /// An event of two assets takes two rows.
    mutating func add(_ line: Statement.Line, role: String = "", linkedTo anchor: String) {
        let lead = ["\(line.seq)", EventWords.time(line.time)] + (hasRoles ? [role] : []) + [line.words]
        table.row(lead + cells(line.changes.first), linkedTo: anchor)
        for change in line.changes.dropFirst() { table.row(lead.map { _ in "" } + cells(change)) }
    }

    private mutating func cells(_ change: Statement.Change?) -> [String] {
        guard let change else { return ["", "", ""] }
        return [
            change.delta == 0 ? "" : "\(money.signed(change.delta, change.asset)) \(change.asset)",
            money.text(change.balance, change.asset),
            change.held == 0 ? "" : money.text(change.held, change.asset),
        ]
    }
}
