import HoldfastMemory

/// A player as they are at one moment.
package struct PlayerView: Equatable, Sendable {
    package struct Purse: Equatable, Sendable {
        package var asset: AssetName
        package var balance: Int64
        package var held: Int64
        package var available: Int64 { balance - held }
    }

    package struct Hold: Equatable, Sendable {
        package var requestID: String
        package var asset: AssetName
        package var amount: Int64
        package var expiresAt: Int64
    }

    package var tenant: String
    package var player: String
    /// Of their last event.
    package var seq: UInt64
    package var isLocked: Bool
    /// Every asset that an event ever moved, by name.
    package var purses: [Purse]
    /// The open holds, by the time of their end and then by request_id.
    package var holds: [Hold]
    /// Where their last event stands in the lane's log.
    package var lastAddress: UInt64
}

extension WalletState {
    /// A player, or nil when they have no events.
    package mutating func view(tenant: String, player: String) -> PlayerView? {
        var tenant = tenant
        var player = player
        return tenant.withUTF8 { tenant in
            player.withUTF8 { player in
                view(tenant: UnsafeRawBufferPointer(tenant), player: UnsafeRawBufferPointer(player))
            }
        }
    }

    package mutating func view(tenant: UnsafeRawBufferPointer, player id: UnsafeRawBufferPointer) -> PlayerView? {
        guard tenant.count <= TextRules.tenantBytesMax, (1...TextRules.bytesMax).contains(id.count) else { return nil }
        let player = knownPlayer(keyHash(tenant, id), tenant, id)
        return player == 0 ? nil : view(player)
    }

    private mutating func view(_ player: UInt32) -> PlayerView {
        assets.takeOver()
        let slot = players.pointer(player)
        var view = PlayerView(
            tenant: String(decoding: tenant(of: player), as: UTF8.self),
            player: String(decoding: id(of: player), as: UTF8.self), seq: slot.pointee.seq,
            isLocked: slot.pointee.isLocked, purses: [], holds: [], lastAddress: slot.pointee.lastAddress)
        forEachPurse(of: player) { asset, facts in
            view.purses.append(.init(asset: assets.takenName(of: asset), balance: facts.balance, held: facts.held))
        }
        forEachHold(of: player) { hold, slot in
            view.holds.append(
                .init(
                    requestID: String(decoding: requestID(of: hold), as: UTF8.self),
                    asset: assets.takenName(of: slot.asset), amount: slot.amount, expiresAt: slot.expiresAt))
        }
        view.purses.sort { $0.asset < $1.asset }
        view.holds.sort { a, b in
            a.expiresAt != b.expiresAt
                ? a.expiresAt < b.expiresAt : a.requestID.utf8.lexicographicallyPrecedes(b.requestID.utf8)
        }
        return view
    }

    /// Every player with events, in the order in which this lane met them.
    package mutating func forEachPlayer(_ body: (PlayerView) throws -> Void) rethrows {
        guard players.highWater > 0 else { return }
        for player in 1...players.highWater where isInUse(player) { try body(view(player)) }
    }

    /// Every purse that an event ever moved, without making views: for totals.
    package mutating func forEachPurse(
        _ body: (_ tenant: UnsafeRawBufferPointer, _ player: UnsafeRawBufferPointer, AssetName, PurseFacts) -> Void
    ) {
        guard players.highWater > 0 else { return }
        assets.takeOver()
        for player in 1...players.highWater where isInUse(player) {
            let (tenant, id) = (tenant(of: player), id(of: player))
            forEachPurse(of: player) { body(tenant, id, assets.takenName(of: $0), $1) }
        }
    }

    /// Slots that were freed or never got an event have no seq.
    func isInUse(_ player: UInt32) -> Bool { players.pointer(player).pointee.seq > 0 }
}
