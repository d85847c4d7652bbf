// The names of files: those of their own, those by way of links, and second ones.
import Platform

extension Tailer {
    /// Takes up the files that links lead to, now that all other names are looked at.
    mutating func lookAtLinks(_ listing: inout Listing) {
        linkTargets.removeAll(keepingCapacity: true)
        for (path, input, status) in listing.links {
            guard let target = status.target else { continue }
            listing.include(target)
            meet(path, input: input, status, &listing)
            if let slot = byIdentity[Identity(status)] { linkTargets[target] = slot }
        }
    }

    /// A path names a regular file.
    mutating func meet(
        _ path: Path, input: Int, _ status: FileStatus, _ listing: inout Listing
    ) {
        guard let slot = known(Identity(status), status) else {
            adopt(path, input: input)
            return
        }
        if files[slot]!.record.path == path {
            see(slot, at: path, status)
        } else {
            listing.others.append(OtherName(path: path, slot: slot, status: status))
        }
    }

    /// Other names than the known ones: of a file that has lost its own it is the new one, else
    /// one more. The file is read once.
    mutating func lookAtOtherNames(_ listing: Listing) {
        var names: [Path: Path] = [:]
        for other in listing.others {
            guard let file = files[other.slot], file.identity == Identity(other.status) else {
                continue
            }
            if file.sweep != sweep {
                see(other.slot, at: other.path, other.status)
            } else if file.record.path != other.path {
                names[other.path] = file.record.path
                if otherNames[other.path] != file.record.path {
                    note(.otherName(other.path, of: file.record.path))
                }
            }
        }
        otherNames = names
    }

    /// Files that no name of the patterns led to.
    var hasUnseen: Bool {
        files.contains { $0.map { $0.sweep != sweep && !$0.isSuperseded } == true }
    }
}
