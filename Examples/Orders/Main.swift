import HoldfastLog

/// Opens a shop in the directory that is named on the command line, takes a few orders, and writes a mail for each
/// payment that has none yet. Run it twice: orders are placed once, and no mail goes out again.
@main
struct Main {
    struct Done: Error {}

    static func main() async throws {
        let shop = try await Shop.open(at: CommandLine.arguments.dropFirst().first ?? "orders")
        let isNew = try await shop.place(17, item: "teapot", quantity: 2)
        print(isNew ? "order 17 is placed" : "order 17 was placed before")
        try await shop.pay(17, cents: 4_800)
        if isNew { try await shop.move(from: 17, to: 18, cents: 800) }
        print("\(try await shop.placeMany(100..<200, item: "cup")) more orders")

        let end = shop.store.lastPosition
        do {
            try await shop.follow(as: "mailer") { event in
                if event.type == .orderPaid { print("mail: \(event.stream) at revision \(event.revision)") }
                // The last event is left to the next run: only what was acknowledged counts as done.
                if event.position == end { throw Done() }
            }
        } catch is Done {}
        try await shop.store.snapshot()
        await shop.store.close()
    }
}
