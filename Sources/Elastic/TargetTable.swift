// Numbers for the names of targets, so that a batch's index need not hold text.

/// Every index or data stream that events went to, in the order of first use. Owned by the pump.
package struct TargetTable: Sendable {
    /// Given to every target once all numbers are used. What two events of it have in common is
    /// unknown, so no acceptance of one is evidence for the other.
    package static let tooMany: UInt16 = 0xffff

    private var numbers: [String: UInt16] = [:]
    private var names: [String] = []

    package init() {}

    /// The number of a name, the same for as long as the table lives.
    package mutating func number(of name: String) -> UInt16 {
        if let number = numbers[name] { return number }
        guard names.count < Int(TargetTable.tooMany) else { return TargetTable.tooMany }
        let number = UInt16(names.count)
        numbers[name] = number
        names.append(name)
        return number
    }

    package func inputs(of number: UInt16) -> Set<Int> { [] }

    /// The name behind a number, nil for one that was never given and for `tooMany`.
    package func name(of number: UInt16) -> String? {
        Int(number) < names.count ? names[Int(number)] : nil
    }
}
