// A planted bug: until the fuzzers find it, their silence about others means nothing.
import Bytes

extension FuzzTarget {
    static let planted = FuzzTarget(name: "planted") { input in
        guard let colon = input.firstIndex(of: UInt8(ascii: ":"), from: 0, to: input.count) else {
            return
        }
        let rest = input.extracting((colon + 1)...)
        guard rest.count == 3, rest[0] == UInt8(ascii: "b"), rest[1] == UInt8(ascii: "u") else {
            return
        }
        precondition(rest[2] != UInt8(ascii: "g"), "the planted bug")
    }
}
