// Some of the inputs, by their numbers.

/// A set of inputs. Those beyond `most` share one place: each of them stands for all.
package struct InputSet: Sendable, Hashable {
    /// As many inputs as a configuration can have.
    package static let most = 64

    private var bits: UInt64 = 0

    package init() {}

    package mutating func insert(_ input: Int) { bits |= InputSet.bit(input) }

    package func contains(_ input: Int) -> Bool { bits & InputSet.bit(input) != 0 }

    package var isEmpty: Bool { bits == 0 }

    private static func bit(_ input: Int) -> UInt64 { 1 << UInt64(min(input, most - 1)) }
}
