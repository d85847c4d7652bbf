// What of the files is made durable, and what becomes possible once it is.
import Bytes
import Platform

extension Tailer {
    /// Records of new files that wait to be durable; nil when there are none, some are on their
    /// way, or only an image will do.
    package mutating func takeBirths() -> [FileRecord]? {
        // Renewed incarnations are durable only together with the home they were renewed in.
        guard birthsOnTheirWay.isEmpty, !births.isEmpty, !renewed, !birthsNeedImage else {
            return nil
        }
        birthsOnTheirWay = births
        births.removeAll()
        return birthsOnTheirWay.map { files[$0]!.record }
    }

    /// Files wait to be read until an image is durable.
    package var needsImage: Bool { (renewed || birthsNeedImage) && !births.isEmpty }

    /// The first `durable` of the births are in the state. The others are asked for again if the
    /// write `failed`; else there is no room for them, and they wait for an image.
    package mutating func birthsAreDurable(_ durable: Int, failed: Bool) {
        let answered = birthsOnTheirWay
        birthsOnTheirWay.removeAll()
        for (index, slot) in answered.enumerated() {
            if files[slot] == nil {
                freeSlots.append(slot)
            } else if index < durable {
                files[slot]!.isBorn = true
                enqueue(slot)
            } else if !files[slot]!.isBorn {
                births.append(slot)
                birthsNeedImage = !failed
                isDirty = true
            }
        }
    }

    /// Writes the state as of now into the buffer: an image is on its way.
    package mutating func encodeImage(into buffer: inout ByteBuffer) {
        var scratch = ByteBuffer(capacity: 1024)
        buffer.clear()
        StatePayload.append(volume, to: &buffer)
        for slot in files.indices {
            guard let file = files[slot] else { continue }
            StatePayload.append(file.record, scratch: &scratch, to: &buffer)
            files[slot]!.imaged = file.record.committed
            files[slot]!.isImaged = true
        }
        for record in unmatched.records {
            StatePayload.append(record, scratch: &scratch, to: &buffer)
        }
        renewalImaged = renewed
        imageOnItsWay = true
        isDirty = false
    }

    /// The image on its way is durable: whatever it says may be relied on.
    package mutating func imageIsDurable() {
        imageOnItsWay = false
        isCrowded = false
        if renewalImaged { renewed = false }
        birthsNeedImage = false
        for slot in files.indices {
            guard let file = files[slot], file.isImaged else { continue }
            files[slot]!.durable = file.imaged
            if !file.isBorn {
                files[slot]!.isBorn = true
                enqueue(slot)
            }
        }
        births.removeAll { files[$0]?.isBorn != false }
    }

    /// The image on its way is not durable; the one before still is.
    package mutating func imageFailed() {
        imageOnItsWay = false
        isDirty = true
        for slot in files.indices { files[slot]?.isImaged = false }
    }
}
