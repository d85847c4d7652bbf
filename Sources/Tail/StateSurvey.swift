// Reading the state beside the agent that writes it: without its lock, and without a trace.
import Bytes
import Platform

/// The state as of one moment.
package struct StateSurvey: Sendable {
    /// nil before the first image: then all there is are new files.
    package let volume: VolumeRecord?
    package let records: [FileRecord]
    /// Of the image; 0 before the first.
    package let generation: UInt64

    /// How often a state that changes while it is read is read again.
    static let attempts = 5

    /// Reads the state in a directory. A slot that is half written is normal: the other one is
    /// valid then. Where the slots changed meanwhile, or none could be read, all is read again
    /// after `pause`.
    package init(
        directory: Path, files: any FileSystem, pause: () -> Void
    ) throws(StateError) {
        for attempt in 1... {
            let isLast = attempt == StateSurvey.attempts
            let before = try Reading(directory, files)
            let births = try Reading.births(in: directory, files)
            let isSteady = isLast ? true : try Reading(directory, files).shape == before.shape
            let isReadable = before.best != nil || !before.isDamaged
            if isSteady && (isReadable || isLast) {
                guard before.best != nil || !births.isEmpty else {
                    throw before.isDamaged ? .damaged(directory) : .absent(directory)
                }
                volume = before.best?.volume
                generation = before.best?.header.generation ?? 0
                records = BirthContent.add(
                    births, after: before.best?.header.births ?? 0,
                    to: before.best?.records ?? [])
                return
            }
            pause()
        }
        preconditionFailure("the last attempt decides")
    }

    /// What the slots held when they were read once.
    private struct Reading {
        var best: (header: StateHeader, volume: VolumeRecord, records: [FileRecord])?
        var isDamaged = false
        /// For each slot its generation; 0 for an empty one, nil for one that cannot be read.
        var shape: [UInt64?] = []

        init(_ directory: Path, _ files: any FileSystem) throws(StateError) {
            for name in ["slot.a", "slot.b"] as [Path] {
                let content = try Reading.open(directory, name, files) {
                    (handle, path) throws(StateError) in
                    let size: UInt64
                    do { size = try files.status(of: handle).size } catch {
                        throw StateError(error, at: path)
                    }
                    return try SlotContent(files, handle, path, capacity: size)
                }
                switch content {
                case .empty, nil: shape.append(0)
                case .damaged?, .unreadable?:
                    isDamaged = true
                    shape.append(nil)
                case .valid(let header, let volume, let records)?:
                    shape.append(header.generation)
                    if header.generation >= best?.header.generation ?? 0 {
                        best = (header, volume, records)
                    }
                }
            }
        }

        static func births(
            in directory: Path, _ files: any FileSystem
        ) throws(StateError) -> [BirthContent] {
            try open(directory, "births", files) { (handle, path) throws(StateError) in
                try BirthContent.read(files, handle, path)
            } ?? []
        }

        /// nil where the file is not there.
        private static func open<Content>(
            _ directory: Path, _ name: Path, _ files: any FileSystem,
            _ body: (FileHandle, Path) throws(StateError) -> Content
        ) throws(StateError) -> Content? {
            let path = directory.appending(name)
            let handle: FileHandle
            do {
                handle = try files.openForReading(path)
            } catch {
                if error.isAbsence { return nil }
                throw .unusable(path, error)
            }
            defer { files.close(handle) }
            return try body(handle, path)
        }
    }
}
