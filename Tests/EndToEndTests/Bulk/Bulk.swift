// Bulk requests against a scripted server: the suite, and what its tests have in common.
import Foundation
import ScriptedServer
import Testing

extension EndToEnd {
    /// Tests are named by their number in the catalogue of what must hold of a log shipper.
    @Suite("Bulk requests") enum Bulk {
        /// Ships so many lines past a script that ends by itself or is stopped `meanwhile`, and
        /// expects each line once.
        @discardableResult
        static func expectAllOnce(
            past script: Script, lines: Int = 3000, flavour: Flavour = .opensearch,
            place: SourceLocation = #_sourceLocation, meanwhile: (Stage) throws -> Void = { _ in }
        ) throws -> Stage {
            let stage = try Stage(script, flavour: flavour)
            try stage.writer().write(lines * torture)
            let agent = try stage.start()
            try meanwhile(stage)
            stage.expectAllOnce(from: agent, place)
            return stage
        }

        /// How long outages last.
        static let outage = Duration.seconds(5 * torture)

        /// Lets the agents of several stages at once meet nothing but misdeeds for the time of an
        /// outage, expects less than two requests a second and connection, heals the servers and
        /// expects each line once.
        static func expectPatience(
            in scripts: [Script], place: SourceLocation = #_sourceLocation
        ) throws {
            let trials = try scripts.map { script in
                let stage = try Stage(script)
                try stage.writer().write(400)
                return (stage: stage, agent: try stage.start())
            }
            for (stage, _) in trials { #expect(stage.requestsPass(1), sourceLocation: place) }
            Thread.sleep(forTimeInterval: outage / .seconds(1))
            let logs = trials.map { $0.stage.server.requests }
            for (stage, _) in trials { stage.server.play(.healthy) }
            for ((stage, agent), requests) in zip(trials, logs) {
                let times = requests.map(\.time)
                let span = (times.max() ?? .zero) - (times.min() ?? .zero)
                let seconds = max(span, outage) / .seconds(1)
                let rate = Double(times.count) / seconds / Double(stage.settings.connections)
                #expect(rate < 2, "\(times)", sourceLocation: place)
                #expect(times.count > 1, sourceLocation: place)
                let isStored = requests.contains { $0.items.contains { $0.status == 201 } }
                #expect(!isStored, sourceLocation: place)
                try stage.writer("b", name: "access.log.b").write(1000)
                stage.expectAllOnce(from: agent, place)
            }
        }
    }
}
