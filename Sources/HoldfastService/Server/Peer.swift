/// The other side of a connection. On the loop's thread.
final class Peer {
    let connection: OpaquePointer
    let descriptor: Int32
    /// It will send no more: it has closed its side, or all of it.
    var isGone = false
    /// The request for which the connection is suspended.
    var waiting: Exchange?

    init(_ connection: OpaquePointer, _ descriptor: Int32) {
        self.connection = connection
        self.descriptor = descriptor
    }
}
