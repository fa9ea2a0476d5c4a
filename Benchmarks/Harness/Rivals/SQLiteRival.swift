private import CSQLite

/// The same wallet in one SQLite database, as one would write it: a row a player, a row a request, a row an event,
/// each command in a transaction, durable (write-ahead log, synchronous FULL).
///
/// It keeps the promises that the traffic needs: one answer a request, holds that are settled once, funds that
/// suffice. Holds expire in one sweep at the end, which is in its favour.
final class SQLiteRival {
    private let database: OpaquePointer
    private var statements: [OpaquePointer] = []

    private static let schema = """
        PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-262144;
        CREATE TABLE players(key TEXT PRIMARY KEY, balance INTEGER NOT NULL, held INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE requests(key TEXT, request TEXT, kind INTEGER, amount INTEGER, state INTEGER, expires INTEGER,
            PRIMARY KEY(key, request)) WITHOUT ROWID;
        CREATE TABLE events(position INTEGER PRIMARY KEY, key TEXT, request TEXT, target TEXT, kind INTEGER,
            amount INTEGER, at INTEGER);
        """

    /// A request's state: settled or nothing to settle, open, refused.
    private enum State: Int64 { case done = 0, open = 1, refused = 2 }

    private enum Statement: Int, CaseIterable {
        case begin, commit, findRequest, findPlayer, addPlayer, movePlayer, addRequest, settle, addEvent

        var text: String {
            switch self {
            case .begin: "BEGIN IMMEDIATE"
            case .commit: "COMMIT"
            case .findRequest: "SELECT state, amount, expires FROM requests WHERE key=?1 AND request=?2"
            case .findPlayer: "SELECT balance, held FROM players WHERE key=?1"
            case .addPlayer: "INSERT INTO players VALUES(?1, ?2, 0)"
            case .movePlayer: "UPDATE players SET balance=balance+?2, held=held+?3 WHERE key=?1"
            case .addRequest: "INSERT INTO requests VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
            case .settle: "UPDATE requests SET state=0 WHERE key=?1 AND request=?2"
            case .addEvent: "INSERT INTO events(key, request, target, kind, amount, at) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
            }
        }
    }

    static var version: String { String(cString: sqlite3_libversion()) }

    init(path: String) throws {
        var handle: OpaquePointer?
        guard sqlite3_open(path, &handle) == SQLITE_OK, let handle else {
            throw RivalAbsent(description: "SQLite can't make a database in \(path)")
        }
        database = handle
        try execute(Self.schema)
        for statement in Statement.allCases {
            var prepared: OpaquePointer?
            guard
                sqlite3_prepare_v3(database, statement.text, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
                    == SQLITE_OK, let prepared
            else { throw failure() }
            statements.append(prepared)
        }
    }

    func close() {
        for statement in statements { sqlite3_finalize(statement) }
        sqlite3_close(database)
    }

    func begin() throws { try run(.begin) }
    func commit() throws { try run(.commit) }

    func addPlayer(_ key: String, _ balance: Int64) throws { try run(.addPlayer, .text(key), .whole(balance)) }

    /// Decides one command within the open transaction.
    func perform(_ command: DayCommand, _ key: String) throws -> DayCommand.Expectation {
        let request = RivalWork.name(ofRequest: command.request)
        if try row(.findRequest, .text(key), .text(request)) != nil { return .duplicate }
        var (balance, held, amount) = (Int64(0), Int64(0), command.amount)
        var target = ""
        switch command.kind {
        case .credit: balance = amount
        case .debit, .authorise:
            guard let funds = try row(.findPlayer, .text(key)), funds[0] - funds[1] >= amount else {
                try record(command, key, request, target, amount, .refused)
                return .refused
            }
            if command.kind == .debit { balance = -amount } else { held = amount }
        case .confirm, .rollback:
            target = RivalWork.name(ofRequest: command.target)
            guard let hold = try row(.findRequest, .text(key), .text(target)), hold[0] == State.open.rawValue,
                hold[2] > command.at
            else {
                try record(command, key, request, target, 0, .refused)
                return .refused
            }
            amount = hold[1]
            held = -amount
            if command.kind == .confirm { balance = -amount }
            try run(.settle, .text(key), .text(target))
        }
        try run(.movePlayer, .text(key), .whole(balance), .whole(held))
        try record(command, key, request, target, amount, command.kind == .authorise ? .open : .done)
        return .accepted
    }

    private func record(
        _ command: DayCommand, _ key: String, _ request: String, _ target: String, _ amount: Int64, _ state: State
    ) throws {
        let kind = Int64(command.kind.rawValue)
        let expires = state == .open ? command.at + DayTraffic.holdMilliseconds : 0
        try run(
            .addRequest, .text(key), .text(request), .whole(kind), .whole(amount), .whole(state.rawValue),
            .whole(expires))
        try run(
            .addEvent, .text(key), .text(request), .text(target), .whole(kind), .whole(amount), .whole(command.at))
    }

    /// Ends every hold that is over by then.
    func expire(by time: Int64) throws {
        try execute(
            """
            BEGIN IMMEDIATE;
            INSERT INTO events(key, request, target, kind, amount, at)
                SELECT key, '', request, 9, amount, expires FROM requests WHERE state=1 AND expires<=\(time);
            UPDATE players SET held = held - due.amount
                FROM (SELECT key, SUM(amount) AS amount FROM requests WHERE state=1 AND expires<=\(time) GROUP BY key) due
                WHERE players.key = due.key;
            UPDATE requests SET state=0 WHERE state=1 AND expires<=\(time);
            COMMIT;
            """)
    }

    func totals() throws -> (balance: Int64, held: Int64, events: Int64) {
        var statement: OpaquePointer?
        let text =
            "SELECT (SELECT SUM(balance) FROM players), (SELECT SUM(held) FROM players), (SELECT COUNT(*) FROM events)"
        sqlite3_prepare_v2(database, text, -1, &statement, nil)
        defer { sqlite3_finalize(statement) }
        guard sqlite3_step(statement) == SQLITE_ROW else { throw failure() }
        return (
            sqlite3_column_int64(statement, 0), sqlite3_column_int64(statement, 1), sqlite3_column_int64(statement, 2)
        )
    }

    // MARK: What serves them

    private enum Value {
        case text(String)
        case whole(Int64)
    }

    private func run(_ name: Statement, _ values: Value...) throws {
        let statement = bound(name, values)
        defer { sqlite3_reset(statement) }
        guard sqlite3_step(statement) == SQLITE_DONE else { throw failure() }
    }

    /// The first row's columns, all whole numbers.
    private func row(_ name: Statement, _ values: Value...) throws -> [Int64]? {
        let statement = bound(name, values)
        defer { sqlite3_reset(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return (0..<sqlite3_column_count(statement)).map { sqlite3_column_int64(statement, $0) }
        case SQLITE_DONE: return nil
        default: throw failure()
        }
    }

    private func bound(_ name: Statement, _ values: [Value]) -> OpaquePointer {
        let statement = statements[name.rawValue]
        for (index, value) in values.enumerated() {
            switch value {
            case .text(let text):
                // Copied by SQLite: its way to say so is a destructor of -1.
                sqlite3_bind_text(
                    statement, Int32(index + 1), text, -1, unsafeBitCast(-1, to: sqlite3_destructor_type.self))
            case .whole(let number): sqlite3_bind_int64(statement, Int32(index + 1), number)
            }
        }
        return statement
    }

    private func execute(_ text: String) throws {
        guard sqlite3_exec(database, text, nil, nil, nil) == SQLITE_OK else { throw failure() }
    }

    private func failure() -> RivalAbsent {
        RivalAbsent(description: "SQLite: \(String(cString: sqlite3_errmsg(database)))")
    }
}
