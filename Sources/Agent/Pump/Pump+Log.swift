// What the pump says in the agent's own log.
import Platform
import Tail

extension Pump {
    /// Logs what happened to files since the last call.
    mutating func report() {
        for note in tailer.takeNotes() {
            switch note {
            case .found(let path, let offset):
                log(.fileFound, .path(path), .number("offset", offset))
            case .renamed(let old, let new):
                log(.fileRotated, .path(new), .path("from", old))
            case .truncated(let path, let unread):
                log(.fileTruncated, .path(path), .size("unread", unread))
            case .copied(let old, let new):
                log(.fileCopied, .path(new), .path("from", old))
            case .damaged(let path, let offset, let damage):
                log(
                    .fileDamaged, .path(path), .number("offset", offset),
                    .text("reason", damage.description))
            case .tooLargeInflated(let path, let limit):
                log(.fileTooLarge, .path(path), .size("limit", limit))
            case .removed(let path, let unread):
                log(.fileRemoved, .path(path), .size("unread", unread))
            case .letGo(let path, let unread):
                log(.fileLetGo, .path(path), .size("unread", unread))
            case .finished(let path, let bytes):
                log(.fileFinished, .path(path), .size("read", bytes))
            case .unreadable(let path, let error):
                log(.fileUnreadable, .path(path), .error(error))
            case .notRegular(let path): log(.fileIgnored, .path(path))
            case .foreign(let path, let format):
                log(.fileForeign, .path(path), .text("format", format.rawValue))
            case .refused(let path): log(.fileRefused, .path(path))
            case .otherName(let path, let name):
                log(.fileOtherName, .path(path), .path("of", name))
            case .lineCut(let path, let offset, let length):
                reportCut(path, offset: offset, length: length)
            case .sweepFailed(let path, let error):
                log(.scanFailed, .path(path), .error(error))
            case .noFile(let pattern): log(.inputEmpty, .path(pattern))
            }
        }
    }

    func reportCut(_ path: Path, offset: UInt64, length: UInt64) {
        log(.fileLineCut, .path(path), .number("offset", offset), .size("length", length))
    }

    /// Deleted files with unread bytes take disk that nobody sees: says so when their number
    /// changes.
    mutating func reportHeld() {
        let held = tailer.held
        if held.files == heldFiles { return }
        heldFiles = held.files
        log(.fileHeld, .number("files", held.files), .size("unread", held.bytes))
    }
}
