internal import HoldfastLog
package import HoldfastTables
package import HoldfastWallet

/// The first stage of writing parts: takes the rows of one shard and day (or of one partition, in a merge) in the
/// order of their keys, turns them into lines and hands over full members, tenant by tenant.
package final class PartRows {
    private let day: Day
    private let send: (Member) throws(ArchiveError) -> Void
    private var open: [String: Open] = [:]
    @exclusivity(unchecked) private var current: Open?
    @exclusivity(unchecked) private var openBytes = 0
    @exclusivity(unchecked) package private(set) var rows = 0

    private final class Open {
        let tenant: String
        let tenantBytes: [UInt8]
        @exclusivity(unchecked) var member: Member
        @exclusivity(unchecked) var last = RowKey(player: [], seq: 0, half: 0)

        init(tenant: String, day: Day) {
            self.tenant = tenant
            tenantBytes = Array(tenant.utf8)
            member = Member(tenant: tenant, day: day)
        }
    }

    package init(day: Day, send: @escaping (Member) throws(ArchiveError) -> Void) {
        self.day = day
        self.send = send
    }

    package func append(_ row: EventRow) throws(ArchiveError) {
        guard day.contains(row.createdAt) else {
            throw .invalid(argument: "row at position \(row.position)", reason: "it is not of the day \(day)")
        }
        let open = try open(for: row.tenantID)
        try advance(open, player: row.playerID, seq: row.seq, half: row.half)
        let before = open.member.byteCount
        open.member.append(row)
        try grown(open, from: before)
    }

    package func append(_ line: RowLineParser, withoutRef: Bool = false) throws(ArchiveError) {
        let open = try open(for: line.text(.tenantID)!)
        try advance(open, player: line.player, seq: line.seq, half: line.half)
        let before = open.member.byteCount
        open.member.append(line, withoutRef: withoutRef)
        try grown(open, from: before)
    }

    /// Hands over what has gathered.
    package func finish() throws(ArchiveError) {
        for (_, open) in open.sorted(by: { $0.key < $1.key }) where open.member.facts.rows > 0 {
            try handOver(open)
        }
        open = [:]
        current = nil
    }

    private func open(for tenant: UnsafeRawBufferPointer) throws(ArchiveError) -> Open {
        // A player's rows come together, so the tenant is mostly that of the row before.
        if let current, current.tenantBytes.withUnsafeBytes({ compareBytes($0, tenant) == 0 }) { return current }
        let name = String(decoding: tenant, as: UTF8.self)
        let found = open[name] ?? Open(tenant: name, day: day)
        open[name] = found
        current = found
        return found
    }

    /// Rows that come out of order would be unfindable, so they are refused rather than written.
    private func advance(_ open: Open, player: UnsafeRawBufferPointer, seq: UInt64, half: UInt8) throws(ArchiveError) {
        guard open.last.isBefore(player: player, seq: seq, half: half) else {
            throw .invalid(
                argument: "rows of \(day)",
                reason: "event \(seq) of player \(String(decoding: player, as: UTF8.self)) of \(open.tenant) comes "
                    + "twice or out of order")
        }
        if !open.last.player.withUnsafeBytes({ comparePlayers($0, player) == 0 }) { open.last.player = Array(player) }
        open.last.seq = seq
        open.last.half = half
    }

    private func grown(_ open: Open, from before: Int) throws(ArchiveError) {
        rows += 1
        openBytes += open.member.byteCount - before
        if open.member.isFull { try handOver(open) }
        // With very many tenants the members stay smaller, so that memory doesn't grow with them.
        if openBytes > ArchiveLimits.openMembersBytesMax,
            let largest = self.open.values.max(by: { $0.member.byteCount < $1.member.byteCount })
        {
            try handOver(largest)
        }
    }

    private func handOver(_ open: Open) throws(ArchiveError) {
        openBytes -= open.member.byteCount
        let full = open.member
        open.member = Member(tenant: open.tenant, day: day)
        full.finish()
        try send(full)
    }
}

extension EventRow {
    /// 1 for the incoming half of an exchange.
    package var half: UInt8 { event == .exchanged && (balanceDelta ?? 0) >= 0 ? 1 : 0 }
}
