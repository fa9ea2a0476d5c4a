import Holdfast
import HoldfastArchive
import HoldfastTables
import HoldfastText
import HoldfastWallet
import SimulatedDisk
import Testing

@testable import HoldfastLog

@Suite("Parts")
struct PartTests {
    @Test("any engine unpacks what any other packed", arguments: GzipEngine.allCases, GzipEngine.allCases)
    func engines(packs: GzipEngine, unpacks: GzipEngine) throws {
        guard packs.isThere, unpacks.isThere else { return }
        var random = SplitMix(seed: 4)
        let noise = (0..<70_000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        for bytes in [Array("x".utf8), Array(String(repeating: "holdfast ", count: 9_000).utf8), noise] {
            let member = Self.pack(bytes, packs)
            // Compared as a Bool: the bytes themselves would fill the screen.
            #expect((Self.unpack(member, unpacks) == bytes) == true)
            #expect((Gunzip.all(member) == bytes) == true)
            var flipped = member
            flipped[member.count / 2] ^= 4
            #expect((Self.unpack(flipped, unpacks) == bytes) == false)
            #expect((Self.unpack(member.dropLast(), unpacks) == nil) == true)
            #expect((Self.unpack(member + [0], unpacks) == nil) == true)
        }
    }

    private static func pack(_ bytes: [UInt8], _ engine: GzipEngine) -> [UInt8] {
        let codec = GzipCodec(engine)
        return withExtendedLifetime(codec) { bytes.withUnsafeBytes { Array(codec.pack($0)) } }
    }

    private static func unpack(_ bytes: [UInt8], _ engine: GzipEngine) -> [UInt8]? {
        let codec = GzipCodec(engine)
        return withExtendedLifetime(codec) { bytes.withUnsafeBytes { codec.unpack($0).map { Array($0) } } }
    }

    @Test("a line read is the row that wrote it, to the byte")
    func lines() {
        let parser = RowLineParser()
        for line in World(players: 5).all {
            let bytes = Array(line.utf8)
            bytes.withUnsafeBytes { raw in
                #expect(parser.parse(raw) == nil)
                var json = JSONWriter()
                RowJSON.write(parser.row()!, to: &json)
                #expect(json.text == line + "\n")
            }
            for cut in [1, 20, bytes.count / 2, bytes.count - 1] {
                #expect(bytes[..<cut].withUnsafeBytes { parser.parse($0) } != nil)
            }
        }
    }

    @Test("the row-set hash is the sum of SHA-256 digests of the rows without their refs, in any order")
    func setHash() throws {
        let world = World(shards: 1, days: 1)
        try world.run(now: World.now(moved: 1))
        var sum = RowSetHash()
        for line in world.all.shuffled() {
            let plain = RowMaker.withoutRef(line)
            sum.add(Array(String(plain).utf8).withUnsafeBytes { Digest.sha256($0) })
        }
        var total = RowSetHash()
        for file in try world.open(.reading).chain.live.values { total.add(file.facts.setHash) }
        #expect(total == sum)
        #expect(RowSetHash(hexadecimal: sum.hexadecimal) == sum)
        var ones = RowSetHash(hexadecimal: String(repeating: "f", count: 64))!
        ones.add(RowSetHash(hexadecimal: String(repeating: "0", count: 63) + "2")!)
        #expect(ones.hexadecimal == String(repeating: "0", count: 63) + "1", "it wraps at 2^256")
    }

    @Test("files are cut into parts, parts into members, and each member begins with a row")
    func members() throws {
        let world = World(shards: 1, days: 1, players: 5, rowsPerDay: 3_000)
        try world.run(now: World.now(moved: 1)) { $0.partBytesMax = 150_000 }
        let archive = try world.open(.reading)
        #expect(archive.chain.live.count > 2)
        #expect(archive.chain.live.values.contains { $0.splits.count > 1 })
        for file in archive.chain.live.values {
            let bytes = world.disk.contents("\(World.root)/\(file.path)")!
            for (index, split) in file.splits.enumerated() {
                let end = index + 1 < file.splits.count ? Int(file.splits[index + 1].offset) : bytes.count
                let rows = Gunzip.all(Array(bytes[Int(split.offset)..<end]))
                #expect(rows.last == UInt8(ascii: "\n"))
                let first = try #require(rows.split(separator: UInt8(ascii: "\n")).first)
                let parser = RowLineParser()
                first.withUnsafeBytes { raw in
                    #expect(parser.parse(raw) == nil)
                    #expect(String(decoding: parser.player, as: UTF8.self) == split.firstPlayer)
                }
            }
        }
        #expect(Set(world.warehouseLines()) == world.all)
        for player in ["ana", "bob", "p2"] {
            let found = try archive.history(tenant: "evian", player: player)
            #expect(
                found.count == world.all.count { $0.hasPrefix("{\"tenant_id\":\"evian\",\"player_id\":\"\(player)\"") })
        }
    }
}
