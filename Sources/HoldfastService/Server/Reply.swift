internal import HoldfastText

/// What a request is answered with.
struct Reply: Sendable {
    enum Body: Sendable {
        case bytes([UInt8])
        /// Comes piece by piece; how many pieces nobody knows yet.
        case stream(any ReplySource, first: [UInt8])
    }

    enum ContentType: String, Sendable {
        case json = "application/json"
        case lines = "application/x-ndjson"
        case metrics = "text/plain; version=0.0.4; charset=utf-8"
    }

    var status: Int
    var type: ContentType
    var headers: [(name: String, value: String)] = []
    var body: Body

    init(status: Int = 200, _ type: ContentType, _ bytes: [UInt8]) {
        self.status = status
        self.type = type
        body = .bytes(bytes)
    }

    init(status: Int = 200, _ json: borrowing JSONWriter, _ type: ContentType = .json) {
        self.init(status: status, type, json.withBytes { Array($0) })
    }

    init(streaming source: any ReplySource, first: [UInt8]) {
        status = 200
        type = .lines
        body = .stream(source, first: first)
    }

    func with(_ name: String, _ value: String) -> Reply {
        var copy = self
        copy.headers.append((name, value))
        return copy
    }
}

/// The body of a reply that comes piece by piece. One piece is asked for at a time, by a task that is cancelled when the
/// client goes away or the service stops.
protocol ReplySource: Sendable {
    /// Nil once all is sent.
    func next() async throws -> [UInt8]?
}
