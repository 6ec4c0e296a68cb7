// swift-tools-version: 6.2
import PackageDescription

// With BEAVER_ENGINE_ONLY=1 the package holds the engine, the simulator and their tests alone: no HTTP, no command line,
// none of their dependencies. Sanitizer runs and embedders' builds use it.
let engineOnly = Context.environment["BEAVER_ENGINE_ONLY"] == "1"

let swiftSettings: [SwiftSetting] = [
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0335-existential-any.md
    .enableUpcomingFeature("ExistentialAny"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0444-member-import-visibility.md
    .enableUpcomingFeature("MemberImportVisibility"),
    // https://github.com/swiftlang/swift-evolution/blob/main/proposals/0409-access-level-on-imports.md
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let collections: [Target.Dependency] = [
    .product(name: "HeapModule", package: "swift-collections"),
    .product(name: "DequeModule", package: "swift-collections"),
]

var products: [Product] = [
    .library(name: "BeaverQueue", targets: ["BeaverQueue"])
]

var dependencies: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0")
]

var targets: [Target] = [
    .target(name: "CBeaver"),
    .target(name: "BeaverQueue", dependencies: ["CBeaver"] + collections, swiftSettings: swiftSettings),
    .target(name: "BeaverSimulation", dependencies: ["BeaverQueue"], swiftSettings: swiftSettings),
    .target(
        name: "BeaverTestSupport",
        dependencies: ["BeaverQueue", "BeaverSimulation"],
        path: "Tests/BeaverTestSupport",
        swiftSettings: swiftSettings
    ),
    .testTarget(
        name: "BeaverQueueTests",
        dependencies: ["BeaverQueue", "BeaverSimulation", "BeaverTestSupport"],
        swiftSettings: swiftSettings
    ),
    .testTarget(
        name: "BeaverSimulationTests",
        dependencies: ["BeaverQueue", "BeaverSimulation", "BeaverTestSupport"],
        swiftSettings: swiftSettings
    ),
    .testTarget(name: "TidyTests", swiftSettings: swiftSettings),
]

if !engineOnly {
    products.append(.executable(name: "beaver-tui", targets: ["beaver-tui"]))
    dependencies += [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ]
    targets += [
        .target(
            name: "CNcurses",
            linkerSettings: [.linkedLibrary("ncursesw"), .linkedLibrary("tinfo")]
        ),
        .target(name: "BeaverConsole", dependencies: ["BeaverQueue", "CNcurses"], swiftSettings: swiftSettings),
        .testTarget(
            name: "BeaverConsoleTests",
            dependencies: ["BeaverConsole", "BeaverQueue", "BeaverTestSupport"],
            exclude: ["Screens"],
            swiftSettings: swiftSettings
        ),
        .target(
            name: "BeaverServer",
            dependencies: [
                "BeaverQueue",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .executableTarget(
            name: "beaver-tui",
            dependencies: [
                "BeaverConsole", "BeaverQueue", "BeaverServer", "BeaverSimulation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "BeaverServerTests",
            dependencies: [
                "BeaverServer", "BeaverQueue", "BeaverSimulation", "BeaverTestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: swiftSettings
        ),
        .testTarget(
            name: "BeaverCommandTests",
            dependencies: [
                "beaver-tui", "BeaverServer", "BeaverQueue", "BeaverTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: swiftSettings
        ),
    ]
}

let package = Package(
    name: "beaver-tui",
    products: products,
    dependencies: dependencies,
    targets: targets,
    swiftLanguageModes: [.v6]
)
