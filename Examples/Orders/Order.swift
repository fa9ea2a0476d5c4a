import Foundation
import HoldfastLog

/// What happened to an order. The log keeps it as JSON; the type tag says which case the payload holds.
enum OrderEvent: Equatable {
    case placed(Placed)
    case paid(Paid)

    struct Placed: Codable, Equatable {
        var item: String
        var quantity: Int
    }

    struct Paid: Codable, Equatable {
        var cents: Int
    }
}

extension EventType {
    static let orderPlaced: EventType = 1
    static let orderPaid: EventType = 2
}

extension OrderEvent {
    func event() throws -> Event {
        switch self {
        case .placed(let placed):
            Event(type: .orderPlaced, schemaVersion: 2, payload: Array(try JSONEncoder().encode(placed)))
        case .paid(let paid):
            Event(type: .orderPaid, payload: Array(try JSONEncoder().encode(paid)))
        }
    }

    init?(_ event: RecordedEvent) throws {
        switch event.type {
        case .orderPlaced: self = .placed(try JSONDecoder().decode(Placed.self, from: Data(event.payload)))
        case .orderPaid: self = .paid(try JSONDecoder().decode(Paid.self, from: Data(event.payload)))
        default: return nil
        }
    }
}

/// An order as its events add up to it, and the revision up to which they do.
struct Order {
    private(set) var quantity = 0
    private(set) var paidCents = 0
    private(set) var revision: UInt64 = 0

    mutating func apply(_ recorded: RecordedEvent) throws {
        switch try OrderEvent(recorded) {
        case .placed(let placed): quantity = placed.quantity
        case .paid(let paid): paidCents += paid.cents
        case nil: break
        }
        revision = recorded.revision
    }
}
