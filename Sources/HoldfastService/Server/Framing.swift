private import CMicrohttpd

/// How a request says where its body ends. What can be understood in two ways is refused: a proxy in front might have
/// understood the other, and taken a part of one client's body for another client's request.
struct Framing {
    private var lengths = 0
    private var codings: [String] = []

    init(of connection: OpaquePointer) {
        withUnsafeMutablePointer(to: &self) { framing in
            _ = MHD_get_connection_values(
                connection, .HEADER_KIND,
                { context, _, name, value in
                    let framing = context!.assumingMemoryBound(to: Framing.self)
                    switch name.map({ String(cString: $0).lowercased() }) {
                    case "content-length": framing.pointee.lengths += 1
                    case "transfer-encoding":
                        framing.pointee.codings.append(value.map { String(cString: $0).lowercased() } ?? "")
                    default: break
                    }
                    return .YES
                }, framing)
        }
    }

    /// Why it is not clear; nil where it is.
    var doubt: String? {
        if lengths > 1 { return "it has several Content-Lengths" }
        if codings.isEmpty { return nil }
        if lengths > 0 { return "it has both a Content-Length and a Transfer-Encoding" }
        return codings == ["chunked"] ? nil : "its Transfer-Encoding is not chunked alone"
    }
}
