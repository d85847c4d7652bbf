// A new file that has the inode of an old one.
import Foundation
import Glibc
import ScriptedServer
import Testing

extension EndToEnd {
    @Suite("Inodes used again", .enabled(if: LoopVolume.isPossible, "needs root and loop devices"))
    struct InodeReuseTests {
        /// ext4 with a time of birth, and without.
        private static let inodeBytes = [256, 128]

        private static func inode(_ path: String) throws -> UInt64 {
            var status = stat()
            try check("stat", stat(path, &status))
            return UInt64(status.st_ino)
        }

        /// A log on a volume of its own, 100 lines of which are stored, and its inode.
        private struct World {
            let stage: Stage
            private let volume: LoopVolume
            let agent: AgentProcess
            let path: String
            let inode: UInt64
            private var old: LogWriter?

            init(_ inodeBytes: Int) throws {
                stage = try Stage()
                volume = try LoopVolume(stage.scratch, inodeBytes: inodeBytes)
                path = "\(volume.path)/access.log"
                stage.settings.paths = [path]
                old = try World.writer(stage, path, "a")
                try old?.write(100)
                inode = try InodeReuseTests.inode(path)
                agent = try stage.start()
                #expect(stage.everythingArrives())
            }

            mutating func remove() throws {
                try check("unlink", unlink(path))
                old = nil
            }

            /// Writes 300 lines to a new file, which has the same inode.
            func writeAnew() throws {
                try World.writer(stage, path, "b").write(300)
                #expect(try InodeReuseTests.inode(path) == inode)
            }

            private static func writer(
                _ stage: Stage, _ path: String, _ stream: String
            ) throws -> LogWriter {
                try LogWriter(
                    (path as NSString).deletingLastPathComponent, name: "access.log",
                    stream: stream, ledger: stage.ledger, lineLength: 200)
            }
        }

        @Test(arguments: InodeReuseTests.inodeBytes)
        func `D40: made anew with the same inode while the agent runs, a file is read from 0`(
            _ inodeBytes: Int
        ) throws {
            var world = try World(inodeBytes)
            try world.remove()
            // Until the agent lets go of it, nobody gets its inode.
            #expect(world.agent.says("file.finished"))
            try world.writeAnew()
            world.stage.expectAllOnce(from: world.agent)
        }

        @Test(arguments: InodeReuseTests.inodeBytes)
        func `D40: made anew with the same inode while no agent runs, a file is read from 0`(
            _ inodeBytes: Int
        ) throws {
            var world = try World(inodeBytes)
            #expect(world.agent.terminate() == .exited(0))
            try world.remove()
            try world.writeAnew()
            world.stage.expectAllOnce(from: try world.stage.start())
        }

        @Test(arguments: InodeReuseTests.inodeBytes)
        func `D40: even a file of the same inode that begins with the same bytes is another one`(
            _ inodeBytes: Int
        ) throws {
            var world = try World(inodeBytes)
            #expect(world.agent.terminate() == .exited(0))
            let bytes = try Data(contentsOf: URL(filePath: world.path))
            try world.remove()
            try (bytes + bytes).write(to: URL(filePath: world.path))
            #expect(try InodeReuseTests.inode(world.path) == world.inode)
            let second = try world.stage.start()
            #expect(world.stage.server.wait(atMost: patience) { $0.store.count >= 300 })
            #expect(second.terminate() == .exited(0))
            let ids = world.stage.server.read { $0.store.documents.map(\.id) }
            #expect(ids.count == 300)
            #expect(Set(ids).count == 300)
        }
    }
}
