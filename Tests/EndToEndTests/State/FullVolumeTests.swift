// The agent on a state volume that is full.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd.StateVolume {
    @Suite("Full volume") struct FullVolumeTests {
        /// A stage whose state is a directory on a volume of that kind.
        private func stage(_ kind: Volume.Kind) throws -> (Stage, Volume) {
            let stage = try Stage()
            let volume = try Volume(kind, over: stage.scratch.directory("volume"), bytes: 4 << 20)
            stage.settings.state = "\(volume.path)/state"
            return (stage, volume)
        }

        private static let kinds: [Volume.Kind] =
            (Volume.canMountMemory ? [.tmpfs] : []) + (Volume.canMountLoop ? [.ext4] : [])

        /// Writes in steps, each of which must become durable.
        private func expectDurable(
            _ writer: LogWriter, at stage: Stage, steps: Int, _ agent: AgentProcess
        ) throws {
            for step in 0..<steps {
                try writer.write(100)
                let end = ContinuousClock.now + patience
                while ContinuousClock.now < end, try !stage.isSettled {
                    Thread.sleep(forTimeInterval: 0.02)
                }
                #expect(try stage.isSettled, "step \(step): \(agent.log)")
            }
            #expect(!agent.log.contains("state.write_failed"), "\(agent.log)")
        }

        /// Items that were answered by 409: what was sent again.
        private func resent(_ stage: Stage) -> Int {
            stage.server.requests.reduce(0) { $0 + $1.items.count { $0.status == 409 } }
        }

        @Test(
            "D51: on a full volume offsets go on becoming durable, and little is sent again",
            .enabled(if: !kinds.isEmpty, "mounting a small volume needs root"),
            arguments: kinds, [true, false])
        func d51(kind: Volume.Kind, beforeStart: Bool) throws {
            let (stage, volume) = try stage(kind)
            let writer = try stage.writer()
            try writer.write(100)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            if beforeStart {
                #expect(first.terminate() == .exited(0))
                try volume.fill()
            }
            let second = beforeStart ? try stage.start() : first
            if !beforeStart { try volume.fill() }
            try expectDurable(writer, at: stage, steps: 3 * torture, second)
            // A new file needs a birth record, which needs no room either.
            try writer.rotate()
            try expectDurable(writer, at: stage, steps: 1, second)
            // Only what came since may be sent again.
            try writer.write(50)
            #expect(stage.everythingArrives())
            second.kill()
            #expect(resent(stage) == 0)
            let third = try stage.start()
            try writer.write(10)
            stage.expectNothingLost(from: third)
            #expect(resent(stage) <= 50, "\(resent(stage)) lines were sent again")
        }

        @Test(
            "D51: full before the first start, the agent says so, and starts once there is room",
            .enabled(if: !kinds.isEmpty, "mounting a small volume needs root"), arguments: kinds)
        func first(kind: Volume.Kind) throws {
            let (stage, volume) = try stage(kind)
            let writer = try stage.writer()
            try writer.write(100)
            try volume.fill()
            let agent = try stage.start()
            #expect(agent.wait(atMost: patience) == .exited(1))
            let refusal = "tailproof: state: \(stage.settings.state)"
            #expect(agent.lastWords.hasPrefix(refusal), "\(agent.log)")
            #expect(agent.lastWords.contains("No space left on device"), "\(agent.log)")
            #expect(agent.lastWords.contains("384 KiB"), "\(agent.log)")
            #expect(stage.server.requests.allSatisfy { $0.items.isEmpty })
            try volume.free()
            let second = try stage.start()
            stage.expectAllOnce(from: second)
        }
    }
}
