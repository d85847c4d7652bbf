// What many records in the state cost: a start, a sweep and an image, for 10,000 and for 100,000.
import Bytes
import Glibc
import Platform
import Tail

/// CPU seconds of the steps of an agent whose state holds so many records of files that are
/// nowhere, and 50 files.
private struct RecordCosts {
    var start = 0.0
    var sweep = 0.0
    var image = 0.0
    var bytes = 0
}

/// Prints the costs for both numbers and how they grow.
func measureRecords() {
    let few = recordCosts(10_000)
    let many = recordCosts(100_000)
    for (count, costs) in [(10_000, few), (100_000, many)] {
        print(
            "\(count) records: start \(milliseconds(costs.start)),"
                + " sweep \(milliseconds(costs.sweep)), image \(milliseconds(costs.image))"
                + " and \(costs.bytes) B")
    }
    func ratio(_ part: (RecordCosts) -> Double) -> Double {
        (part(many) / part(few) * 10).rounded() / 10
    }
    print(
        "ten times the records: start x \(ratio { $0.start }), sweep x \(ratio { $0.sweep }),"
            + " image x \(ratio { $0.image })")
}

private func milliseconds(_ seconds: Double) -> String {
    "\((seconds * 10_000).rounded() / 10) ms"
}

private func recordCosts(_ count: Int) -> RecordCosts {
    let directory = Path("/tmp/tailproof-records-\(getpid())")
    defer { remove(directory) }
    do {
        try prepare(directory, count)
        var costs = RecordCosts()
        var best = Double.infinity
        for _ in 0..<5 {
            let now = try run(directory, count)
            if now.start + now.sweep + now.image < best {
                best = now.start + now.sweep + now.image
                costs = now
            }
        }
        return costs
    } catch { fail("\(error)") }
}

/// 50 files, and a state that knows them and so many others.
private func prepare(_ directory: Path, _ count: Int) throws {
    let disk = LinuxFileSystem()
    try disk.makeDirectory(directory)
    try disk.makeDirectory(directory.appending("logs"))
    for number in 0..<50 {
        let file = try disk.openForWriting(directory.appending(Path("logs/\(number).log")))
        try disk.write(file, Array("one\n".utf8).span, at: 0)
        disk.close(file)
    }
    var random = SystemRandomNumberGenerator()
    var store = try StateStore(directory: directory.appending("state"), files: disk)
    let state = try store.load(home: "home", random: &random)
    var payload = ByteBuffer(capacity: 64 << 20)
    var scratch = ByteBuffer(capacity: 1024)
    StatePayload.append(state.volume, to: &payload)
    for number in 0..<count {
        var record = FileRecord(
            incarnation: Incarnation(birth: SystemClock().wall(), after: nil, using: &random),
            path: directory.appending(Path("logs/gone-access.2026-11-21.\(number).log")))
        record.device = 1
        record.inode = 1 << 40 + UInt64(number)
        record.size = 1 << 20
        record.committed = 1 << 20
        record.headLength = 1024
        record.lastTime = 1_700_000_000
        record.tally.add(.stored, events: 5_000, bytes: 1 << 20)
        StatePayload.append(record, scratch: &scratch, to: &payload)
    }
    _ = try store.write(image: payload.bytes)
}

private func run(_ directory: Path, _ count: Int) throws -> RecordCosts {
    let disk = LinuxFileSystem()
    var random = SystemRandomNumberGenerator()
    var costs = RecordCosts()
    var begun = cpuTime()
    func lap() -> Double {
        defer { begun = cpuTime() }
        return cpuTime() - begun
    }
    var store = try StateStore(directory: directory.appending("state"), files: disk)
    let state = try store.load(home: "home", random: &random)
    guard state.records.count == count else { fail("\(state.records.count) records") }
    var tailer = Tailer(
        state: state, inputs: [TailInput(globs: [Glob(directory.appending("logs/*.log"))])],
        maxLine: 1 << 18, disk: disk, clock: SystemClock(), random: random)
    tailer.runSweep()
    costs.start = lap()
    tailer.runSweep()
    costs.sweep = lap()
    var image = ByteBuffer(capacity: 64 << 20)
    tailer.encodeImage(into: &image)
    costs.image = lap()
    costs.bytes = image.count
    keep(Int64(image.count))
    return costs
}

private func remove(_ directory: Path) {
    let disk = LinuxFileSystem()
    for part in ["logs", "state"] as [Path] {
        let path = directory.appending(part)
        for entry in (try? disk.entries(of: path)) ?? [] {
            try? disk.remove(path.appending(entry.name))
        }
        _ = path.withCString { rmdir($0) }
    }
    _ = directory.withCString { rmdir($0) }
}
