import HoldfastWallet
import SimulatedDisk
import Testing
import WalletModel

@testable import Holdfast
@testable import HoldfastLog

@Suite("Backup and restore")
struct BackupTests {
    @Test("restoring the newest point yields the same files and the same state, byte for byte", arguments: [1, 3])
    func sameBytes(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes, groups: 14)
        try story.snapshot()
        story.goOn()
        try story.backup()
        for _ in 0..<6 { story.goOn() }
        story.ledger.close()
        try story.backup()
        let (disk, report) = try story.restored()
        #expect(!report.isCut)
        let files = try LedgerFiles(LedgerByHand.path, on: story.disk)
        #expect(report.position == files.lastPosition)
        #expect(report.events == files.lastPosition)
        #expect(files.logs.allSatisfy { $0.segmentCount > 1 })
        for name in story.disk.fileNames where name.hasPrefix(LedgerByHand.path + "/") {
            let original = story.disk.contents(name)!
            // Segments that were not begun, the lock and an older snapshot are no part of what is restored.
            if name.hasSuffix(".log"), original.allSatisfy({ $0 == 0 }) { continue }
            if name.hasSuffix("/lock") || name.contains("/snapshot-") { continue }
            #expect(disk.contents(name) == original, "\(name)")
        }
        #expect(disk.fileNames.contains { $0.contains("/ledger/lane-00/snapshot-") })
        #expect(try BackupStory.stateBytes(on: disk) == BackupStory.stateBytes(on: story.disk))
        #expect(
            try BackupStory.stateBytes(on: disk, useSnapshots: true)
                == BackupStory.stateBytes(on: story.disk, useSnapshots: true))
        #expect(try BackupStory.books(on: disk) == BackupStory.books(on: story.disk))
    }

    @Test("backups beside a running ledger copy what is new, and each restores what was there then", arguments: [1, 3])
    func incremental(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes)
        for number in 0..<10 {
            story.goOn(50 + 20 * (number % 4))
            if number % 5 == 3 { try story.snapshot() }
            if number % 6 == 5 { try story.reopen() }
            let report = try story.backup()
            #expect(number == 0 || report.copiedBytes < 300_000 + UInt64(lanes) * 100_000)
            let again = try story.backup()
            #expect(again.copiedBytes == 0 && again.point.lanes == report.point.lanes)
            let expected = try BackupStory.events(on: story.disk)
            let (disk, restored) = try story.restored()
            #expect(restored.position == UInt64(expected.count))
            #expect(try BackupStory.events(on: disk) == expected)
        }
        let points = try LedgerBackup.target(BackupStory.target, on: story.disk).existingManifest().points
        #expect(points.count == 10)
        // An older point is a moment like any other.
        let all = try BackupStory.events(on: story.disk)
        let (disk, report) = try story.restored(to: .position(points[6].position))
        #expect(report.isCut)
        #expect(try BackupStory.events(on: disk) == Array(all.prefix(Int(points[6].position))))
    }

    @Test("segments that were copied and are sealed since are replaced by their sealed form", arguments: [1, 3])
    func sealing(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes, groups: 16)
        try story.backup()
        let target = LedgerBackup.target(BackupStory.target, on: story.disk)
        let before = try target.existingManifest()
        for evenLast in [false, true] {
            try story.seal(evenLast: evenLast)
            let report = try story.backup()
            #expect(!report.removed.isEmpty)
            let manifest = try target.existingManifest()
            #expect(manifest.files.contains { $0.path.hasSuffix(".sealed") })
            #expect(manifest.files.reduce(0) { $0 + $1.bytes } < before.files.reduce(0) { $0 + $1.bytes })
            #expect(story.disk.fileNames.count { $0.hasPrefix(BackupStory.target + "/log/") } == manifest.files.count)
            #expect(try story.backup().copiedBytes == 0)
            let all = try BackupStory.events(on: story.disk)
            let (disk, _) = try story.restored()
            #expect(try BackupStory.events(on: disk) == all)
            #expect(try BackupStory.stateBytes(on: disk) == BackupStory.stateBytes(on: story.disk))
            for name in story.disk.fileNames where name.hasSuffix(".sealed") && name.hasPrefix(LedgerByHand.path) {
                #expect(disk.contents(name) == story.disk.contents(name))
            }
            // The moment may lie in a sealed segment, which is open again then.
            for position in Swift.stride(from: 40, to: all.count, by: all.count / 7) {
                let (disk, report) = try story.restored(to: .position(UInt64(position)))
                let found = try BackupStory.events(on: disk)
                #expect(found.count == Int(report.position) && found.count > position - 40)
                #expect(Laws(found).breaches.isEmpty)
                if lanes == 1, found.count == position { #expect(found == Array(all.prefix(position))) }
                let time = all[position].time
                let byTime = try BackupStory.events(on: story.restored(to: .time(time)).disk)
                #expect(Set(byTime.map(\.content)) == Set(all.filter { $0.time <= time }.map(\.content)))
            }
            try goesOn(story.restored(to: .position(UInt64(all.count / 2))).disk, lanes: lanes)
            for _ in 0..<3 { story.goOn() }
        }
    }

    @Test("a position restores the events up to it; a transfer's halves are never parted", arguments: [1, 2, 3])
    func toPosition(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes, groups: 12, seed: UInt64(lanes))
        try story.reopen()
        for _ in 0..<4 { story.goOn() }
        try story.backup()
        let all = try BackupStory.events(on: story.disk)
        var shortened = 0
        let stride = max(1, all.count / 14)
        let positions =
            Array(Swift.stride(from: 0, to: all.count + 5, by: stride))
            + all.indices.filter {
                all[$0].event == .transferred
            }.prefix(8).map { $0 + 1 }
        for position in positions {
            let (disk, report) = try story.restored(to: .position(UInt64(position)))
            let found = try BackupStory.events(on: disk)
            let wanted = Array(all.prefix(position))
            #expect(report.events == UInt64(found.count) && report.position == UInt64(found.count))
            #expect(report.isCut == (position < all.count))
            #expect(found.count <= position && found.count > position - 40, "\(found.count) of \(position)")
            #expect(Laws(found).breaches.isEmpty, "\(position): \(Laws(found).breaches)")
            // A prefix of each lane: a player's events are, in their order, the first ones that they had.
            #expect(Set(found.map(\.content)).isSubset(of: wanted.map(\.content)))
            if lanes == 1 || found.count == position {
                #expect(found.map(\.content) == wanted.prefix(found.count).map(\.content))
            }
            shortened += found.count < min(position, all.count) ? 1 : 0
            if position % 5 == 0, report.isCut { try goesOn(disk, lanes: lanes) }
        }
        #expect(shortened > 0, "some cut fell between two halves")
    }

    @Test("a time restores exactly the events up to it, and the balances of that time", arguments: [1, 3])
    func toTime(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes, groups: 14, seed: 9)
        try story.snapshot()
        for _ in 0..<4 { story.goOn() }
        try story.backup()
        let all = try BackupStory.events(on: story.disk)
        let stride = max(1, all.count / 10)
        let times = Swift.stride(from: 0, to: all.count, by: stride).flatMap { [all[$0].time, all[$0].time - 1] }
        for time in Set(times).sorted() + [all.last!.time + 1] {
            let (disk, report) = try story.restored(to: .time(time))
            let found = try BackupStory.events(on: disk)
            #expect(Set(found.map(\.content)) == Set(all.filter { $0.time <= time }.map(\.content)))
            #expect(found.count == Int(report.position))
            #expect(Laws(found).breaches.isEmpty, "\(time): \(Laws(found).breaches)")
            #expect(try BackupStory.books(on: disk, asOf: time) == BackupStory.books(on: story.disk, asOf: time))
        }
        try goesOn(story.restored(to: .time(all[all.count / 2].time)).disk, lanes: lanes)
    }

    /// A restored ledger is one that can be worked with, and that can be backed up, but not over the old future.
    private func goesOn(_ disk: SimulatedDisk, lanes: Int) throws {
        let before = try BackupStory.events(on: disk)
        let ledger = try LedgerByHand(on: disk, lanes: lanes, time: before.last?.time ?? 0)
        let sent = ledger.send([Self.credit("new", 7, "n1"), Self.credit("new2", 8, "n2")])
        #expect(sent.allSatisfy { $0.answer?["ok"] == .bool(true) })
        ledger.close()
        let after = try BackupStory.events(on: disk)
        // Holds may have ended meanwhile.
        #expect(Array(after.prefix(before.count)) == before && after.count >= before.count + 2)
        #expect(Laws(after).breaches.isEmpty)
        #expect(throws: LedgerError.self) {
            try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: disk, at: 1)
        }
        disk.deleteDirectory("/other")
        _ = try LedgerBackup.run(LedgerByHand.path, into: "/other", on: disk, at: 1)
    }

    private static func credit(_ player: String, _ amount: Int, _ request: String) -> String {
        #"{"op":"credit","tenant":"evian","player":"\#(player)","request_id":"\#(request)","asset":"BRL","#
            + #""amount":\#(amount)}"#
    }

    @Test("a backup that stops at any operation leaves the one before it, and can be repeated", arguments: [1, 2])
    func backupCrashes(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes, groups: 4)
        try story.snapshot()
        try story.backup()
        let first = try BackupStory.events(on: story.disk)
        for _ in 0..<3 { story.goOn() }
        try story.snapshot()
        story.ledger.close()
        let second = try BackupStory.events(on: story.disk)
        let whole = story.disk.copy()
        _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: whole, at: 5)
        #expect(whole.operations > 15)
        var old = 0
        for point in 0..<whole.operations {
            let disk = story.disk.copy()
            disk.crash(atOperation: point)
            #expect(throws: LedgerError.self) {
                try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: disk, at: 5)
            }
            let survivals: [SimulatedDisk.Surviving] = [.nothing, .everything, .randomSectors(seed: UInt64(point))]
            for surviving in survivals {
                let place: Comment = "stopped at \(whole.history[point]), kept \(surviving)"
                let after = disk.afterCrash(surviving)
                let found = try BackupStory.events(on: BackupStory.restored(after).disk)
                #expect(found == first || found == second, place)
                old += found == first ? 1 : 0
                _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: after, at: 6)
                #expect(try BackupStory.events(on: BackupStory.restored(after).disk) == second, place)
                let named = try LedgerBackup.target(BackupStory.target, on: after).existingManifest().files.count
                let there = after.fileNames.count { $0.hasPrefix(BackupStory.target + "/log/") }
                #expect(there == named, "what a dead backup left is gone: \(place)")
            }
        }
        #expect(old > 0)
    }

    @Test("a first backup that stops can be repeated")
    func firstBackupCrashes() throws {
        let story = try BackupStory(lanes: 2, groups: 4)
        story.ledger.close()
        let whole = story.disk.copy()
        _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: whole, at: 5)
        for point in 0..<whole.operations {
            let disk = story.disk.copy()
            disk.crash(atOperation: point)
            #expect(throws: LedgerError.self) {
                try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: disk, at: 5)
            }
            let after = disk.afterCrash(.randomSectors(seed: UInt64(point)))
            _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: after, at: 6)
            #expect(
                try BackupStory.events(on: BackupStory.restored(after).disk) == BackupStory.events(on: story.disk),
                "stopped at \(whole.history[point])")
        }
    }

    @Test("a restore that stops at any operation is no ledger, and can be repeated", arguments: [1, 2])
    func restoreCrashes(lanes: Int) throws {
        let story = try BackupStory(lanes: lanes, groups: 5)
        try story.snapshot()
        try story.backup()
        let all = try BackupStory.events(on: story.disk)
        for moment in [RestoreMoment.newest, .position(UInt64(all.count) - 60)] {
            let base = story.disk.copy()
            base.deleteDirectory(LedgerByHand.path)
            let whole = base.copy()
            _ = try LedgerBackup.restore(BackupStory.target, into: LedgerByHand.path, to: moment, on: whole)
            let expected = try BackupStory.events(on: whole)
            var unfinished = 0
            for point in 0..<whole.operations {
                let disk = base.copy()
                disk.crash(atOperation: point)
                #expect(throws: LedgerError.self) {
                    try LedgerBackup.restore(BackupStory.target, into: LedgerByHand.path, to: moment, on: disk)
                }
                for surviving in [.nothing, .everything, .randomSectors(seed: 3)] as [SimulatedDisk.Surviving] {
                    let place: Comment = "stopped at \(whole.history[point]), kept \(surviving)"
                    let after = disk.afterCrash(surviving)
                    if after.fileExists(LedgerByHand.path + "/manifest") {
                        #expect(try BackupStory.events(on: after) == expected, place)
                        continue
                    }
                    unfinished += 1
                    #expect(throws: LedgerError.self, place) { try LedgerFiles(LedgerByHand.path, on: after) }
                    _ = try LedgerBackup.restore(BackupStory.target, into: LedgerByHand.path, to: moment, on: after)
                    #expect(try BackupStory.events(on: after) == expected, place)
                }
            }
            #expect(unfinished > 20)
        }
    }

    @Test("a file of the backup that is damaged, cut short or missing is named, and nothing is restored")
    func damage() throws {
        let story = try BackupStory(lanes: 2, groups: 5)
        try story.snapshot()
        try story.backup()
        story.goOn()
        try story.backup()
        let target = LedgerBackup.target(BackupStory.target, on: story.disk)
        let manifest = try target.existingManifest()
        #expect(manifest.files.count > 5)
        for file in manifest.files {
            let path = target.place(file)
            let content = story.disk.contents(path)!
            var spoilers: [(SimulatedDisk) -> Void] = [
                { $0.delete(path) }, { $0.overwrite(path, with: Array(content[..<(Int(file.bytes) - 1)])) },
            ]
            for at in Swift.stride(from: 0, to: Int(file.bytes), by: max(1, Int(file.bytes) / 5)) {
                spoilers.append { $0.flip(at % 8, of: at, in: path) }
            }
            for spoil in spoilers {
                let disk = story.disk.copy()
                spoil(disk)
                let error = #expect(throws: LedgerError.self) { try BackupStory.restored(disk) }
                #expect(error?.description.contains(path) ?? false)
                #expect(throws: LedgerError.self) {
                    try LogRestore.check(LedgerBackup.target(BackupStory.target, on: disk))
                }
            }
        }
        let list = BackupStory.target + "/backup"
        for at in Swift.stride(from: 0, to: story.disk.contents(list)!.count, by: 7) {
            let disk = story.disk.copy()
            disk.flip(0, of: at, in: list)
            #expect(throws: LedgerError.self) { try BackupStory.restored(disk) }
        }
        _ = try BackupStory.restored(story.disk)
    }

    @Test("damage to what was copied before is met by the next backup that adds to it")
    func damagedCopy() throws {
        let story = try BackupStory(lanes: 1, groups: 2)
        try story.backup()
        story.disk.flip(3, of: 5_000, in: BackupStory.target + "/log/lane-00/0000000000.log")
        story.goOn()
        #expect(throws: LedgerError.self) { try story.backup() }
    }

    @Test("what a backup holds can't be lost by the ledger any more, even if its owner never learnt that it is durable")
    func durable() throws {
        let story = try BackupStory(lanes: 1, groups: 2)
        story.disk.fail("sync")
        story.goOn(20)
        let report = try story.backup()
        let after = story.disk.afterCrash(.nothing)
        let files = try LedgerFiles(LedgerByHand.path, on: after)
        #expect(files.lastPosition >= report.point.position)
        // It goes on from there, and so does the backup.
        let ledger = try LedgerByHand(on: after, lanes: 1, time: story.ledger.latestTime)
        _ = ledger.send([Self.credit("p", 1, "later")])
        _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: after, at: 9)
    }

    @Test("refuses the wrong places: another log's backup, a directory in use, a ledger, an unfinished one")
    func wrongPlaces() throws {
        let story = try BackupStory(lanes: 1, groups: 1)
        try story.backup()
        let disk = story.disk
        _ = try Ledger.create(
            at: "/second", options: .init(), on: disk, at: 0, identity: .init(log: LogID(high: 1, low: 2), seed: 3))
        #expect(throws: LedgerError.self) { try LedgerBackup.run("/second", into: BackupStory.target, on: disk, at: 1) }
        #expect(throws: LedgerError.self) { try LedgerBackup.run(LedgerByHand.path, into: "/second", on: disk, at: 1) }
        #expect(throws: LedgerError.self) { try LedgerBackup.restore(BackupStory.target, into: "/second", on: disk) }
        #expect(throws: LedgerError.self) { try LedgerBackup.restore("/second", into: "/third", on: disk) }
        #expect(throws: LedgerError.self) { try LedgerBackup.restore(BackupStory.target, into: "/backup", on: disk) }
        let lock = try LedgerBackup.target(BackupStory.target, on: disk).lock()
        #expect(throws: LedgerError.self) { try story.backup() }
        withExtendedLifetime(lock) {}
    }

    /// The list of a backup with its lines changed, and its sum made right.
    private func forge(_ disk: SimulatedDisk, _ change: (inout [String]) -> Void) throws {
        let path = BackupStory.target + "/" + BackupManifest.fileName
        let text = String(decoding: try #require(disk.contents(path)), as: UTF8.self)
        var lines = text.split(separator: "\n").dropLast().map(String.init)
        change(&lines)
        let body = lines.map { $0 + "\n" }.joined()
        let sum = Array(body.utf8).withUnsafeBytes { Digest.sha256($0) }
        disk.overwrite(path, with: Array((body + "sha256 \(sum.hexadecimal)\n").utf8))
    }

    @Test("a list that somebody made up leads nowhere outside, and stops no program")
    func forgedList() throws {
        let story = try BackupStory(lanes: 2, groups: 3)
        try story.snapshot()
        try story.backup()
        let snapshot = try #require(story.disk.fileNames.first { $0.hasPrefix("/backup/log/lane-00/snapshot-") })
        let name = String(snapshot.dropFirst("/backup/log/lane-00/".count))
        let changes: [(inout [String]) -> Void] = [
            { $0.append("checkpoint ../../evil 1") },
            { lines in
                for index in lines.indices {
                    lines[index].replace("lane-00/" + name, with: "lane-00/../../evil")
                    lines[index].replace(name, with: "../../evil")
                }
            },
            { lines in
                for index in lines.indices where lines[index].hasSuffix("/" + name) {
                    lines[index].replace("lane-00/", with: "/lane-00/")
                }
            },
            { lines in
                for index in lines.indices where lines[index].hasPrefix("file ") {
                    var words = lines[index].split(separator: " ", maxSplits: 4).map(String.init)
                    words[2] = "18446744073709551615"
                    lines[index] = words.joined(separator: " ")
                }
            },
            { lines in
                lines.insert(contentsOf: ["point 1", lines.last!], at: lines.firstIndex { $0.hasPrefix("point") }!)
            },
            { $0.removeLast() },
            { lines in
                for index in lines.indices where lines[index].hasPrefix("lane ") {
                    var words = lines[index].split(separator: " ").map(String.init)
                    words[2] = "18446744073709551615"
                    lines[index] = words.joined(separator: " ")
                }
            },
        ]
        for change in changes {
            let disk = story.disk.copy()
            disk.overwrite("/backup/evil", with: disk.contents(snapshot)!)
            try forge(disk, change)
            #expect(throws: LedgerError.self) { try LedgerBackup.restore(BackupStory.target, into: "/new", on: disk) }
            #expect(throws: LedgerError.self) {
                try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: disk, at: 9)
            }
            #expect(!disk.fileNames.contains { $0.hasPrefix("/evil") || $0.hasPrefix("/new/evil") })
        }
        let bytes = Array("holdfast-backup 1\nsha256 ".utf8) + [UInt8](repeating: 0xFF, count: 40) + [0x0A]
        story.disk.overwrite("/backup/backup", with: bytes)
        #expect(throws: LedgerError.self) { try LedgerBackup.restore(BackupStory.target, into: "/new", on: story.disk) }
    }

    @Test("a full disk stops a backup, and the one before it stands")
    func fullDisk() throws {
        let story = try BackupStory(lanes: 1, groups: 3)
        try story.backup()
        let first = try BackupStory.events(on: story.disk)
        for _ in 0..<8 { story.goOn() }
        story.disk.limitSpace(to: story.disk.usedBytes + 20_000)
        #expect(throws: LedgerError.storageFull(path: BackupStory.target)) { try story.backup() }
        story.disk.limitSpace(to: nil)
        #expect(try BackupStory.events(on: story.restored().disk) == first)
        try story.backup()
        #expect(try BackupStory.events(on: story.restored().disk) == BackupStory.events(on: story.disk))
    }

    @Test("consumers restored to before where they stood are left out, the others come back")
    func checkpoints() throws {
        let story = try BackupStory(lanes: 1, groups: 4)
        for (name, position) in [("early", 20), ("late", 300)] as [(String, UInt64)] {
            try Checkpoint(name, in: story.ledger.ledger.directory).advance(to: position)
        }
        try story.backup()
        let (newest, _) = try story.restored()
        #expect(newest.fileExists("/ledger/checkpoints/late") && newest.fileExists("/ledger/checkpoints/early"))
        let (cut, report) = try story.restored(to: .position(100))
        #expect(report.checkpointsLeftOut == ["late"])
        #expect(cut.fileExists("/ledger/checkpoints/early") && !cut.fileExists("/ledger/checkpoints/late"))
    }

    @Test("what a backup has lost, or has cut short, is copied anew as long as the log has it")
    func lostFiles() throws {
        let story = try BackupStory(lanes: 2, groups: 6)
        try story.snapshot()
        try story.seal(evenLast: false)
        try story.backup()
        let target = LedgerBackup.target(BackupStory.target, on: story.disk)
        let files = try target.existingManifest().files
        #expect(files.contains { $0.path.hasSuffix(".sealed") } && files.contains { $0.isPartial })
        story.goOn()
        for file in files {
            let path = target.place(file)
            let content = story.disk.contents(path)!
            for isCut in [false, true] {
                let disk = story.disk.copy()
                disk.delete(path)
                let half = Array(content[..<(Int(file.bytes) / 2)])
                if isCut { try disk.open(path, for: .creating).writeAll(half, at: 0) }
                _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: disk, at: .max / 2)
                _ = try BackupStory.restored(disk)
            }
        }
    }

    @Test("two backups, and giving up old points, take turns with the list of what is there", arguments: [false, true])
    func turns(isExpiry: Bool) throws {
        let story = try BackupStory(lanes: 1, groups: 6)
        for _ in 0..<3 {
            story.goOn()
            try story.backup()
        }
        let before = try LedgerBackup.target(BackupStory.target, on: story.disk).existingManifest().points
        // While this one waits for the lock another backup replaces segments by their sealed form.
        let disk = SlowLockDisk(story.disk) {
            story.goOn()
            try! story.seal(evenLast: true)
            try! story.backup()
        }
        if isExpiry {
            let target = LedgerBackup.target(BackupStory.target, on: disk)
            let expiry = try BackupExpiry.run(target, keepingFrom: before[2].taken, dryRun: false)
            #expect(expiry.points == Array(before[..<2]))
        } else {
            _ = try LedgerBackup.run(LedgerByHand.path, into: BackupStory.target, on: disk, at: .max / 2)
        }
        let (restored, _) = try story.restored()
        #expect(try BackupStory.books(on: restored) == BackupStory.books(on: story.disk))
    }

    @Test("old points are given up when asked, and only said so with a dry run")
    func expiry() throws {
        let story = try BackupStory(lanes: 1)
        for _ in 0..<5 {
            story.goOn()
            try story.backup()
        }
        let target = LedgerBackup.target(BackupStory.target, on: story.disk)
        let points = try target.existingManifest().points
        let dry = try BackupExpiry.run(target, keepingFrom: points[3].taken + 1, dryRun: true)
        #expect(dry.points == Array(points[..<3]))
        #expect(try target.existingManifest().points == points)
        _ = try BackupExpiry.run(target, keepingFrom: points[3].taken + 1, dryRun: false)
        #expect(try target.existingManifest().points == Array(points[3...]))
        // The log is whole, so every earlier moment can still be restored.
        _ = try story.restored(to: .position(50))
        #expect(try BackupExpiry.run(target, keepingFrom: .max, dryRun: false).points.count == 1)
        #expect(try target.existingManifest().points.count == 1)
    }
}

/// A disk on which something happens while somebody waits for a lock.
private final class SlowLockDisk: Disk, @unchecked Sendable {
    // @unchecked: used by one thread.
    private let disk: SimulatedDisk
    private var meanwhile: (() -> Void)?

    init(_ disk: SimulatedDisk, meanwhile: @escaping () -> Void) {
        self.disk = disk
        self.meanwhile = meanwhile
    }

    func lock(_ path: String) throws(DiskFailure) -> (any DirectoryLock)? {
        if let meanwhile {
            self.meanwhile = nil
            meanwhile()
        }
        return try disk.lock(path)
    }

    func makeDirectory(_ path: String) throws(DiskFailure) { try disk.makeDirectory(path) }
    func directoryExists(_ path: String) -> Bool { disk.directoryExists(path) }
    func fileExists(_ path: String) -> Bool { disk.fileExists(path) }
    func list(_ path: String) throws(DiskFailure) -> [String] { try disk.list(path) }
    func open(_ path: String, for use: FileUse) throws(DiskFailure) -> any DiskFile { try disk.open(path, for: use) }
    func rename(_ from: String, to: String) throws(DiskFailure) { try disk.rename(from, to: to) }
    func link(_ from: String, to: String) throws(DiskFailure) { try disk.link(from, to: to) }
    func remove(_ path: String) throws(DiskFailure) { try disk.remove(path) }
    func removeDirectory(_ path: String) throws(DiskFailure) { try disk.removeDirectory(path) }
    func syncDirectory(_ path: String) throws(DiskFailure) { try disk.syncDirectory(path) }
}
