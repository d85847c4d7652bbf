// `cat --follow`: the pump and all around it in one thread, nothing kept.
import Bytes
import Elastic
import Platform
import Tail

/// Prints what files hold and what is added to them, across rotation, until the sink refuses. The
/// agent's own pump reads; what it wants durable counts as durable at once, and a printed batch as
/// stored. Owned by one thread.
package struct Follower: ~Copyable {
    private var loop: PumpLoop
    private let channels: Channels
    private let rendering: Rendering
    private let sink: DocumentSink
    private var text = ByteBuffer(capacity: 64 << 10)

    /// - Parameters:
    ///   - ignored: files that are never read: what is printed.
    ///   - log: what happened to files.
    init(
        settings: PumpSettings, lives: Lives, ignored: [FileStatus], log: Log,
        rendering: Rendering, sink: @escaping DocumentSink
    ) throws(SystemError) {
        var settings = settings
        settings.batches = 1
        // Nothing waits for company: it was written to be seen.
        settings.batch.age = .zero
        let control = try Control()
        let disk = LinuxFileSystem()
        let state = LoadedState(volume: VolumeRecord(home: "", agentID: []))
        var tailer = Tailer(
            state: state, inputs: settings.inputs, maxLine: settings.maxLine, disk: disk,
            clock: lives.clock, random: lives.random)
        for file in ignored { tailer.ignore(device: file.device, inode: file.inode) }
        channels = Channels(batches: settings.batches, waker: control.pumpWaker)
        let pump = Pump(
            settings: settings, tailer: tailer, channels: channels, clock: lives.clock, log: log)
        loop = PumpLoop(pump: pump, pulse: nil, control: control, disk: disk, log: log)
        self.rendering = rendering
        self.sink = sink
    }

    /// Returns only by throwing what the sink throws.
    package mutating func run() throws(SystemError) {
        while loop.step() {
            try printBatches()
            answerAsKeeper()
            loop.pause()
        }
    }

    private mutating func printBatches() throws(SystemError) {
        while var batch = channels.full.takeNow() {
            text.clear()
            rendering.append(batch.body.bytes, to: &text)
            try sink(text.bytes)
            for index in batch.fates.indices { batch.fates[index] = .stored }
            channels.returned.put(Return(shipper: 0, batch: batch))
        }
    }

    private func answerAsKeeper() {
        while let request = channels.toKeeper.takeNow() {
            switch consume request {
            case .births(let records):
                channels.fromKeeper.put(.births(durable: records.count, error: nil))
            case .park: preconditionFailure("nobody refuses what is printed")
            case .image(let payload): channels.fromKeeper.put(.image(payload, error: nil))
            }
        }
    }
}
