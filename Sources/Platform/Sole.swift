// A value that moves into a thread: one closure can hand it over, once.
import Synchronization

/// Holds a value that cannot be copied until its owner-to-be takes it.
package final class Sole<Value: ~Copyable & Sendable>: Sendable {
    private let value: Mutex<Value?>

    package init(_ value: consuming sending Value) { self.value = Mutex(value) }

    /// The value, the first time; nil afterwards.
    package func take() -> Value? { value.withLock { $0.take() } }
}
