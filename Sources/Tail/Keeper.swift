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

/// Why lines could not be parked.
package enum ParkError: Error, Sendable, Equatable {
    case full(limit: Int)
    case system(SystemError)
}

/// What the keeper answers, in the order of the requests.
package enum KeeperReply: ~Copyable, Sendable {
    /// The buffer comes back; the image is durable, or it is not and the one before still is.
    case image(ByteBuffer, error: SystemError?)
    /// How many of the records, from the front, are durable.
    case births(durable: Int, error: SystemError?)
    case parked(durable: Int, error: ParkError?)
}

/// Alone writes the state volume. One thread owns it; each request is one step.
package struct Keeper: ~Copyable, Sendable {
    private var store: StateStore

    package init(store: consuming StateStore) { self.store = store }

    package mutating func perform(_ request: consuming KeeperRequest) -> KeeperReply {
        switch consume request {
        case .image(let payload):
            let failure = write(payload)
            return .image(payload, error: failure)
        case .park: return .parked(durable: 0, error: .full(limit: 0))
        case .births(let records):
            do {
                return .births(durable: try store.write(births: records), error: nil)
            } catch {
                return .births(durable: 0, error: error)
            }
        }
    }

    private mutating func write(_ payload: borrowing ByteBuffer) -> SystemError? {
        do {
            _ = try store.write(image: payload.bytes)
            return nil
        } catch {
            return error
        }
    }
}
