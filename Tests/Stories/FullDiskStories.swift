import Foundation
import Glibc
import Testing
import WalletModel

/// Tables and archives on a disk that is really full, and on more than one file system.
@Suite("Full disks", .enabled(if: SmallDisk.isPossible, "needs the right to mount a small file system"))
struct FullDiskStories {
    private static let day: Int64 = 1_763_683_200_000

    private func apply(_ numbers: Range<Int>, to work: Workplace) throws {
        let lines = numbers.map { number in
            Lines.credit("p\(number % 20)", number, "d\(number)", at: Self.day + Int64(number) * 100_000)
        }
        try work.done("apply", work.ledger, "--clock", "given", input: lines.joined())
    }

    private func filled(_ commands: Int) throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        try apply(0..<commands, to: work)
        return work
    }

    @Test("tables that the disk has no room for say so, and go on where they stood once it has")
    func tables() throws {
        let work = try filled(200)
        let disk = try SmallDisk(at: work.path + "/disk", mebibytes: 16)
        let tables = disk.path + "/tables"
        try work.done("tables", "sync", work.ledger, tables, "--shards", "2")
        try apply(200..<8_000, to: work)
        var refusals = 0
        for free in [0, 400] {
            try disk.fill(leaving: free)
            let result = try work.holdfast("tables", "sync", work.ledger, tables)
            if result.status == .exited(0) { continue }
            refusals += 1
            #expect(result.status == .exited(1) && result.errors.contains("full"), "\(result.errors)")
            #expect(result.errors.contains(tables) && result.errors.contains("space"), "\(result.errors)")
        }
        #expect(refusals > 0)
        try disk.fill(leaving: 16)
        let rebuilt = try work.holdfast("tables", "rebuild", work.ledger, tables)
        #expect(rebuilt.status == .exited(1) && rebuilt.errors.contains("full"), "\(rebuilt.errors)")
        try disk.empty()
        try work.done("tables", "sync", work.ledger, tables)
        #expect(try work.done("tables", "check", work.ledger, tables).value()["ok"] == true)
        try work.done("tables", "rebuild", work.ledger, tables)
        #expect(try work.done("tables", "check", work.ledger, tables).value()["ok"] == true)
    }

    @Test("an archive that the disk has no room for loses and doubles nothing, wherever it ends")
    func archive() throws {
        let work = try filled(240)
        let tables = work.path + "/tables"
        try work.done("tables", "sync", work.ledger, tables, "--shards", "2")
        let disk = try SmallDisk(at: work.path + "/disk", mebibytes: 4)
        let root = disk.path + "/archive"
        var refusals = 0
        var free = 0
        while true {
            try disk.fill(leaving: free)
            let result = try work.holdfast(
                "archive", "run", work.ledger, tables, root, "--now", "2026-04-01T00:00:00Z")
            if result.status == .exited(0) { break }
            refusals += 1
            #expect(result.status == .exited(1) && result.errors.contains("Make space"), "\(result.errors)")
            free += 4
            try #require(free < 1_000)
        }
        #expect(refusals > 0)
        try disk.empty()
        #expect(try work.done("archive", "verify", root, "--tables", tables).value()["ok"] == true)
        let rows = try work.shell("find '\(root)/warehouse' -name '*.gz' | xargs zcat").lines.sorted()
        #expect(rows == (try work.done("events", work.ledger).lines.sorted()))
    }

    @Test("an archive lies on one file system, whichever; one of its folders elsewhere is refused before a row moves")
    func otherFileSystem() throws {
        let work = try filled(240)
        let tables = work.path + "/tables"
        try work.done("tables", "sync", work.ledger, tables, "--shards", "2")
        let root = work.path + "/archive"
        mkdir(root, 0o755)
        do {
            let disk = try SmallDisk(at: root + "/warehouse", mebibytes: 4)
            let result = try work.holdfast(
                "archive", "run", work.ledger, tables, root, "--now", "2026-02-23T00:00:00Z")
            #expect(result.status == .exited(1) && result.errors.contains("one file system"), "\(result.errors)")
            #expect(result.errors.contains(disk.path))
        }
        let result = try work.done("archive", "run", work.ledger, tables, root, "--now", "2026-02-23T00:00:00Z")
        #expect(try result.value()["moved_records"] == 240)
        #expect(try work.done("archive", "verify", root, "--tables", tables).value()["ok"] == true)
    }
}
