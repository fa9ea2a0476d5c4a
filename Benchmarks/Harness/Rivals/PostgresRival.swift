/// The same wallet in PostgreSQL: the tables of `SQLiteRival`, and a stored procedure that decides a command in one
/// round trip and one durable transaction.
enum PostgresRival {
    static let schema = """
        CREATE TABLE players(key text PRIMARY KEY, balance bigint NOT NULL, held bigint NOT NULL) WITH (fillfactor=70);
        CREATE TABLE requests(key text, request text, kind int, amount bigint, state int, expires bigint,
            PRIMARY KEY(key, request)) WITH (fillfactor=70);
        CREATE TABLE events(position bigserial PRIMARY KEY, key text, request text, target text, kind int,
            amount bigint, at bigint);
        CREATE FUNCTION transact(k text, r text, t text, op int, a bigint, now bigint) RETURNS int
        LANGUAGE plpgsql AS $$
        DECLARE funds players; hold requests; moved bigint := 0; reserved bigint := 0; outcome int := 0; st int := 0;
        BEGIN
            -- The player's row is the lock under which everything of theirs is decided.
            SELECT * INTO funds FROM players WHERE key = k FOR UPDATE;
            PERFORM 1 FROM requests WHERE key = k AND request = r;
            IF FOUND THEN RETURN 2; END IF;
            IF op = 3 THEN moved := a;
            ELSIF op = 4 OR op = 0 THEN
                IF funds.balance - funds.held < a THEN outcome := 1; st := 2;
                ELSIF op = 4 THEN moved := -a;
                ELSE reserved := a; st := 1; END IF;
            ELSE
                SELECT * INTO hold FROM requests WHERE key = k AND request = t;
                IF hold.state = 1 AND hold.expires > now THEN
                    a := hold.amount; reserved := -a;
                    IF op = 1 THEN moved := -a; END IF;
                    UPDATE requests SET state = 0 WHERE key = k AND request = t;
                ELSE outcome := 1; st := 2; a := 0; END IF;
            END IF;
            IF outcome = 0 THEN
                UPDATE players SET balance = balance + moved, held = held + reserved WHERE key = k;
            END IF;
            INSERT INTO requests VALUES(k, r, op, a, st, CASE WHEN st = 1 THEN now + 30000 ELSE 0 END);
            INSERT INTO events(key, request, target, kind, amount, at) VALUES(k, r, t, op, a, now);
            RETURN outcome;
        END $$;
        """

    static func expire(by time: Int64) -> String {
        """
        BEGIN;
        INSERT INTO events(key, request, target, kind, amount, at)
            SELECT key, '', request, 9, amount, expires FROM requests WHERE state = 1 AND expires <= \(time);
        UPDATE players SET held = held - due.amount
            FROM (SELECT key, SUM(amount) AS amount FROM requests WHERE state = 1 AND expires <= \(time) GROUP BY key) due
            WHERE players.key = due.key;
        UPDATE requests SET state = 0 WHERE state = 1 AND expires <= \(time);
        COMMIT;
        """
    }

    static func values(_ command: DayCommand, _ key: String) -> [String] {
        [
            key, RivalWork.name(ofRequest: command.request),
            command.target == 0 ? "" : RivalWork.name(ofRequest: command.target), String(command.kind.rawValue),
            String(command.amount), String(command.at),
        ]
    }
}
