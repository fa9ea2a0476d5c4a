private import CMicrohttpd
internal import HoldfastLog

/// Sends what a source gives, as fast as the client takes it: one piece is in memory, and the next is asked for when it is
/// gone. On the loop's thread; the source works elsewhere.
final class ReplyStream {
    private let source: any ReplySource
    private let exchange: Exchange
    private var piece: [UInt8]
    private var sent = 0
    private var work: Task<Void, Never>?
    private var hasEnded = false
    private var failure: (any Error)?

    init(_ source: any ReplySource, first: [UInt8], for exchange: Exchange) {
        self.source = source
        self.exchange = exchange
        piece = first
    }

    /// What to say of it in the log, where it broke off.
    var trouble: String? { failure.map { "\($0)" } }

    /// Gives bytes to the library: how many, or its marks for the end and for a failure. Without any the connection is
    /// suspended until there are some.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        if sent < piece.count {
            let count = min(buffer.count, piece.count - sent)
            piece.withUnsafeBytes { buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[sent..<sent + count])) }
            sent += count
            exchange.bytesSent += count
            return count
        }
        if failure != nil { return Self.endWithError }
        if hasEnded { return Self.end }
        fetch()
        return 0
    }

    /// MHD_CONTENT_READER_END_OF_STREAM and _END_WITH_ERROR, which are macros with casts.
    private static let end = -1
    private static let endWithError = -2

    private func fetch() {
        exchange.server.suspend(exchange)
        let (source, exchange) = (source, exchange)
        work = Task(executorPreference: WorkThreads.reads) {
            let result: Result<[UInt8]?, any Error>
            do { result = .success(try await source.next()) } catch { result = .failure(error) }
            exchange.later { $0.stream?.take(result) }
        }
        if exchange.peer?.isGone == true { windUp() }
    }

    private func take(_ result: Result<[UInt8]?, any Error>) {
        work = nil
        sent = 0
        switch result {
        case .success(let next?): piece = next
        case .success(nil):
            piece = []
            hasEnded = true
        case .failure(let error):
            piece = []
            failure = error
        }
        exchange.server.resume(exchange)
    }

    /// The service stops, or the client sends no more: what would never end by itself does so now, and the rest goes on.
    func windUp() {
        guard exchange.isEndless else { return }
        hasEnded = true
        work?.cancel()
    }

    /// There is no more time, or nobody to send to. What lacks something must not look as if it were whole.
    func breakOff(_ why: Problem? = nil) {
        if !hasEnded, failure == nil, let why {
            piece = []
            failure = why
        }
        work?.cancel()
    }
}
