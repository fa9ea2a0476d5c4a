/// Turns the payloads of old schema versions into newer ones when events are read. The log itself never changes.
///
///     var upcasters = Upcasters()
///     upcasters.register(orderPlaced, from: 1, to: 2) { payload in payload + [0] }
///     let store = try await EventStore.open(at: "orders", options: .init(upcasters: upcasters))
public struct Upcasters: Sendable {
    public typealias Step = @Sendable (_ payload: [UInt8]) throws -> [UInt8]

    private struct Key: Hashable {
        let type: EventType
        let version: UInt16
    }

    private var steps: [Key: (to: UInt16, step: Step)] = [:]

    public init() {}

    /// Registers one step. Steps chain: from 1 to 2, from 2 to 3.
    public mutating func register(_ type: EventType, from version: UInt16, to newer: UInt16, _ step: @escaping Step) {
        precondition(newer > version, "an upcaster leads to a newer schema version")
        steps[Key(type: type, version: version)] = (newer, step)
    }

    func newest(
        _ type: EventType, version: UInt16, payload: [UInt8]
    ) throws(LogError) -> (version: UInt16, payload: [UInt8]) {
        if steps.isEmpty { return (version, payload) }
        var (version, payload) = (version, payload)
        while let (to, step) = steps[Key(type: type, version: version)] {
            do {
                payload = try step(payload)
            } catch {
                throw .invalid(
                    argument: "upcaster of event type \(type.rawValue) from schema version \(version)",
                    reason: "it failed: \(error)")
            }
            version = to
        }
        return (version, payload)
    }
}
