// Many records in the state, and records whose file, directory or volume is not there.
import Glibc
import Platform
import TestKit
import Testing

@testable import Tail

@Suite("Records of the state") struct TailerRecordsTests {
    /// A tailer whose state has so many records of files that are nowhere, and those of 50 files.
    private func crowd(_ count: Int) -> Tailing {
        let tailing = Tailing()
        for number in 0..<50 { tailing.file(Path("/logs/\(number).log"), "\(number)\n") }
        tailing.cycle()
        tailing.rewriteState { records in
            let model = records[0]
            for number in 0..<count {
                var record = model
                record.incarnation = Incarnation(
                    high: UInt64(number + 1) << 16, low: UInt64(number))
                record.inode = UInt64(1_000_000 + number)
                record.path = Path("/logs/gone-\(number).log")
                record.origin = record.path
                records.insert(record, at: number)
            }
        }
        tailing.restart()
        return tailing
    }

    @Test("each found file looks at the records of its own inode, each sweep once at the others")
    func linear() {
        var costs: [(looks: Int, calls: Int)] = []
        for count in [10_000, 100_000] {
            let tailing = crowd(count)
            #expect(tailing.waiting.count == count + 50)
            let calls = tailing.disk.looks
            tailing.sweep()
            #expect(tailing.waiting.count == count)
            #expect(tailing.waiting.looks == 50 + count)
            costs.append((tailing.waiting.looks, tailing.disk.looks - calls))
            tailing.sweep()
            #expect(tailing.waiting.looks == 50 + 2 * count)
            tailing.image()
            #expect(tailing.durable.count == count + 50)
        }
        #expect(costs[0].calls == costs[1].calls, "what is asked of the disk is for its files")
        for file in [costs[0].calls] { #expect(file < 50 * 4 + 10) }
    }

    @Test("all are forgotten in the end, and those that are there are not")
    func collected() {
        let tailing = crowd(10_000)
        tailing.cycles(31)
        #expect(tailing.waiting.count == 0)
        tailing.image()
        #expect(tailing.durable.count == 50)
        #expect(tailing.texts.count == 50, "none is read again")
        #expect(tailing.total.bytes(.abandonedByDeletion) == 0)
    }

    // MARK: - Directories that are gone

    /// A file in a directory of its own is read, and then neither is there.
    private func vanished(whileDown: Bool = true) -> Tailing {
        let tailing = Tailing(["/logs/*/a.log"])
        tailing.world.addDirectory("/logs/pod")
        tailing.file("/logs/pod/a.log", "one\n")
        tailing.cycles(70)
        tailing.world.remove("/logs/pod/a.log")
        tailing.world.unreadable["/logs/pod"] = ENOENT
        if whileDown { tailing.restart() }
        return tailing
    }

    private func known(_ tailing: Tailing) -> Int { tailing.waiting.count + tailing.files.count }

    @Test(
        "with its directory a file is forgotten after an hour, not before",
        arguments: [true, false])
    func directoryGone(whileDown: Bool) {
        let tailing = vanished(whileDown: whileDown)
        for _ in 0..<3590 { tailing.sweep() }
        #expect(known(tailing) == 1)
        for _ in 0..<20 { tailing.sweep() }
        #expect(known(tailing) == 0)
        tailing.image()
        #expect(tailing.durable.isEmpty)
        #expect(tailing.total.bytes(.stored) == 4)
    }

    @Test(
        "never while what is left of the way to it is on another device, or cannot be looked at",
        arguments: [true, false])
    func volumeMissing(whileDown: Bool) {
        for problem in 0..<2 {
            let tailing = vanished(whileDown: whileDown)
            if problem == 0 {
                tailing.world.devices["/logs"] = 2
            } else {
                tailing.world.unreadable["/logs"] = EACCES
            }
            for _ in 0..<4000 { tailing.sweep() }
            #expect(known(tailing) == 1)
            tailing.world.devices = [:]
            tailing.world.unreadable = [:]
            tailing.cycles(40)
            #expect(known(tailing) == 0, "the directory is there again, and empty")
        }
    }

    @Test("an empty directory on another device is a mount point, not a proof")
    func emptyMountPoint() {
        let tailing = Tailing()
        let inode = tailing.file("/logs/a.log", "one\n")
        tailing.cycles(70)
        tailing.restart()
        tailing.world.rename("/logs/a.log", to: "/elsewhere/a.log")
        tailing.world.devices["/logs"] = 2
        tailing.cycles(4000)
        #expect(known(tailing) == 1)
        tailing.world.rename("/elsewhere/a.log", to: "/logs/a.log")
        tailing.world.devices = [:]
        tailing.append("two\n", to: inode)
        tailing.cycles(2)
        #expect(tailing.texts == ["one", "two"])
    }
}
