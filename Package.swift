// swift-tools-version: 6.3
import PackageDescription

/// One set of rules for every Swift target: nothing is imported by accident, existentials are visible.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
    name: "Holdfast",
    products: [
        .library(name: "Holdfast", targets: ["Holdfast"]),
        .library(name: "HoldfastLog", targets: ["HoldfastLog"]),
        .executable(name: "holdfast", targets: ["holdfast-cli"]),
    ],
    targets: [
        // What Swift can't say: CRC32C and prefetch instructions, Linux calls behind _GNU_SOURCE.
        .target(name: "CHoldfast", publicHeadersPath: "include"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLz4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CMicrohttpd", pkgConfig: "libmicrohttpd", providers: [.apt(["libmicrohttpd-dev"])]),

        .target(name: "HoldfastMemory", dependencies: ["CHoldfast"], swiftSettings: strict),
        .target(name: "HoldfastText", swiftSettings: strict),
        .target(
            name: "HoldfastLog", dependencies: ["CHoldfast", "CCrypto", "CLz4", "HoldfastMemory"],
            swiftSettings: strict),
        .target(
            name: "HoldfastWallet", dependencies: ["CHoldfast", "HoldfastMemory", "HoldfastLog"],
            swiftSettings: strict),
        .target(
            name: "Holdfast",
            dependencies: ["CHoldfast", "CZlib", "HoldfastLog", "HoldfastWallet", "HoldfastText"],
            swiftSettings: strict),
        .target(
            name: "HoldfastTables",
            dependencies: [
                "CHoldfast", "CSQLite", "Holdfast", "HoldfastLog", "HoldfastWallet", "HoldfastText",
            ],
            swiftSettings: strict),
        .target(
            name: "HoldfastArchive",
            dependencies: [
                "CHoldfast", "CCrypto", "CZlib", "Holdfast", "HoldfastLog", "HoldfastMemory", "HoldfastTables",
                "HoldfastWallet", "HoldfastText",
            ],
            swiftSettings: strict),
        .target(
            name: "HoldfastAudit",
            dependencies: [
                "CHoldfast", "CZlib", "Holdfast", "HoldfastArchive", "HoldfastLog", "HoldfastMemory", "HoldfastTables",
                "HoldfastWallet", "HoldfastText",
            ],
            swiftSettings: strict),
        .target(
            name: "HoldfastService",
            dependencies: [
                "CMicrohttpd", "CHoldfast", "Holdfast", "HoldfastArchive", "HoldfastLog", "HoldfastTables",
                "HoldfastWallet", "HoldfastText",
            ],
            swiftSettings: strict),
        .target(
            name: "HoldfastBench",
            dependencies: [
                "CHoldfast", "CSQLite", "Holdfast", "HoldfastArchive", "HoldfastAudit", "HoldfastLog",
                "HoldfastService", "HoldfastTables", "HoldfastWallet", "HoldfastText",
            ],
            path: "Benchmarks/Harness", swiftSettings: strict),
        .executableTarget(
            name: "holdfast-cli",
            dependencies: [
                "CHoldfast", "Holdfast", "HoldfastArchive", "HoldfastAudit", "HoldfastBench", "HoldfastLog",
                "HoldfastService", "HoldfastTables", "HoldfastWallet", "HoldfastText",
            ],
            swiftSettings: strict),

        .executableTarget(
            name: "Orders", dependencies: ["HoldfastLog"], path: "Examples/Orders", swiftSettings: strict),

        // What several suites need: directories, randomness from a seed.
        .target(name: "HoldfastTestSupport", path: "Tests/HoldfastTestSupport", swiftSettings: strict),
        .target(
            name: "WalletModel", dependencies: ["HoldfastTestSupport"], path: "Tests/WalletModel",
            swiftSettings: strict),
        .target(
            name: "SimulatedDisk", dependencies: ["HoldfastLog"], path: "Tests/SimulatedDisk",
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastMemoryTests", dependencies: ["HoldfastMemory", "HoldfastTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastTextTests", dependencies: ["HoldfastText", "HoldfastTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastLogTests",
            dependencies: ["HoldfastLog", "SimulatedDisk", "CHoldfast", "HoldfastTestSupport"], swiftSettings: strict),
        .testTarget(
            name: "HoldfastWalletTests",
            dependencies: [
                "HoldfastWallet", "HoldfastLog", "HoldfastMemory", "WalletModel", "CHoldfast", "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastTests",
            dependencies: [
                "Holdfast", "HoldfastWallet", "HoldfastLog", "HoldfastText", "WalletModel", "SimulatedDisk",
                "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastTablesTests",
            dependencies: [
                "HoldfastTables", "CSQLite", "Holdfast", "HoldfastWallet", "HoldfastLog", "HoldfastText",
                "WalletModel", "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastArchiveTests",
            dependencies: [
                "HoldfastArchive", "HoldfastTables", "CSQLite", "CZlib", "Holdfast", "HoldfastWallet", "HoldfastLog",
                "HoldfastText", "WalletModel", "SimulatedDisk", "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastAuditTests",
            dependencies: [
                "HoldfastAudit", "HoldfastTables", "HoldfastArchive", "Holdfast", "HoldfastWallet", "HoldfastLog",
                "HoldfastText", "WalletModel", "SimulatedDisk", "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastServiceTests",
            dependencies: [
                "HoldfastService", "HoldfastArchive", "HoldfastTables", "Holdfast", "HoldfastWallet", "HoldfastLog",
                "HoldfastText", "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "HoldfastBenchTests",
            dependencies: [
                "HoldfastBench", "Holdfast", "HoldfastWallet", "HoldfastLog", "HoldfastText", "HoldfastTestSupport",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "Stories", dependencies: ["WalletModel", "holdfast-cli", "HoldfastTestSupport"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
