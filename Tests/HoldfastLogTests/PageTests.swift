import Glibc
import HoldfastTestSupport
import SimulatedDisk
import Testing

@testable import HoldfastLog

@Suite("Whole pages, past the page cache and through it")
struct PageTests {
    /// One that keeps its files in memory only goes another way, where it is there.
    enum Place: String, CaseIterable { case onDisk, inMemory = "/dev/shm" }

    private func content(_ count: Int) -> [UInt8] {
        var random = SplitMix64(seed: UInt64(count))
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private func read(_ file: any DiskFile, at offset: UInt64, pages: Int) throws -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: pages * 4096, alignment: 4096)
        defer { buffer.deallocate() }
        return Array(buffer[..<(try file.readPages(into: buffer, at: offset))])
    }

    @Test(
        "are read as they were written, whatever of them is in memory and wherever the file ends",
        arguments: [0, 1, 4095, 4096, 262_145, 1_048_576, 5_000_001],
        Place.allCases.filter { $0 == .onDisk || RealDisk().directoryExists($0.rawValue) })
    func reads(count: Int, place: Place) throws {
        let home = TemporaryDirectory()
        let directory = place == .onDisk ? home.path : place.rawValue
        let path = directory + "/holdfast-pages-\(getpid())-\(count)"
        let disk = RealDisk()
        defer { try? disk.remove(path) }
        let bytes = content(count)
        let file = try disk.open(path, for: .creating)
        let writer = PageWriter(file)
        for start in stride(from: 0, to: count, by: 70_001) {
            try writer.append(Array(bytes[start..<min(start + 70_001, count)]))
        }
        try writer.finish()
        // Some of it goes through the cache and is not on the disk yet.
        let patch = content(9_000)
        var expected = bytes
        if count > 400_000 {
            try file.writeAll(patch, at: 300_000)
            expected.replaceSubrange(300_000..<309_000, with: patch)
        }
        for isForgotten in [false, true] {
            if isForgotten {
                try file.sync()
                file.forgetCached()
            }
            let other = try disk.open(path, for: .reading)
            #expect(try read(other, at: 0, pages: 2_000) == expected)
            #expect(try read(other, at: 4096, pages: 3) == Array(expected.dropFirst(4096).prefix(3 * 4096)))
            #expect(try read(other, at: UInt64(count / 4096 + 1) * 4096, pages: 1) == [])
        }
    }

    @Test("are refused, like all that changes a file, by one that was opened for reading", arguments: [true, false])
    func readOnly(isReal: Bool) throws {
        let home = TemporaryDirectory()
        let disk: any Disk = isReal ? RealDisk() : SimulatedDisk()
        let path = isReal ? home.path + "/file" : "/file"
        let bytes = content(8192)
        do {
            let file = try disk.open(path, for: .creating)
            try file.writeAll(bytes, at: 0)
            try file.sync()
        }
        let file = try disk.open(path, for: .reading)
        let page = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 4096)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 7)
        let writes: [(String, () throws(DiskFailure) -> Void)] = [
            ("write", { () throws(DiskFailure) in try file.write(UnsafeRawBufferPointer(page), at: 0) }),
            ("pages", { () throws(DiskFailure) in try file.writePages(UnsafeRawBufferPointer(page), at: 0) }),
            ("zeros", { () throws(DiskFailure) in try file.writeBeforeZeros(UnsafeRawBufferPointer(page), at: 0) }),
            ("fill", { () throws(DiskFailure) in try file.fillWithZeros(0..<4096) }),
            ("allocate", { () throws(DiskFailure) in try file.allocate(16_384) }),
        ]
        for (name, write) in writes {
            do throws(DiskFailure) {
                try write()
                Issue.record("\(name) was not refused")
            } catch {
                #expect(error.errno == EBADF && error.path == path, "\(name): \(error)")
            }
        }
        #expect(try file.bytes(at: 0, count: 8192) == bytes)
        #expect(try file.size() == 8192)
    }

    @Test("are read from the file that was opened, when its name is another's by now")
    func renamed() throws {
        let directory = TemporaryDirectory()
        let disk = RealDisk()
        let (first, second) = (content(300_000), content(300_001))
        for (name, bytes) in [("a", first), ("b", second)] {
            let file = try disk.open(directory.path + "/" + name, for: .creating)
            try file.writeAll(bytes, at: 0)
            try file.sync()
            file.forgetCached()
        }
        let file = try disk.open(directory.path + "/a", for: .reading)
        try disk.rename(directory.path + "/b", to: directory.path + "/a")
        #expect(try read(file, at: 0, pages: 100) == first)
        #expect(try read(disk.open(directory.path + "/a", for: .reading), at: 0, pages: 100) == second)
    }

    @Test("leave no descriptor behind")
    func descriptors() throws {
        let directory = TemporaryDirectory()
        let disk = RealDisk()
        let path = directory.path + "/a"
        let file = try disk.open(path, for: .creating)
        try file.writeAll(content(2_000_000), at: 0)
        try file.sync()
        file.forgetCached()
        let reading = try disk.open(path, for: .reading)
        for _ in 0..<50 { #expect(try read(reading, at: 0, pages: 500).count == 2_000_000) }
        let own = try disk.list("/proc/self/fd").filter { name in
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/" + name, &target, target.count)
            return count > 0 && String(decoding: target[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) == path
        }
        #expect(own.count == 2)
        withExtendedLifetime(file) {}
    }
}
