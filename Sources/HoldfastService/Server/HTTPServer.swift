private import CHoldfast
private import CMicrohttpd
private import Glibc
internal import HoldfastLog

/// What a server asks for each request. All of it is called on the loop's thread, which nothing may hold up.
protocol RequestHandler: AnyObject, Sendable {
    /// The head is there: why the request is refused, if it is.
    func admit(_ exchange: Exchange) -> Problem?
    /// All of it is there. The reply may be given now, or later.
    func answer(_ exchange: Exchange)
    /// It has ended; whether its reply was sent whole.
    func ended(_ exchange: Exchange, whole: Bool)
}

/// HTTP on one thread. libmicrohttpd reads and writes sockets; when it does so is up to the loop here, which also takes in
/// what other threads have finished.
///
/// While a request waits for the ledger its connection is suspended, so no thread waits with it. Everything is touched by
/// the loop's thread alone, but for the inbox and what is constant; that is the whole of the `@unchecked`.
final class HTTPServer: @unchecked Sendable {
    private let settings: ServerSettings
    private unowned let handler: any RequestHandler
    private let inbox: LoopInbox
    private let epoll: Int32
    /// What the library was started with; it keeps the address.
    private let start: UnsafeMutablePointer<hf_http_settings>
    private var daemon: OpaquePointer!
    private var thread: WorkerThread?

    private var exchanges: [ObjectIdentifier: Exchange] = [:]
    private var peers: [UInt64: Peer] = [:]
    private var nextPeer = Mark.firstPeer
    private var bodiesBytes = 0
    /// Until when requests that are under way may end; nil while the service runs.
    private var stopsAt: Int64?
    var connections: Int { peers.count }
    private(set) var complaints = 0
    private let lastComplaint = Locked("")

    var requestsUnderWay: Int { exchanges.count }

    /// Numbers of what the loop waits for; further ones are peers that may go away.
    private enum Mark {
        static let library: UInt64 = 0
        static let inbox: UInt64 = 1
        static let firstPeer: UInt64 = 2
    }

    init(
        _ listener: Listener, _ settings: ServerSettings, tls: TLSIdentity?, handler: any RequestHandler
    ) throws {
        self.settings = settings
        self.handler = handler
        inbox = try LoopInbox()
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        start = .allocate(capacity: 1)
        start.initialize(to: hf_http_settings())
        guard epoll >= 0 else { throw ServiceError.cannotServe(reason: errorText(errno)) }
        start.pointee.socket = listener.take()
        start.pointee.connections_max = UInt32(settings.connectionsMax)
        start.pointee.idle_seconds = UInt32(settings.idleSeconds)
        start.pointee.connection_bytes = settings.connectionBytes
        start.pointee.tls_key = tls.map { UnsafePointer(strdup($0.key)) }
        start.pointee.tls_certificate = tls.map { UnsafePointer(strdup($0.certificate)) }
        start.pointee.context = Unmanaged.passUnretained(self).toOpaque()
        setCallbacks()
        daemon = hf_http_start(start)
        guard daemon != nil else {
            let reason = lastComplaint.with { $0 }
            throw ServiceError.cannotServe(reason: reason.isEmpty ? "the HTTP library does not start" : reason)
        }
        watch(hf_http_descriptor(daemon), for: EPOLLIN.rawValue, as: Mark.library)
        watch(inbox.descriptor, for: EPOLLIN.rawValue, as: Mark.inbox)
    }

    deinit {
        free(UnsafeMutablePointer(mutating: start.pointee.tls_key))
        free(UnsafeMutablePointer(mutating: start.pointee.tls_certificate))
        start.deallocate()
        if epoll >= 0 { close(epoll) }
    }

    /// Whoever is asked for each request is there for as long as the loop runs.
    func run() {
        thread = WorkerThread(name: "hf-http") { [self, handler] in withExtendedLifetime(handler) { loop() } }
    }

    /// From any thread: does something on the loop's thread. What comes after its end is dropped.
    func post(_ work: @escaping @Sendable () -> Void) { inbox.post(work) }

    /// From any thread: takes no new connections and no new requests, and ends once those under way are answered, or the
    /// time is over.
    func stop(within nanoseconds: Int64) {
        post { [self] in
            guard stopsAt == nil else { return }
            stopsAt = hf_monotonic_ns() + nanoseconds
            close(MHD_quiesce_daemon(daemon))
            for exchange in exchanges.values { exchange.stream?.windUp() }
        }
    }

    /// Waits for the end that `stop` brings.
    func join() {
        thread?.join()
        thread = nil
    }

    // MARK: The loop

    private func loop() {
        hf_prompt_thread()
        var events = [epoll_event](repeating: epoll_event(), count: 64)
        while true {
            let count = epoll_wait(epoll, &events, Int32(events.count), waitMilliseconds())
            for event in events[..<max(0, Int(count))] {
                switch event.data.u64 {
                case Mark.library: break
                case Mark.inbox: inbox.work()
                case let number: peerWentAway(number)
                }
            }
            MHD_run(daemon)
            if let stopsAt, exchanges.isEmpty || hf_monotonic_ns() >= stopsAt { break }
        }
        end()
    }

    private func waitMilliseconds() -> Int32 {
        var timeout: UInt64 = 0
        var wait: Int32 = MHD_get_timeout(daemon, &timeout) == .YES ? Int32(min(timeout, 1_000)) : 1_000
        if stopsAt != nil { wait = min(wait, 20) }
        return wait
    }

    /// The library must not be stopped while connections are suspended.
    private func end() {
        for exchange in exchanges.values where exchange.phase != .over {
            exchange.stream?.breakOff(.stopping)
            if exchange.ready == nil { exchange.ready = Problem.stopping.reply }
            resume(exchange)
        }
        // What they end with is written in a few turns.
        for _ in 0..<4 { MHD_run(daemon) }
        MHD_stop_daemon(daemon)
        inbox.close()
    }

    private func watch(_ descriptor: Int32, for events: UInt32, as number: UInt64) {
        var event = epoll_event(events: events, data: epoll_data_t(u64: number))
        epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event)
    }

    // MARK: Connections

    /// The library hears of a peer's end where it comes by itself, but not where it came together with the last bytes, nor
    /// while the connection is suspended. So all of them are watched from here too.
    private func connected(_ connection: OpaquePointer) -> UInt64 {
        let number = nextPeer
        nextPeer += 1
        let peer = Peer(connection, hf_http_socket(connection))
        peers[number] = peer
        Self.noticeDeadPeers(peer.descriptor)
        watch(peer.descriptor, for: EPOLLRDHUP.rawValue | EPOLLET.rawValue, as: number)
        return number
    }

    /// Whoever only half closes is taken for gone: from here the two look alike, and the library closes its side as soon as
    /// it finds the end. What it was sending breaks off.
    private func peerWentAway(_ number: UInt64) {
        guard let peer = peers[number] else { return }
        peer.isGone = true
        if let waiting = peer.waiting {
            waiting.stream?.windUp()
        } else {
            // A connection that is resumed is looked at again, and its end found.
            MHD_suspend_connection(peer.connection)
            MHD_resume_connection(peer.connection)
        }
    }

    func suspend(_ exchange: Exchange) {
        MHD_suspend_connection(exchange.connection)
        exchange.peer?.waiting = exchange
        exchange.isSuspended = true
    }

    func resume(_ exchange: Exchange) {
        guard exchange.phase != .over, exchange.isSuspended else { return }
        exchange.peer?.waiting = nil
        exchange.isSuspended = false
        MHD_resume_connection(exchange.connection)
    }

    func header(_ name: String, of connection: OpaquePointer) -> String? {
        MHD_lookup_connection_value(connection, .HEADER_KIND, name).flatMap { String(validatingCString: $0) }
    }

    // MARK: What the library calls

    private func setCallbacks() {
        start.pointee.begin = { context, target, connection in
            let server = HTTPServer.of(context)
            let text = target.flatMap { String(validatingCString: $0) } ?? ""
            let peer = server.peers[hf_http_peer(connection!)]
            let exchange = Exchange(connection!, peer, text, server)
            server.exchanges[ObjectIdentifier(exchange)] = exchange
            return Unmanaged.passRetained(exchange).toOpaque()
        }
        start.pointee.handle = { context, _, _, method, _, data, size, request in
            guard let request = request?.pointee else { return .NO }
            let exchange = Unmanaged<Exchange>.fromOpaque(request).takeUnretainedValue()
            let bytes = UnsafeRawBufferPointer(start: data, count: size!.pointee)
            size!.pointee = 0
            return HTTPServer.of(context).handle(exchange, method.map { String(cString: $0) } ?? "", bytes)
        }
        start.pointee.end = { context, _, request, reason in
            guard let pointer = request?.pointee else { return }
            request!.pointee = nil
            let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
            HTTPServer.of(context).ended(exchange, whole: reason == .REQUEST_TERMINATED_COMPLETED_OK)
        }
        start.pointee.connected = { context, connection, number, code in
            let server = HTTPServer.of(context)
            if code == .CONNECTION_NOTIFY_STARTED {
                number!.pointee = UnsafeMutableRawPointer(bitPattern: UInt(server.connected(connection!)))
            } else {
                server.peers[UInt64(UInt(bitPattern: number!.pointee))] = nil
            }
        }
        start.pointee.complain = { context, text in
            let server = HTTPServer.of(context)
            let line = text.map { String(cString: $0) } ?? ""
            server.lastComplaint.with { $0 = String(line.prefix { $0 != "\n" && $0 != "." }) }
            server.complaints += 1
        }
    }

    private static func of(_ context: UnsafeMutableRawPointer?) -> HTTPServer {
        Unmanaged<HTTPServer>.fromOpaque(context!).takeUnretainedValue()
    }

    /// A client whose machine is gone sends nothing any more, not even an end.
    private static func noticeDeadPeers(_ socket: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(socket, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
        set(Int32(IPPROTO_TCP), TCP_KEEPCNT, 3)
    }

    private func handle(_ exchange: Exchange, _ method: String, _ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        switch exchange.phase {
        case .fresh:
            exchange.method = method
            exchange.phase = .receiving
            if let doubt = Framing(of: exchange.connection).doubt {
                exchange.ready = Problem.badRequest(doubt).reply.with("Connection", "close")
                return sendReply(of: exchange)
            }
            exchange.refusal = stopsAt == nil ? handler.admit(exchange) : .stopping
            return refuseWhatIsTooLarge(exchange)
        case .receiving where bytes.count > 0: return receive(bytes, exchange)
        case .receiving:
            exchange.phase = .waiting
            if exchange.isTooLarge { exchange.refusal = tooLarge }
            if let refusal = exchange.refusal { exchange.ready = refusal.reply } else { handler.answer(exchange) }
            if exchange.ready == nil {
                suspend(exchange)
                return .YES
            }
            return sendReply(of: exchange)
        case .waiting: return sendReply(of: exchange)
        case .replied, .over: return .NO
        }
    }

    private var tooLarge: Problem {
        .tooLarge("a body has at most \(settings.bodyBytesMax) bytes; send what is more in further requests")
    }

    /// What says that it is too large is not read at all; then the connection ends with the reply.
    private func refuseWhatIsTooLarge(_ exchange: Exchange) -> MHD_Result {
        guard let declared = exchange.header("Content-Length").flatMap({ UInt64($0) }),
            declared > UInt64(settings.bodyBytesMax)
        else { return .YES }
        exchange.ready = (exchange.refusal ?? tooLarge).reply.with("Connection", "close")
        return sendReply(of: exchange)
    }

    private func receive(_ bytes: UnsafeRawBufferPointer, _ exchange: Exchange) -> MHD_Result {
        exchange.bytesReceived += bytes.count
        if exchange.bytesReceived > settings.bodyBytesMax {
            drop(exchange)
            exchange.isTooLarge = true
            // Read on for a while, so that the client gets to hear why.
            return exchange.bytesReceived > 4 * settings.bodyBytesMax ? .NO : .YES
        }
        if exchange.refusal != nil { return .YES }
        if bodiesBytes + bytes.count > settings.bodiesBytesMax {
            drop(exchange)
            exchange.refusal = .overloaded("the requests under way take all the memory that they may; try again")
            return .YES
        }
        bodiesBytes += bytes.count
        exchange.body.append(contentsOf: bytes)
        return .YES
    }

    private func drop(_ exchange: Exchange) {
        bodiesBytes -= exchange.body.count
        exchange.body = []
    }

    private func sendReply(of exchange: Exchange) -> MHD_Result {
        guard let reply = exchange.ready, let response = response(reply, to: exchange) else { return .NO }
        defer {
            MHD_destroy_response(response)
            // The library has its own copy, and the rest is not wanted any more.
            exchange.ready = nil
            drop(exchange)
        }
        exchange.phase = .replied
        exchange.status = reply.status
        MHD_add_response_header(response, "Content-Type", reply.type.rawValue)
        for (name, value) in reply.headers { MHD_add_response_header(response, name, value) }
        if stopsAt != nil, !reply.headers.contains(where: { $0.name == "Connection" }) {
            MHD_add_response_header(response, "Connection", "close")
        }
        return MHD_queue_response(exchange.connection, UInt32(reply.status), response)
    }

    private func response(_ reply: Reply, to exchange: Exchange) -> OpaquePointer? {
        switch reply.body {
        case .bytes(let bytes):
            exchange.bytesSent = bytes.count
            // The library keeps them until the client has taken them.
            bodiesBytes += bytes.count
            exchange.replyBytes = bytes.count
            return bytes.withUnsafeBytes {
                MHD_create_response_from_buffer(
                    $0.count, UnsafeMutableRawPointer(mutating: $0.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .stream(let source, let first):
            let stream = ReplyStream(source, first: first, for: exchange)
            exchange.stream = stream
            if stopsAt != nil { stream.windUp() }
            return MHD_create_response_from_callback(
                UInt64.max, 32 << 10,
                { stream, _, buffer, size in
                    Unmanaged<ReplyStream>.fromOpaque(stream!).takeUnretainedValue().read(
                        into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
                }, Unmanaged.passRetained(stream).toOpaque(),
                { Unmanaged<ReplyStream>.fromOpaque($0!).release() })
        }
    }

    private func ended(_ exchange: Exchange, whole: Bool) {
        exchange.stream?.breakOff()
        drop(exchange)
        bodiesBytes -= exchange.replyBytes
        handler.ended(exchange, whole: whole)
        exchange.phase = .over
        exchange.stream = nil
        exchanges[ObjectIdentifier(exchange)] = nil
    }
}
