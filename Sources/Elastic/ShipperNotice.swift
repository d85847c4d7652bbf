// What a shipper has to say: values for log and metrics, no text of the server above debug.
import Bytes

/// Something a person may want to know. The wiring logs and counts it, and limits how often.
package enum ShipperNotice: Hashable, Sendable {
    /// There was no reply, or not all of it.
    case unreachable(host: Int, BulkFailure)
    /// A reply with HTTP 200 that cannot be read, or speaks of another number of events (`items`)
    /// than was sent; or a success status that `_bulk` never has. The outcome is unknown, the
    /// events are sent again.
    case unreadable(status: Int, sent: Int, items: Int?)
    /// The server has too much to do; `wait` until the next attempt.
    case busy(status: Int, type: String, wait: Duration)
    /// 401 or 403: nothing is lost, nothing goes on until access is mended.
    case credentials(status: Int, type: String)
    /// Not the path, server or setting we think it is: nothing goes on until it is mended.
    case configuration(status: Int, type: String)
    /// A request was refused whole; parts of it are sent. With one event: it alone is refused, and
    /// sent again or parked.
    case refused(status: Int, type: String, events: Int)
    /// A request was too large by 413 or, status 0, seems so; smaller ones are sent.
    case tooLarge(status: Int, bytes: Int, events: Int)
    /// Events that the server refused, each by itself: sent again, or parked.
    case rejected(Rejection)
    /// Events that went to their target's failure store instead of their target.
    case diverted(target: UInt16, name: String, events: Int)
    /// Events that were stored in another index than their target wrote to before an outcome was
    /// unknown: they may be stored twice. With the id of the first.
    case possiblyDuplicate(events: Int, id: String)
    /// Events for which the server names other ids than were sent.
    case foreignIDs(events: Int)
    /// What the server says of the first rejected event. For debug only: it may quote the line.
    case reason(String)
    /// Requests are accepted again, after so many attempts that were not.
    case recovered(attempts: Int)

    /// Equal rejections of one reply.
    package struct Rejection: Hashable, Sendable {
        package var target: UInt16
        /// Of the target, for people: `Batch.targetName`.
        package var name: String
        package var status: Int
        /// The server's error type, or "unknown".
        package var type: String
        package var events: Int
        /// Their target took other lines in the same reply: the lines themselves are at fault.
        package var isParkable: Bool

        package init(
            target: UInt16, name: String, status: Int, type: String, events: Int, isParkable: Bool
        ) {
            self.target = target
            self.name = name
            self.status = status
            self.type = type
            self.events = events
            self.isParkable = isParkable
        }
    }
}

extension Span where Element == UInt8 {
    /// What the server says of an error, its escapes resolved, up to 2 KiB as they stand in the
    /// reply.
    func errorReason(_ place: Range<UInt32>) -> String {
        let end = min(place.upperBound, place.lowerBound + 2048)
        let scanner = JSONScanner(self)
        var text = ByteBuffer(capacity: 256)
        scanner.decode(
            JSONText(range: Int(place.lowerBound)..<Int(end), isEscaped: true), into: &text)
        return text.bytes.text
    }

    /// An error type of the server as a name that cannot forge anything in a log.
    func errorTypeName(_ place: Range<UInt32>) -> String {
        let bytes = extracting(Int(place.lowerBound)..<Int(place.upperBound))
        guard !bytes.isEmpty, bytes.count <= 80 else { return "unknown" }
        for index in bytes.indices {
            switch bytes[index] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"):
                continue
            default: return "unknown"
            }
        }
        return bytes.text
    }
}
