// swift-tools-version: 6.2
import PackageDescription

// Everything below builds from the toolchain and Debian's -dev packages alone: no outside Swift
// package.

let strict: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),

    .treatAllWarnings(as: .error),
]

/// A module of the product: strict memory safety, warnings are errors.
func module(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A C library that Debian ships, named as `pkg-config` and `apt` know it.
func library(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let testSettings: [SwiftSetting] = [
    .enableExperimentalFeature("Lifetimes"),
    .enableUpcomingFeature("ExistentialAny"),
    .treatAllWarnings(as: .error),
]

func tests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, swiftSettings: testSettings)
}

let isal: Target.Dependency = .target(name: "CISAL", condition: .when(traits: ["ISAL"]))

let package = Package(
    name: "tailproof",
    products: [.executable(name: "tailproof", targets: ["tailproof"])],
    traits: [
        .trait(name: "ISAL", description: "Deflate by Intel's ISA-L (libisal) instead of zlib."),
        .default(enabledTraits: ["ISAL"]),
    ],
    targets: [
        .target(name: "CLinux"),
        library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
        library("CISAL", pkgConfig: "libisal", apt: "libisal-dev"),
        library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        library("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        library("CXXHash", pkgConfig: "libxxhash", apt: "libxxhash-dev"),

        module("Bytes", ["CLinux", "CXXHash"]),
        module("Platform", ["CLinux", "Bytes"]),
        module("AccessLog", ["Bytes"]),
        module("Tail", ["Bytes", "Platform", "CZlib"]),
        module("Elastic", ["Bytes", "Platform", "CZlib", isal, "CCurl"]),
        module("Agent", ["Bytes", "Platform", "AccessLog", "Tail", "Elastic", "CYAML"]),
        .executableTarget(
            name: "tailproof", dependencies: ["Agent", "CLinux"], swiftSettings: strict),

        .target(
            name: "TestKit", dependencies: ["Bytes", "Platform", "CZlib"], path: "Tests/TestKit",
            swiftSettings: testSettings),
        .target(
            name: "ScriptedServer", dependencies: ["CZlib"], path: "Tests/ScriptedServer",
            swiftSettings: testSettings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: ["Bytes", "Platform", "AccessLog", "Tail", "Elastic", "Agent"],
            path: "Tests/Benchmarks", exclude: ["corpus", "floor", "idle.sh", "run.sh"],
            swiftSettings: testSettings),
        tests("BytesTests", ["Bytes", "TestKit"]),
        tests("PlatformTests", ["Platform", "Bytes", "TestKit"]),
        tests("AccessLogTests", ["AccessLog", "Bytes", "TestKit"]),
        tests(
            "TailTests", ["Tail", "Bytes", "Platform", "TestKit", "ScriptedServer"],
            exclude: ["Fixtures"]),
        tests("ElasticTests", ["Elastic", "Bytes", "Platform", "TestKit"]),
        tests(
            "AgentTests",
            [
                "Agent", "AccessLog", "Bytes", "Platform", "Tail", "Elastic", "TestKit",
                "ScriptedServer",
            ], exclude: ["Setup/Golden"]),
        tests(
            "SimulationTests",
            ["Agent", "Tail", "Elastic", "Bytes", "Platform", "TestKit", "ScriptedServer"]),
        tests("EndToEndTests", ["tailproof", "ScriptedServer", "CXXHash"]),
        tests("TidyTests", []),
    ],
    swiftLanguageModes: [.v6]
)

// The fuzzers (Tests/Fuzz/build.sh) need flags of their own: an ordinary build does not see them.
if Context.environment["TAILPROOF_FUZZ"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "Agent", "AccessLog", "Bytes", "Elastic", "Platform", "Tail", "CFuzzer",
            ],
            path: "Tests/Fuzz", exclude: ["CFuzzer", "corpus", "build.sh", "run.sh"],
            swiftSettings: testSettings),
    ]
}

// The image is built without the tests: it sees the product alone.
if Context.environment["TAILPROOF_PRODUCT"] != nil {
    package.targets.removeAll { $0.type == .test || $0.path?.hasPrefix("Tests/") == true }
}
