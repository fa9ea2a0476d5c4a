import Glibc

/// Why a stream stopped.
package enum StreamError: Error, Equatable, CustomStringConvertible {
    /// Whoever read our output has gone: `holdfast events DIR | head`. No fault, but nothing more will arrive.
    case readerWentAway
    case failed(SystemError)

    init(_ error: SystemError) {
        self = error.call == "write" && error.code == EPIPE ? .readerWentAway : .failed(error)
    }

    package var description: String {
        switch self {
        case .readerWentAway: "the reader of our output went away"
        case .failed(let error): error.description
        }
    }
}
