/// What a backup holds: the file `backup` in it, lines of text, replaced as a whole when a backup is complete. Nothing
/// that it does not name belongs to the backup.
package struct BackupManifest: Sendable, Equatable {
    /// The id of the log, in hexadecimal.
    package let log: String
    /// The kind of store.
    package let kind: String
    package internal(set) var files: [StoredFile] = []
    /// What `trimmed` says of each lane that has lost its beginning, as it stands in that file.
    var trimmed: [Int: [UInt8]] = [:]
    /// Of named consumers, at the newest point.
    var checkpoints: [String: UInt64] = [:]
    /// The moments at which backups were made, oldest first.
    package internal(set) var points: [BackupPoint] = []

    /// One file of the copy.
    package struct StoredFile: Sendable, Equatable {
        /// Within the folder `log` of the backup, and within the log that is restored.
        package let path: String
        /// How much of it counts; a segment that is being filled may be longer.
        package let bytes: UInt64
        /// SHA-256 of so much.
        package let digest: Digest
        /// A segment that will grow.
        let isPartial: Bool
    }

    static let fileName = "backup"

    func file(_ path: String) -> StoredFile? { files.first { $0.path == path } }

    mutating func replace(_ file: StoredFile) {
        if let index = files.firstIndex(where: { $0.path == file.path }) {
            files[index] = file
        } else {
            files.append(file)
        }
    }
}

/// A moment at which the log was backed up.
package struct BackupPoint: Sendable, Equatable {
    /// When the backup was made, by the clock of the machine that made it.
    package let taken: Int64
    package let lanes: [Lane]

    package struct Lane: Sendable, Equatable {
        package let tail: LogTail
        /// The first segment that the log had then.
        package let firstSegment: UInt64
        /// The newest snapshot whose state lay wholly before `tail`, and up to where it reached.
        let snapshot: Snapshot?
    }

    struct Snapshot: Sendable, Equatable {
        let name: String
        let end: UInt64
    }

    /// Of the last event.
    package var position: UInt64 { (lanes.map(\.tail.nextPosition).max() ?? 1) - 1 }
    /// Of the last batch.
    package var time: Int64 { lanes.map(\.tail.time).max() ?? 0 }
}

// MARK: As text

extension BackupManifest {
    /// Lines of words; the last one is the SHA-256 of all before it.
    var text: String {
        var lines = ["holdfast-backup 1", "log \(log)", "kind \(kind)"]
        for file in files.sorted(by: { $0.path < $1.path }) {
            lines.append(
                "file \(file.digest.hexadecimal) \(file.bytes) \(file.isPartial ? "partial" : "whole") \(file.path)")
        }
        for (lane, payload) in trimmed.sorted(by: { $0.key < $1.key }) {
            lines.append("trimmed \(lane) \(Hexadecimal.text(payload))")
        }
        for (name, position) in checkpoints.sorted(by: { $0.key < $1.key }) {
            lines.append("checkpoint \(name) \(position)")
        }
        for point in points {
            lines.append("point \(point.taken)")
            for lane in point.lanes {
                let tail = lane.tail
                lines.append(
                    "lane \(lane.firstSegment) \(tail.address) \(tail.number) \(tail.hash.hexadecimal) \(tail.round) "
                        + "\(tail.nextPosition) \(tail.time) \(lane.snapshot.map { "\($0.name) \($0.end)" } ?? "- 0")")
            }
        }
        let body = lines.map { $0 + "\n" }.joined()
        let sum = Array(body.utf8).withUnsafeBytes { Digest.sha256($0) }
        return body + "sha256 \(sum.hexadecimal)\n"
    }

    init(reading bytes: [UInt8], at path: String) throws(LogError) {
        func unreadable(_ why: String) -> LogError {
            .invalid(argument: path, reason: "\(why); take the file from another copy of the backup")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw unreadable("it is no text") }
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == "holdfast-backup 1" else {
            let isNewer = lines.first?.hasPrefix("holdfast-backup ") ?? false
            throw unreadable(isNewer ? "a newer Holdfast wrote it" : "it is not the list of a backup")
        }
        guard lines.popLast() == "", let last = lines.popLast(), last.hasPrefix("sha256 ") else {
            throw unreadable("its end is missing")
        }
        let body = bytes[..<(bytes.count - last.utf8.count - 1)]
        let sum = Array(body).withUnsafeBytes { Digest.sha256($0) }
        guard last == "sha256 \(sum.hexadecimal)" else { throw unreadable("it does not match its own SHA-256") }
        guard let manifest = Self(lines.dropFirst().map { $0.split(separator: " ", maxSplits: 8) }) else {
            throw unreadable("a line of it can't be read")
        }
        guard manifest.isPossible else { throw unreadable("it names files or moments that no backup has") }
        self = manifest
    }

    private init?(_ lines: [[Substring]]) {
        var rest = lines[...]
        guard let log = rest.popFirst(), log.count == 2, let kind = rest.popFirst(), kind.first == "kind" else {
            return nil
        }
        self.init(log: String(log[1]), kind: kind.dropFirst().joined(separator: " "))
        var point: (taken: Int64, lanes: [BackupPoint.Lane])?
        for words in rest {
            if let begun = point, words.first != "lane" {
                points.append(BackupPoint(taken: begun.taken, lanes: begun.lanes))
                point = nil
            }
            switch (words.first, words.count) {
            case ("file", 5):
                guard let digest = Digest(hexadecimal: String(words[1])), let bytes = UInt64(words[2]) else {
                    return nil
                }
                files.append(
                    StoredFile(path: String(words[4]), bytes: bytes, digest: digest, isPartial: words[3] == "partial"))
            case ("trimmed", 3):
                guard let lane = Int(words[1]), let payload = Hexadecimal.bytes(String(words[2])) else { return nil }
                trimmed[lane] = payload
            case ("checkpoint", 3):
                guard let position = UInt64(words[2]) else { return nil }
                checkpoints[String(words[1])] = position
            case ("point", 2):
                guard let taken = Int64(words[1]) else { return nil }
                point = (taken, [])
            case ("lane", 9):
                guard let lane = BackupPoint.Lane(words) else { return nil }
                point?.lanes.append(lane)
            default: return nil
            }
        }
        if let point { points.append(BackupPoint(taken: point.taken, lanes: point.lanes)) }
    }
}

// MARK: What it may say

extension BackupManifest {
    /// A list comes with the backup, from wherever that comes. What it names is read from there, written where a log is
    /// restored, and removed with old points: so no name may lead anywhere else.
    private var isPossible: Bool {
        let lanes = Set(points.map(\.lanes.count))
        return lanes.count <= 1 && files.allSatisfy { Self.staysWithin($0.path) && $0.bytes < Self.fileBytesMax }
            && checkpoints.keys.allSatisfy { Checkpoint.isName($0) }
            && points.allSatisfy { $0.lanes.allSatisfy(\.isPossible) }
    }

    /// As many as that can be added up.
    private static var fileBytesMax: UInt64 { Limits.countMax >> 20 }

    private static func staysWithin(_ path: String) -> Bool {
        path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !["", ".", ".."].contains($0) }
    }
}

extension BackupPoint.Lane {
    fileprivate var isPossible: Bool {
        tail.address | tail.number | tail.round | tail.nextPosition | firstSegment < Limits.countMax
            && Limits.timesPossible.contains(tail.time) && (snapshot.map { SnapshotFile.start($0.name) != nil } ?? true)
    }

    fileprivate init?(_ words: [Substring]) {
        let end = words[8].split(separator: " ")
        guard let first = UInt64(words[1]), let address = UInt64(words[2]), let number = UInt64(words[3]),
            let hash = Digest(hexadecimal: String(words[4])), let round = UInt64(words[5]),
            let position = UInt64(words[6]), let time = Int64(words[7]), end.count == 2, let reach = UInt64(end[1])
        else { return nil }
        tail = LogTail(
            address: address, number: number, hash: hash, round: round, nextPosition: position, time: time)
        firstSegment = first
        snapshot = end[0] == "-" ? nil : BackupPoint.Snapshot(name: String(end[0]), end: reach)
    }
}
