private import Glibc
internal import Holdfast
internal import HoldfastWallet

/// Command streams for the wallet benchmark: deterministic from a seed, cheap to make, with player ids and request
/// ids of 16 bytes. It remembers just enough to name holds and requests that exist.
struct WalletTraffic {
    enum Kind {
        /// One credit for each player, in order.
        case deposits
        /// Authorise, then confirm.
        case pairs
        /// 45% authorise, 40% confirm, 8% credit, 3% debit, 2% rollback, 1% duplicates, 1% refused.
        case mix
    }

    static let tenant = "evian"
    private static let asset: StaticString = "BRL"
    /// Open holds that a later confirm or rollback picks from: a ring.
    private static let ringSize = 1 << 14
    private static let pairsTogether = 1_024

    private let kind: Kind
    private let players: Int
    private let skewed: Bool
    private var random: UInt64
    private var number: UInt64 = 0
    private let stream: UInt64
    private var holds: [(player: UInt32, number: UInt64)] = []
    private var nextHold = 0

    init(_ kind: Kind, players: Int, seed: UInt64, skewed: Bool) {
        self.kind = kind
        self.players = players
        self.skewed = skewed
        random = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        stream = (seed & 0xFFF) << 1 | (skewed ? 1 : 0)
        holds.reserveCapacity(Self.ringSize)
    }

    static func playerID(_ player: Int) -> String {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { raw in
            Hexadecimal.write(UInt64(player) | 0x706C_0000_0000_0000, into: raw.baseAddress!)
            return String(decoding: raw, as: UTF8.self)
        }
    }

    private mutating func next() -> UInt64 {
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return random
    }

    /// Uniform, or 80% of the traffic on the first 5% of the players.
    private mutating func pickPlayer() -> UInt32 {
        let value = next()
        let share = value >> 32
        if skewed, value & 0xFF < 205 {
            return UInt32(truncatingIfNeeded: (share &* UInt64(max(1, players / 20))) >> 32)
        }
        return UInt32(truncatingIfNeeded: (share &* UInt64(players)) >> 32)
    }

    /// Makes `count` commands and adds them to a run.
    mutating func fill(_ run: CommandRun, count: Int, _ builder: inout CommandBuilder) {
        withUnsafeTemporaryAllocation(byteCount: 80, alignment: 8) { raw in
            let memory = Memory(raw)
            var form = CommandForm()
            form.tenant = .bytes(memory.tenant)
            form.player = .bytes(memory.player)
            form.requestID = .bytes(memory.request)
            var command = PreparedCommand()
            for _ in 0..<count {
                describe(&form, memory)
                let fault = builder.prepare(&form, into: &command)
                precondition(fault == nil, "the generator makes well-formed commands")
                run.append(&command)
            }
        }
    }

    /// Where the texts of the command being made lie.
    private struct Memory {
        let tenant: UnsafeRawBufferPointer
        let player: UnsafeRawBufferPointer
        let request: UnsafeRawBufferPointer
        let target: UnsafeRawBufferPointer
        let asset: UnsafeRawBufferPointer
        private let base: UnsafeMutableRawPointer

        init(_ raw: UnsafeMutableRawBufferPointer) {
            base = raw.baseAddress!
            memcpy(base, WalletTraffic.tenant, 5)
            memcpy(base + 56, "BRL", 3)
            tenant = UnsafeRawBufferPointer(start: base, count: 5)
            player = UnsafeRawBufferPointer(start: base + 8, count: 16)
            request = UnsafeRawBufferPointer(start: base + 24, count: 16)
            target = UnsafeRawBufferPointer(start: base + 40, count: 16)
            asset = UnsafeRawBufferPointer(start: base + 56, count: 3)
        }

        func setPlayer(_ number: UInt32) {
            Hexadecimal.write(UInt64(number) | 0x706C_0000_0000_0000, into: base + 8)
        }
        func setRequest(_ number: UInt64) { Hexadecimal.write(number, into: base + 24) }
        func setTarget(_ number: UInt64) { Hexadecimal.write(number, into: base + 40) }
    }

    private mutating func describe(_ form: inout CommandForm, _ memory: Memory) {
        form.asset = .bytes(memory.asset)
        form.target = .absent
        form.amount = .value(1)
        switch kind {
        case .deposits:
            memory.setPlayer(UInt32(truncatingIfNeeded: number))
            form.operation = .credit
            form.amount = .value(1_000_000_000)
            newRequest(memory)
        case .pairs:
            if isDraining { confirm(&form, memory) } else { authorise(&form, memory) }
            if holds.count == Self.pairsTogether { isDraining = true }
            if holds.isEmpty { isDraining = false }
        case .mix:
            describeMix(&form, memory)
        }
    }

    /// Pairs come as a run of authorises, then a run of their confirms, as concurrent rounds would bring them.
    private var isDraining = false

    private mutating func newRequest(_ memory: Memory) {
        memory.setRequest(stream << 48 | number)
        number += 1
    }

    private mutating func authorise(_ form: inout CommandForm, _ memory: Memory) {
        let player = pickPlayer()
        memory.setPlayer(player)
        form.operation = .authorise
        remember((player, stream << 48 | number))
        newRequest(memory)
    }

    private mutating func remember(_ hold: (player: UInt32, number: UInt64)) {
        if holds.count < Self.ringSize {
            holds.append(hold)
        } else {
            holds[nextHold] = hold
            nextHold = (nextHold + 1) % Self.ringSize
        }
    }

    private mutating func confirm(_ form: inout CommandForm, _ memory: Memory) {
        name(takeHold(), &form, memory)
        form.operation = .confirm
        newRequest(memory)
    }

    /// Any of the remembered holds; the last one takes its place.
    private mutating func takeHold() -> (player: UInt32, number: UInt64) {
        let index = Int(truncatingIfNeeded: next() >> 33) % holds.count
        let hold = holds[index]
        holds[index] = holds[holds.count - 1]
        holds.removeLast()
        if nextHold >= holds.count { nextHold = 0 }
        return hold
    }

    private func name(_ hold: (player: UInt32, number: UInt64), _ form: inout CommandForm, _ memory: Memory) {
        memory.setPlayer(hold.player)
        memory.setTarget(hold.number)
        form.asset = .absent
        form.amount = .absent
        form.target = .bytes(memory.target)
    }

    private mutating func describeMix(_ form: inout CommandForm, _ memory: Memory) {
        let dice = Int(truncatingIfNeeded: (next() >> 40) % 100)
        if holds.count < 64 || dice < 45 {
            authorise(&form, memory)
        } else if dice < 85 {
            confirm(&form, memory)
        } else if dice < 93 {
            memory.setPlayer(pickPlayer())
            form.operation = .credit
            form.amount = .value(500)
            newRequest(memory)
        } else if dice < 96 {
            memory.setPlayer(pickPlayer())
            form.operation = .debit
            newRequest(memory)
        } else if dice < 98 {
            name(takeHold(), &form, memory)
            form.operation = .rollback
            newRequest(memory)
        } else if dice < 99 {
            // A retry of an authorise that is still on its way through the system.
            let hold = holds[Int(truncatingIfNeeded: next() >> 33) % holds.count]
            memory.setPlayer(hold.player)
            memory.setRequest(hold.number)
            form.operation = .authorise
        } else {
            memory.setPlayer(pickPlayer())
            form.operation = .debit
            form.amount = .value(1_000_000_000_000_000)
            newRequest(memory)
        }
    }
}
