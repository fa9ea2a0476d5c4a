private import CHoldfast
internal import HoldfastLog

/// One request and what becomes of it. Everything of it is touched by the loop's thread alone, except `later`, whose
/// result other threads complete; that is the whole of the `@unchecked`.
final class Exchange: @unchecked Sendable {
    enum Phase {
        /// Its head was read.
        case fresh
        /// Its body comes.
        case receiving
        /// The service works on it, elsewhere.
        case waiting
        /// Its reply is on its way.
        case replied
        /// It has ended, with the connection or by itself.
        case over
    }

    let connection: OpaquePointer
    let peer: Peer?
    /// Nil where it could not be taken apart.
    let target: RequestTarget?
    let rawTarget: String
    let began = hf_monotonic_ns()
    let server: HTTPServer
    var method = ""
    var phase = Phase.fresh
    /// What it is refused with once its body has come.
    var refusal: Problem?
    var body: [UInt8] = []
    var bytesReceived = 0
    /// Of a reply that is on its way.
    var replyBytes = 0
    var isSuspended = false
    /// More came than may.
    var isTooLarge = false
    var ready: Reply?
    var stream: ReplyStream?
    /// What it was answered with.
    var status = 0
    var bytesSent = 0
    /// What the service notes about it.
    var match: Route.Match?
    var route: Route { match?.route ?? .unknown }
    var token: String?
    var rights: Set<Right> = []
    /// One of the streams that there are only so many of at a time.
    var isStream = false
    var isEndless = false

    init(_ connection: OpaquePointer, _ peer: Peer?, _ target: String, _ server: HTTPServer) {
        self.connection = connection
        self.peer = peer
        rawTarget = target
        self.target = RequestTarget(target)
        self.server = server
    }

    /// On the loop's thread: the reply is there.
    func reply(_ reply: Reply) {
        guard phase != .over, ready == nil else { return }
        ready = reply
        if phase == .waiting { server.resume(self) }
    }

    func refuse(_ problem: Problem) { reply(problem.reply) }

    /// From any thread: goes on with it on the loop's thread.
    func later(_ body: @escaping @Sendable (Exchange) -> Void) {
        server.post { [self] in body(self) }
    }

    func header(_ name: String) -> String? { server.header(name, of: connection) }
}
