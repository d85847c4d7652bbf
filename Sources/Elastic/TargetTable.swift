// Numbers for targets, so that a batch's index need not hold text.

/// Every index or data stream, together with the pipeline, that events went to, in the order of
/// first use; and which inputs led there. Owned by the pump.
package struct TargetTable: Sendable {
    /// Given to every target once all numbers are used. What two events of it have in common is
    /// unknown, so no acceptance of one is evidence for the other.
    package static let tooMany: UInt16 = 0xffff

    private struct Key: Hashable {
        let name: String
        let pipeline: String?
    }

    private var numbers: [Key: UInt16] = [:]
    private var targets: [(key: Key, inputs: Set<Int>)] = []
    /// Of the targets without a number.
    private var others: Set<Int> = []

    package init() {}

    /// The number of a target, the same for as long as the table lives. Notes that the input leads
    /// to it.
    ///
    /// - Parameters:
    ///   - name: of the index or the data stream.
    ///   - pipeline: named with each event; nil: none is.
    ///   - input: the number of the input.
    package mutating func number(of name: String, pipeline: String?, input: Int) -> UInt16 {
        let key = Key(name: name, pipeline: pipeline)
        if let number = numbers[key] {
            targets[Int(number)].inputs.insert(input)
            return number
        }
        guard targets.count < Int(TargetTable.tooMany) else {
            others.insert(input)
            return TargetTable.tooMany
        }
        let number = UInt16(targets.count)
        numbers[key] = number
        targets.append((key, [input]))
        return number
    }

    /// The name behind a number for people, with the pipeline where one is named; nil for a number
    /// that was never given and for `tooMany`.
    package func name(of number: UInt16) -> String? {
        guard Int(number) < targets.count else { return nil }
        let key = targets[Int(number)].key
        return TargetTable.name(of: key.name, pipeline: key.pipeline)
    }

    static func name(of index: String, pipeline: String?) -> String {
        pipeline.map { "\(index), pipeline \($0)" } ?? index
    }

    /// The inputs that have led to a target; of `tooMany`, those that led to any target without a
    /// number; none for a number that was never given.
    package func inputs(of number: UInt16) -> Set<Int> {
        if number == TargetTable.tooMany { return others }
        return Int(number) < targets.count ? targets[Int(number)].inputs : []
    }
}
