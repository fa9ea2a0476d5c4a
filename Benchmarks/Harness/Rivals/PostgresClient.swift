private import Glibc

/// As much of libpq as is needed here, found when it is asked for: the program runs without it.
struct PostgresLibrary: @unchecked Sendable {
    // @unchecked: addresses of functions, and nothing else.
    typealias Connection = OpaquePointer
    typealias Answer = OpaquePointer
    typealias Text = UnsafePointer<CChar>

    let connect: @convention(c) (Text) -> Connection?
    let status: @convention(c) (Connection) -> Int32
    let message: @convention(c) (Connection) -> Text?
    let execute: @convention(c) (Connection, Text) -> Answer?
    let prepare: @convention(c) (Connection, Text, Text, Int32, UnsafeRawPointer?) -> Answer?
    let executePrepared:
        @convention(c) (
            Connection, Text, Int32, UnsafePointer<Text?>, UnsafePointer<Int32>?, UnsafePointer<Int32>?, Int32
        ) -> Answer?
    let resultStatus: @convention(c) (Answer) -> Int32
    let value: @convention(c) (Answer, Int32, Int32) -> Text?
    let clear: @convention(c) (Answer) -> Void
    let finish: @convention(c) (Connection) -> Void

    init() throws {
        guard let library = dlopen("libpq.so.5", RTLD_NOW) else {
            throw RivalAbsent(description: "PostgreSQL's client library is not installed (apt-get install libpq5)")
        }
        func function<Function>(_ name: String, as type: Function.Type) throws -> Function {
            guard let address = dlsym(library, name) else {
                throw RivalAbsent(description: "PostgreSQL's client library has no \(name)")
            }
            return unsafeBitCast(address, to: type)
        }
        connect = try function("PQconnectdb", as: (@convention(c) (Text) -> Connection?).self)
        status = try function("PQstatus", as: (@convention(c) (Connection) -> Int32).self)
        message = try function("PQerrorMessage", as: (@convention(c) (Connection) -> Text?).self)
        execute = try function("PQexec", as: (@convention(c) (Connection, Text) -> Answer?).self)
        prepare = try function(
            "PQprepare", as: (@convention(c) (Connection, Text, Text, Int32, UnsafeRawPointer?) -> Answer?).self)
        executePrepared = try function(
            "PQexecPrepared",
            as: (@convention(c) (
                Connection, Text, Int32, UnsafePointer<Text?>, UnsafePointer<Int32>?, UnsafePointer<Int32>?, Int32
            ) -> Answer?).self)
        resultStatus = try function("PQresultStatus", as: (@convention(c) (Answer) -> Int32).self)
        value = try function("PQgetvalue", as: (@convention(c) (Answer, Int32, Int32) -> Text?).self)
        clear = try function("PQclear", as: (@convention(c) (Answer) -> Void).self)
        finish = try function("PQfinish", as: (@convention(c) (Connection) -> Void).self)
    }
}

/// One connection, for one thread at a time.
final class PostgresClient {
    private let library: PostgresLibrary
    private let connection: OpaquePointer

    init(_ library: PostgresLibrary, _ address: String) throws {
        self.library = library
        guard let connection = library.connect(address) else {
            throw RivalAbsent(description: "PostgreSQL: no connection")
        }
        guard library.status(connection) == 0 else {
            let message = library.message(connection).map { String(cString: $0) } ?? ""
            library.finish(connection)
            throw RivalAbsent(description: "PostgreSQL: \(message)")
        }
        self.connection = connection
    }

    deinit { library.finish(connection) }

    /// Runs statements; the first column of the first row, if there is one.
    @discardableResult
    func execute(_ text: String) throws -> String? { try taken(library.execute(connection, text)) }

    func prepare(_ name: String, _ text: String) throws {
        try taken(library.prepare(connection, name, text, 0, nil))
    }

    func run(_ name: String, _ values: [String]) throws -> String? {
        let copies = values.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        let pointers = copies.map { UnsafePointer<CChar>($0) as UnsafePointer<CChar>? }
        return try taken(library.executePrepared(connection, name, Int32(values.count), pointers, nil, nil, 0))
    }

    @discardableResult
    private func taken(_ answer: OpaquePointer?) throws -> String? {
        guard let answer else { throw failure() }
        defer { library.clear(answer) }
        // 1 is a command that was done, 2 one that gave rows.
        let status = library.resultStatus(answer)
        guard status == 1 || status == 2 else { throw failure() }
        return status == 2 ? library.value(answer, 0, 0).map { String(cString: $0) } : nil
    }

    private func failure() -> RivalAbsent {
        RivalAbsent(
            description: "PostgreSQL: \(library.message(connection).map { String(cString: $0) } ?? "no answer")")
    }
}
