// Copies of logs: copied and truncated, or compressed, byte by byte while the agent looks on.
import Platform
import ScriptedServer
import Tail
import TestKit

/// A copy that is being written.
struct SimulatedCopy {
    /// A copy to be truncated after, or a gzip whose file is removed then.
    let isGzip: Bool
    let path: Path
    let inode: UInt64
    let source: Path
    let sourceInode: UInt64
    /// The ledger file of what is copied.
    let file: Int
    /// What is still to be written.
    var rest: [UInt8]
    /// Bytes of the source that the copy has in the end.
    let length: Int
}

extension World {
    /// Rotated names of some logs lie within the patterns: there copies are found.
    private func keepsCopies(_ index: Int) -> Bool {
        !logs[index].dated && logs[index].number % 2 == 1
    }

    /// Begins a copy of a live log, goes on with it, or cuts the log behind it.
    mutating func copyTruncateSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        guard keepsCopies(index), let inode = logs[index].inode else { return }
        if logs[index].copy != nil { return goOnCopying(index) }
        finishTornLine(index)
        bringBack(index)
        shiftOldNames(index)
        let path = placeOfCopy("/logs/access\(logs[index].number).log.1.log".path)
        if disk.names[path] != nil { return }
        beginCopy(
            index, isGzip: false, to: path, of: logs[index].path, inode, file: logs[index].file)
    }

    /// Begins to compress a file that is not written any more, or goes on.
    mutating func compressSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        if logs[index].copy != nil { return goOnCopying(index) }
        guard let source = rotatedFiles(index).randomElement(using: &random),
            let inode = disk.names[source],
            let file = oracle.files(of: inode).last
        else { return }
        let path = placeOfCopy(gzipName(of: source))
        if disk.names[path] != nil { return }
        beginCopy(index, isGzip: true, to: path, of: source, inode, file: file)
    }

    private func gzipName(of path: Path) -> Path {
        Path(bytes: path.bytes + Array(".gz".utf8))
    }

    /// Beside its file, or in another directory that the patterns know.
    private mutating func placeOfCopy(_ path: Path) -> Path {
        Int.random(in: 0..<3, using: &random) == 0 ? "/archive".path.appending(path.name) : path
    }

    /// Files of a log that are not written any more, under names within the patterns: plain ones,
    /// and gzips, too.
    func rotatedFiles(_ index: Int, packed: Bool = false) -> [Path] {
        var names: [Path] = []
        if logs[index].dated {
            names = (1..<max(2, logs[index].day)).map {
                "/logs/dated.\(logs[index].number).2018-09-\(10 + $0).txt".path
            }
        } else if keepsCopies(index) {
            names = (1...4).map { "/logs/access\(logs[index].number).log.\($0).log".path }
        }
        if packed { names += names.map(gzipName) }
        return names.filter { disk.names[$0] != nil && $0 != logs[index].path }
    }

    private mutating func beginCopy(
        _ index: Int, isGzip: Bool, to path: Path, of source: Path, _ inode: UInt64, file: Int
    ) {
        let bytes = disk.inodes[inode]?.bytes ?? []
        let isLeaving = agent.map { $0.pump.phase != .running } ?? false
        let hadNames = linked.contains(file) || (disk.inodes[inode]?.links ?? 0) > 1
        if isLeaving || hadNames { forgiven.insert(file) }
        trace("\(isGzip ? "compress" : "copy") \(source) to \(path), \(bytes.count) bytes")
        logs[index].copy = SimulatedCopy(
            isGzip: isGzip, path: path, inode: disk.createFile(path), source: source,
            sourceInode: inode, file: file, rest: isGzip ? gzipped(bytes) : bytes,
            length: bytes.count)
        if let copy = logs[index].copy {
            oracle.opened(file, inode: copy.inode, generation: 0)
        }
    }

    /// Writes some of the copy; or, when it is whole, does away with its source.
    private mutating func goOnCopying(_ index: Int) {
        guard var copy = logs[index].copy else { return }
        guard copy.rest.isEmpty else {
            var piece = copy.rest.prefix(Int.random(in: 1...copy.rest.count, using: &random))
            if copy.isGzip {
                disk.append(Array(piece), to: copy.inode)
            } else if copy.rest[0] == 0 {
                let data = copy.rest.firstIndex { $0 != 0 } ?? copy.rest.count
                // Holes stay holes, as cp(1) and logrotate(8) have it.
                piece = copy.rest[..<data]
                disk.skip(copy.inode, to: copy.length - copy.rest.count + data)
            } else {
                piece = piece.prefix { $0 != 0 }
                disk.append(Array(piece), to: copy.inode)
            }
            copy.rest.removeFirst(piece.count)
            logs[index].copy = copy
            return
        }
        logs[index].copy = nil
        copies.append(copy)
        // Shorter than the first window that was read of its file, it may be known by nothing.
        if copy.length < 6_000 { forgiven.insert(copy.file) }
        if copy.isGzip {
            trace("remove \(copy.source), compressed")
            if disk.inodes[copy.sourceInode]?.links == 1 { oracle.closed(copy.sourceInode) }
            disk.remove(copy.source)
        } else {
            trace("truncate \(copy.source), copied")
            logs[index].torn = nil
            excuseUnstored(copy.file, from: copy.length)
            disk.truncate(copy.sourceInode)
            beginGeneration(index, copy.sourceInode)
        }
    }

    /// Ends a copy at once.
    mutating func finishCopying(_ index: Int) {
        while logs[index].copy != nil { goOnCopying(index) }
    }

    /// The agent is about to die, and knows things of copies that its state may not say: that it
    /// read further than the copy goes, or what the head was.
    mutating func forgiveUnproven() {
        guard let agent else { return }
        for case let file? in agent.pump.tailer.files {
            guard let number = oracle.file(of: file.record.incarnation) else { continue }
            if file.durable == 0 { forgiven.insert(number) }
            for copy in copies + logs.compactMap(\.copy) where copy.file == number {
                let isAdopted = file.record.inode == copy.inode
                if !isAdopted && file.position > UInt64(copy.length) { forgiven.insert(number) }
            }
        }
    }
}
