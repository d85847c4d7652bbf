// The keeper: takes what the pump wants durable, makes it so, says how it went.
import Bytes
import Platform

/// What the pump asks of the keeper. At most one of each kind is on its way.
package enum KeeperRequest: ~Copyable, Sendable {
    /// The state as of now: the payload of a slot.
    case image(ByteBuffer)
    /// Records of new files.
    case births([FileRecord])
    /// Lines that the server can never take.
    case park([ParkedLine])
}

/// What the keeper answers, in the order of the requests.
package enum KeeperReply: ~Copyable, Sendable {
    /// The buffer comes back; the image is durable, or it is not and the one before still is.
    case image(ByteBuffer, error: StateFault?)
    /// How many of the records, from the front, are durable.
    case births(durable: Int, error: StateFault?)
    /// How many of the lines, from the front, are durable in the park; why not more, where it is
    /// known at once.
    case parked(durable: Int, error: ParkError?)
}

/// Alone writes the state volume. One thread owns it; each request is one step.
package struct Keeper: ~Copyable, Sendable {
    private var store: StateStore
    /// Bytes of all parked lines together.
    private let parkLimit: Int
    /// Opened with the first line to be parked.
    private var park: ParkFile?

    package init(store: consuming StateStore, parkLimit: Int) {
        self.store = store
        self.parkLimit = parkLimit
    }

    package mutating func perform(_ request: consuming KeeperRequest) -> KeeperReply {
        switch consume request {
        case .image(let payload):
            let failure = write(payload)
            return .image(payload, error: failure)
        case .births(let records):
            do {
                return .births(durable: try store.write(births: records), error: nil)
            } catch {
                return .births(durable: 0, error: error)
            }
        case .park(let lines):
            do {
                return .parked(durable: try append(lines), error: nil)
            } catch {
                return .parked(durable: 0, error: error)
            }
        }
    }

    private mutating func write(_ payload: borrowing ByteBuffer) -> StateFault? {
        do {
            _ = try store.write(image: payload.bytes)
            return nil
        } catch {
            return error
        }
    }

    private mutating func append(_ lines: [ParkedLine]) throws(ParkError) -> Int {
        var opened =
            if let park { park } else {
                try ParkFile(
                    directory: store.directory.appending("park"), files: store.files,
                    limit: parkLimit)
            }
        // Kept after a failure too: it knows what has to be written anew.
        park = nil
        defer { park = opened }
        return try opened.append(lines)
    }
}
