import HoldfastText

@testable import Holdfast
@testable import HoldfastAudit

/// What a writer of bytes wrote.
func written(_ body: (inout BufferedWriter) throws -> Void) throws -> String {
    final class Sink {
        var bytes: [UInt8] = []
    }
    let sink = Sink()
    var output = BufferedWriter { bytes throws(SystemError) in
        sink.bytes += Array(bytes)
        return bytes.count
    }
    try body(&output)
    try output.flush()
    return String(decoding: sink.bytes, as: UTF8.self)
}

extension LedgerExport {
    static func text(of files: LedgerFiles, _ selection: EventSelection = .init(), as format: Format) throws -> String {
        try written { try LedgerExport(files, selection, as: format).write(to: &$0) }
    }
}
