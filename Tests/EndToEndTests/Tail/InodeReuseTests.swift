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

        private func inode(_ path: String) throws -> UInt64 {
            var status = stat()
            try check("stat", stat(path, &status))
            return UInt64(status.st_ino)
        }

        private func world(_ inodeBytes: Int) throws -> (Stage, LoopVolume) {
            let stage = try Stage()
            let volume = try LoopVolume(stage.scratch, inodeBytes: inodeBytes)
            stage.settings.paths = ["\(volume.path)/access.log"]
            return (stage, volume)
        }

        private func writer(_ stage: Stage, _ volume: LoopVolume, _ stream: String) throws
            -> LogWriter
        {
            try LogWriter(
                volume.path, name: "access.log", stream: stream, ledger: stage.ledger,
                lineLength: 200)
        }

        @Test(arguments: InodeReuseTests.inodeBytes)
        func `D40: made anew with the same inode while the agent runs, a file is read from 0`(
            _ inodeBytes: Int
        ) throws {
            let (stage, volume) = try world(inodeBytes)
            var old: LogWriter? = try writer(stage, volume, "a")
            try old?.write(100)
            let path = "\(volume.path)/access.log"
            let before = try inode(path)
            let agent = try stage.start()
            #expect(stage.everythingArrives())
            try check("unlink", unlink(path))
            old = nil
            // Until the agent lets go of it, nobody gets its inode.
            #expect(agent.says("file.finished"))
            let new = try writer(stage, volume, "b")
            try new.write(300)
            #expect(try inode(path) == before)
            stage.expectAllOnce(from: agent)
        }

        @Test(arguments: InodeReuseTests.inodeBytes)
        func `D40: made anew with the same inode while no agent runs, a file is read from 0`(
            _ inodeBytes: Int
        ) throws {
            let (stage, volume) = try world(inodeBytes)
            var old: LogWriter? = try writer(stage, volume, "a")
            try old?.write(100)
            let path = "\(volume.path)/access.log"
            let before = try inode(path)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            try check("unlink", unlink(path))
            old = nil
            let new = try writer(stage, volume, "b")
            try new.write(300)
            #expect(try inode(path) == before)
            stage.expectAllOnce(from: try stage.start())
        }

        @Test(arguments: InodeReuseTests.inodeBytes)
        func `D40: even a file of the same inode that begins with the same bytes is another one`(
            _ inodeBytes: Int
        ) throws {
            let (stage, volume) = try world(inodeBytes)
            var old: LogWriter? = try writer(stage, volume, "a")
            try old?.write(100)
            let path = "\(volume.path)/access.log"
            let before = try inode(path)
            let first = try stage.start()
            #expect(stage.everythingArrives())
            #expect(first.terminate() == .exited(0))
            let bytes = try Data(contentsOf: URL(filePath: path))
            try check("unlink", unlink(path))
            old = nil
            try (bytes + bytes).write(to: URL(filePath: path))
            #expect(try inode(path) == before)
            let second = try stage.start()
            #expect(stage.server.wait(atMost: patience) { $0.store.count >= 300 })
            #expect(second.terminate() == .exited(0))
            let ids = stage.server.read { $0.store.documents.map(\.id) }
            #expect(ids.count == 300)
            #expect(Set(ids).count == 300)
        }
    }
}
