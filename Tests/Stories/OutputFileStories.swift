import Foundation
import Glibc
import Testing
import WalletModel

@Suite("The files that verbs write")
struct OutputFileStories {
    private static let balances = #"{"tenant":"evian","player":"p1","asset":"BRL","balance":1,"held":0}"# + "\n"
    private static let totals = #"{"events":1,"players":1,"assets":{"BRL":{"balance":1,"held":0}}}"# + "\n"

    private func filled() throws -> Workplace {
        let work = try Workplace()
        try work.done("init", work.ledger, "--segment-mib", "1")
        try work.done("apply", work.ledger, input: Lines.credit("p1", 1, "d1"))
        return work
    }

    /// Every verb that writes a file, with the place of that file last.
    private func writers(_ ledger: String) -> [[String]] {
        [
            ["replay", ledger, "--into"], ["audit", ledger, "--html"], ["explain", ledger, "evian", "p1", "--html"],
            ["story", ledger, "evian", "p1", "d1", "--html"],
            ["export", ledger, "--tenant", "evian", "--player", "p1", "--person"],
        ]
    }

    private func kind(_ path: String) -> mode_t {
        var entry = stat()
        return lstat(path, &entry) == 0 ? entry.st_mode & S_IFMT : 0
    }

    @Test("a link is followed, and what it leads to replaced")
    func link() throws {
        let work = try filled()
        let link = work.path + "/link"
        for target in ["there", "not-yet"] {
            try "old".write(toFile: work.path + "/there", atomically: false, encoding: .utf8)
            unlink(link)
            #expect(symlink(target, link) == 0)
            try work.done("replay", work.ledger, "--into", link)
            #expect(kind(link) == S_IFLNK, "the link stays")
            #expect(try String(contentsOfFile: work.path + "/" + target, encoding: .utf8) == Self.balances)
        }
    }

    @Test("a pipe and our own output are written into")
    func pipes() throws {
        let work = try filled()
        let pipe = work.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        let through = try work.shell("cat '\(pipe)' & $HOLDFAST replay $LEDGER --into '\(pipe)' > /dev/null; wait")
        #expect(through.output == Self.balances && kind(pipe) == S_IFIFO)
        let piped = try work.shell("$HOLDFAST replay $LEDGER --into /dev/stdout | cat")
        #expect(piped.output == Self.balances + Self.totals)
        let file = work.path + "/all"
        _ = try work.shell("$HOLDFAST replay $LEDGER --into /dev/stdout > '\(file)'")
        #expect(try String(contentsOfFile: file, encoding: .utf8) == Self.balances + Self.totals)
    }

    @Test("a device stays one", .enabled(if: SmallDisk.isPossible))
    func device() throws {
        let work = try filled()
        let null = work.path + "/null"
        // The same device as /dev/null, but nobody's but ours. Not every file system may hold one.
        guard mknod(null, S_IFCHR | 0o666, dev_t(1 << 8 | 3)) == 0 else { return }
        try work.done("replay", work.ledger, "--into", null)
        #expect(kind(null) == S_IFCHR)
    }

    @Test("nothing is written among the files of a ledger, a backup, an archive or tables")
    func keptDirectories() throws {
        let work = try filled()
        let backup = work.path + "/backup"
        let archive = work.path + "/archive"
        try work.done("backup", work.ledger, backup)
        try work.done("tables", "sync", work.ledger, work.path + "/tables", "--shards", "1")
        try work.done("archive", "run", work.ledger, work.path + "/tables", archive)
        let link = work.path + "/link"
        #expect(symlink("ledger/lock", link) == 0)
        for writer in writers(work.ledger) {
            for place in [
                work.ledger + "/manifest", work.ledger + "/lane-00/page.html", backup + "/backup",
                backup + "/log/manifest", archive + "/page.html", archive + "/_metadata/lock", link,
                work.path + "/tables/shard-00.sqlite", work.path + "/tables/page.html",
            ] {
                let result = try work.holdfast(writer + [place])
                #expect(result.status == .exited(2), "\(writer) \(place): \(result.errors)")
                #expect(result.output == "" && result.errors.contains("\(place) lies in \(work.path)/"))
            }
        }
        for folder in [work.ledger, work.ledger + "/lane-00", archive + "/roots"] {
            let result = try work.holdfast("roots", work.ledger, "--into", folder)
            #expect(result.status == .exited(2) && result.errors.contains("lies in"), "\(folder): \(result.errors)")
        }
        try work.done("roots", work.ledger, "--into", work.path + "/roots/")
        #expect(try work.done("verify", work.ledger).value()["ok"] == true)
        #expect(try work.done("restore", backup, "--check").value()["ok"] == true)
        #expect(try work.done("archive", "verify", archive).value()["ok"] == true)
    }

    @Test("a user's own file beside it is left alone, and nothing else is left behind")
    func neighbours() throws {
        let work = try filled()
        let place = work.path + "/out"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try "mine".write(toFile: place + "/q.new", atomically: false, encoding: .utf8)
        try "old".write(toFile: place + "/q", atomically: false, encoding: .utf8)
        chmod(place + "/q", 0o600)
        for writer in writers(work.ledger) { #expect(try work.holdfast(writer + [place + "/q"]).status == .exited(0)) }
        #expect(try String(contentsOfFile: place + "/q.new", encoding: .utf8) == "mine")
        #expect(try FileManager.default.contentsOfDirectory(atPath: place).sorted() == ["q", "q.new"])
        var entry = stat()
        #expect(stat(place + "/q", &entry) == 0 && entry.st_mode & 0o777 == 0o600, "kept from others as before")
        let directory = try work.holdfast("replay", work.ledger, "--into", place)
        #expect(directory.status == .exited(1) && directory.errors.contains("There is a directory in its place"))
    }

    @Test("nothing is left of a file whose writer is ended on its way")
    func endedOnTheWay() throws {
        let work = try filled()
        let place = work.path + "/out"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        try "old".write(toFile: place + "/page.html", atomically: false, encoding: .utf8)
        for writer in writers(work.ledger) {
            // A signal ends whoever writes more than that, and leaves no time to clean up.
            let words = (writer + [place + "/page.html"]).map { "'\($0)'" }.joined(separator: " ")
            let result = try work.shell("ulimit -f 0; $HOLDFAST \(words)")
            #expect(result.status != .exited(0), "\(writer)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["page.html"], "\(writer)")
            #expect(try String(contentsOfFile: place + "/page.html", encoding: .utf8) == "old")
        }
    }

    @Test("what was begun of a file that fails is removed", .enabled(if: SmallDisk.isPossible))
    func fullDisk() throws {
        let work = try filled()
        let disk = try SmallDisk(at: work.path + "/disk", mebibytes: 1)
        try disk.fill(leaving: 0)
        let result = try work.holdfast("audit", work.ledger, "--html", disk.path + "/page.html")
        #expect(result.status == .exited(1) && result.errors.contains("No space left"), "\(result.errors)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["ballast"])
    }
}
