// Names that come, go and move while their file stays.
import Platform
import TestKit

extension World {
    /// A live log gets one more name that the patterns know, or loses it.
    mutating func linkSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        let name = linkName(index)
        if let inode = disk.names[name] {
            trace("unlink \(name)")
            remove(name, inode)
        } else if let inode = logs[index].inode {
            trace("link \(logs[index].path) as \(name)")
            disk.link(inode, as: name)
            linked.formUnion(oracle.files(of: inode))
        }
    }

    private func linkName(_ index: Int) -> Path {
        let log = logs[index]
        return
            (log.dated
            ? "/logs/dated.\(log.number).link.txt" : "/logs/access\(log.number).link.log")
            .path
    }

    /// A live log is renamed as if to be rotated, and gets its name back a while later.
    mutating func renameSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        if logs[index].away != nil { return bringBack(index) }
        guard logs[index].inode != nil, logs[index].copy == nil else { return }
        // Within the patterns of its own input, or out of all.
        let ending = logs[index].dated || logs[index].number % 2 == 0 ? ".0" : ".0.log"
        let away = Path(bytes: logs[index].path.bytes + Array(ending.utf8))
        trace("rename \(logs[index].path) to \(away), for a while")
        disk.rename(logs[index].path, to: away)
        logs[index].away = away
    }

    mutating func bringBack(_ index: Int) {
        guard let away = logs[index].away else { return }
        trace("rename \(away) back to \(logs[index].path)")
        disk.rename(away, to: logs[index].path)
        logs[index].away = nil
    }

    /// A rotated file, or a copy, moves into another directory that the patterns know.
    mutating func archiveSomething() {
        let index = Int.random(in: logs.indices, using: &random)
        finishCopying(index)
        guard let name = rotatedFiles(index, packed: true).randomElement(using: &random) else {
            return
        }
        let archived = "/archive".path.appending(name.name)
        if disk.names[archived] != nil { return }
        trace("move \(name) to \(archived)")
        disk.rename(name, to: archived)
    }

    /// A log is made, and nothing is written to it yet.
    mutating func touchSomething() {
        _ = open(Int.random(in: logs.indices, using: &random))
    }
}
