import Foundation
import HoldfastLog

/// Orders on an event store: one stream an order.
struct Shop {
    let store: EventStore

    static func open(at path: String) async throws -> Shop {
        var upcasters = Upcasters()
        // Orders of the first version were always for one piece.
        upcasters.register(.orderPlaced, from: 1, to: 2) { payload in
            struct FirstVersion: Codable { var item: String }
            let old = try JSONDecoder().decode(FirstVersion.self, from: Data(payload))
            return Array(try JSONEncoder().encode(OrderEvent.Placed(item: old.item, quantity: 1)))
        }
        return Shop(store: try await EventStore.open(at: path, options: .init(upcasters: upcasters)))
    }

    /// Places an order once: whoever comes second with the same number is told so.
    func place(_ number: Int, item: String, quantity: Int) async throws -> Bool {
        let placed = OrderEvent.placed(.init(item: item, quantity: quantity))
        do {
            try await store.append(try placed.event(), to: "order-\(number)", expecting: .none)
            return true
        } catch LogError.conflict {
            return false
        }
    }

    /// Reads, decides, and appends only if nobody else has appended meanwhile; otherwise reads and decides anew.
    func pay(_ number: Int, cents: Int) async throws {
        while true {
            let order = try await self.order(number)
            guard order.quantity > 0, order.paidCents == 0 else { return }
            let paid = OrderEvent.paid(.init(cents: cents))
            do {
                try await store.append(try paid.event(), to: "order-\(number)", expecting: .exact(order.revision))
                return
            } catch LogError.conflict {
                continue
            }
        }
    }

    func order(_ number: Int) async throws -> Order {
        var order = Order()
        for try await event in store.read("order-\(number)") { try order.apply(event) }
        return order
    }

    /// Several streams at once: either all of it is in the log or none.
    func move(from first: Int, to second: Int, cents: Int) async throws {
        try await store.appendAtomically([
            StreamAppend([try OrderEvent.paid(.init(cents: -cents)).event()], to: "order-\(first)"),
            StreamAppend([try OrderEvent.paid(.init(cents: cents)).event()], to: "order-\(second)"),
        ])
    }

    /// Many appends at once: one wait for all of them, and a result for each.
    func placeMany(_ numbers: Range<Int>, item: String) async throws -> Int {
        var batch = AppendBatch()
        for number in numbers {
            let placed = OrderEvent.placed(.init(item: item, quantity: 1))
            try batch.append(try placed.event(), to: "order-\(number)", expecting: .none)
        }
        return try await store.append(batch).count { (try? $0.get()) != nil }
    }

    /// Follows the log and calls `handle` for each event once: what it has done is acknowledged, and a consumer that
    /// failed or was stopped goes on behind that. Ends when its task is cancelled or the store is closed.
    func follow(as name: String, _ handle: @Sendable (RecordedEvent) async throws -> Void) async throws {
        let subscription = try store.subscribe(checkpoint: name)
        for try await event in subscription {
            try await handle(event)
            try await subscription.acknowledge(event)
        }
    }
}
