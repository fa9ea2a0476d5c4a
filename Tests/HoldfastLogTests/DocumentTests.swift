import Foundation
import Testing

/// The code that documents show is code that compiles.
@Suite struct DocumentTests {
    private static let root = GoldenLog.tests.deletingLastPathComponent()

    @Test("all code on docs/EVENT-STORE.md stands in Examples/Orders")
    func eventStorePage() throws {
        let page = try String(contentsOf: Self.root.appendingPathComponent("docs/EVENT-STORE.md"), encoding: .utf8)
        let sources = try ["Order.swift", "Shop.swift", "Main.swift"].map { name in
            let file = Self.root.appendingPathComponent("Examples/Orders/" + name)
            return Self.flattened(try String(contentsOf: file, encoding: .utf8))
        }
        let blocks = page.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.count > 5)
        for block in blocks {
            #expect(sources.contains { $0.contains(Self.flattened(block)) }, "not in the example:\n\(block)")
        }
    }

    /// The lines without their indentation, which differs between a page and a file.
    private static func flattened(_ code: String) -> String {
        code.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: "\n")
    }
}
