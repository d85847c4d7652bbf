// What a rotated file may have been called before: names, cut at what rotation appends.
import Platform

extension Path {
    /// Whether the name says that the file is a gzip.
    var isNamedGzip: Bool { bytes.count > 3 && bytes.suffix(3).elementsEqual(".gz".utf8) }

    /// The names, in the same directory, of files that one of this name may be a copy of: without a
    /// compression's ending, and cut at each dot, dash or underscore that a digit follows, with the
    /// ending behind what was cut and without it (logrotate's `.1`, `-20261121`, `extension`; the
    /// kubelet's `.20261121-101010`). Itself only without its ending.
    var rotatedFrom: [Path] {
        let directory = self.directory
        let prefix = directory == "." && bytes.first != UInt8(ascii: ".") ? nil : directory
        var name = self.name.bytes
        var names: [[UInt8]] = []
        for ending in [".gz", ".tmp"] where name.count > ending.utf8.count {
            guard name.suffix(ending.utf8.count).elementsEqual(ending.utf8) else { continue }
            name.removeLast(ending.utf8.count)
            names.append(name)
        }
        for place in name.indices.dropFirst().dropLast() {
            guard [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")].contains(name[place]),
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(name[place + 1])
            else { continue }
            let stem = Array(name[..<place])
            names.append(stem)
            guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > place + 1 else { continue }
            names.append(stem + name[dot...])
        }
        return names.map { prefix?.appending(Path(bytes: $0)) ?? Path(bytes: $0) }
    }
}
