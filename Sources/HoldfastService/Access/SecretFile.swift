private import Glibc
internal import HoldfastLog

/// Small files that the service is told to read.
enum SecretFile {
    /// Read whole. With `mustBePrivate` nobody but its owner may have rights to it.
    static func text(_ path: String, mustBePrivate: Bool) throws(ServiceError) -> String {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .cannotRead(file: path, reason: errorText(errno)) }
        if mustBePrivate, status.st_mode & 0o077 != 0 {
            throw .notPrivate(file: path, mode: String(status.st_mode & 0o777, radix: 8))
        }
        let bytes: [UInt8]?
        do throws(DiskFailure) {
            bytes = try RealDisk().readWhole(path)
        } catch {
            throw .cannotRead(file: path, reason: errorText(error.errno))
        }
        guard let bytes, let text = String(validating: bytes, as: UTF8.self) else {
            throw .cannotRead(file: path, reason: "it is not valid UTF-8")
        }
        return text
    }
}

extension TLSIdentity {
    init(_ files: ServiceConfiguration.TLSFiles) throws(ServiceError) {
        certificate = try SecretFile.text(files.certificate, mustBePrivate: false)
        key = try SecretFile.text(files.key, mustBePrivate: false)
    }
}
