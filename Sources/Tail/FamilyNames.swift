// What a rotated file may have been called before: names, cut at what rotation appends.
import Platform

extension Path {
    /// Whether the name says that the file is a gzip.
    var isNamedGzip: Bool { bytes.hasEnding(".gz") }

    /// The names, in the same directory, of files that one of this name may be a copy of: without a
    /// compression's ending, and cut at each dot, dash or underscore that a digit follows, with the
    /// ending behind what was cut and without it (logrotate's `.1`, `-20261121`, `extension`; the
    /// kubelet's `.20261121-101010`). Itself only without its ending.
    var rotatedFrom: [Path] {
        let name = plainName
        var names: [[UInt8]] = name.count < self.name.bytes.count ? [Array(name)] : []
        for place in name.indices.dropFirst() where name.isCut(at: place) {
            let stem = Array(name[..<place])
            names.append(stem)
            guard let dot = name.lastIndex(of: UInt8(ascii: ".")), dot > place + 1 else { continue }
            names.append(stem + name[dot...])
        }
        return names.map(sibling)
    }

    /// What all rotated names of one log begin with: the shortest name that this one may come from.
    var family: Path {
        let name = plainName
        for place in name.indices.dropFirst() where name.isCut(at: place) {
            return sibling(Array(name[..<place]))
        }
        return sibling(Array(name))
    }

    /// The name without the endings of compression.
    private var plainName: ArraySlice<UInt8> {
        var name = self.name.bytes[...]
        for ending in [".tmp", ".gz"] where name.hasEnding(ending) {
            name.removeLast(ending.utf8.count)
        }
        return name
    }

    private func sibling(_ name: [UInt8]) -> Path {
        Path(bytes: Array(bytes.dropLast(self.name.bytes.count)) + name)
    }
}

extension BidirectionalCollection<UInt8> {
    /// Ends so, with something in front.
    func hasEnding(_ ending: String) -> Bool {
        count > ending.utf8.count && suffix(ending.utf8.count).elementsEqual(ending.utf8)
    }
}

extension ArraySlice<UInt8> {
    /// What stands here and behind is what a rotation appended.
    fileprivate func isCut(at place: Int) -> Bool {
        guard place + 1 < endIndex else { return false }
        let separators = [UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_")]
        return separators.contains(self[place])
            && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[place + 1])
    }
}
