// swift-tools-version: 6.2
// A program of somebody else's that embeds the queue: nothing of it but the product BeaverQueue.
import PackageDescription

let package = Package(
    name: "embed",
    dependencies: [
        .package(name: "beaver-tui", path: "../.."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "embed",
            dependencies: [
                .product(name: "BeaverQueue", package: "beaver-tui"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
