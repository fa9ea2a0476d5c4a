package import HoldfastLog

/// One committed change of the archive: the files that it added and those that it removed. Together with all before
/// it, it says which files the archive consists of.
package struct Snapshot: Sendable, Equatable {
    package static let formatVersion: Int64 = 1

    package enum Operation: String, Sendable, CaseIterable {
        /// Rows came from the tables.
        case append
        /// The same rows in other files: a merge.
        case replace
        /// The rows lost references: an erasure.
        case overwrite
    }

    package var tableUUID: String
    package var id: Int64
    package var parentID: Int64?
    /// SHA-256 of the parent's file.
    package var parentHash: Digest?
    package var sequence: UInt64
    package var timestamp: Int64
    /// The time by which a run counted ages, which may be one that it was given; nil of what is no run.
    package var asOf: Int64?
    package var operation: Operation
    /// In the file's name: the shard that the rows came from, or what was done.
    package var label: String
    package var added: [DataFile]
    /// Paths of files that are no longer part of the archive.
    package var removed: [RemovedFile]
    package var log: LogCover?
    package var erasure: Erasure?

    package struct RemovedFile: Sendable, Equatable {
        package let path: String
        package let rows: Int
        package let fileBytes: UInt64
        package let setHash: RowSetHash

        package init(_ file: DataFile) {
            self.init(path: file.path, rows: file.facts.rows, fileBytes: file.fileBytes, setHash: file.facts.setHash)
        }

        package init(path: String, rows: Int, fileBytes: UInt64, setHash: RowSetHash) {
            self.path = path
            self.rows = rows
            self.fileBytes = fileBytes
            self.setHash = setHash
        }
    }

    /// What the ledger's log was when the rows were taken: its hash chains cover every event up to the position.
    package struct LogCover: Sendable, Equatable {
        package let log: String
        package let lastPosition: UInt64
        package let lanes: [Lane]

        package struct Lane: Sendable, Equatable {
            package let lane: Int
            package let address: UInt64
            package let chain: Digest
            /// The newest sealed segment then, if there is one.
            package let sealed: Sealed?

            package init(lane: Int, address: UInt64, chain: Digest, sealed: Sealed? = nil) {
                self.lane = lane
                self.address = address
                self.chain = chain
                self.sealed = sealed
            }
        }

        /// What a sealed segment came down to: a proof leads from any event up to its end to `chained`, and goes on
        /// doing so once the segment itself was given up.
        package struct Sealed: Sendable, Equatable {
            package let number: UInt64
            package let firstPosition: UInt64
            package let events: UInt64
            package let root: Digest
            package let chained: Digest

            package init(number: UInt64, firstPosition: UInt64, events: UInt64, root: Digest, chained: Digest) {
                self.number = number
                self.firstPosition = firstPosition
                self.events = events
                self.root = root
                self.chained = chained
            }

            package init(_ root: SegmentRoot) {
                self.init(
                    number: root.number, firstPosition: root.firstPosition, events: root.eventCount, root: root.root,
                    chained: root.chained)
            }
        }

        package init(log: String, lastPosition: UInt64, lanes: [Lane]) {
            self.log = log
            self.lastPosition = lastPosition
            self.lanes = lanes
        }
    }

    package struct Erasure: Sendable, Equatable {
        package let tenant: String
        /// Nil for the whole tenant.
        package let player: String?
        package let rows: Int

        package init(tenant: String, player: String?, rows: Int) {
            self.tenant = tenant
            self.player = player
            self.rows = rows
        }
    }

    package var addedRows: Int { added.reduce(0) { $0 + $1.facts.rows } }
    package var removedRows: Int { removed.reduce(0) { $0 + $1.rows } }
    package var addedBytes: UInt64 { added.reduce(0) { $0 + $1.fileBytes } }

    /// Where a file that it added waited for the commit.
    package func staged(_ file: DataFile) -> String { "\(Layout.staging(id))/\(file.name)" }
    /// Where a file that it removed lies until it expires.
    package func retired(_ path: String) -> String { "\(Layout.retired(id))/\(Storage.name(of: path))" }
    package var fileName: String { Layout.snapshot(timestamp: timestamp, label: label) }
}
