// Numbers of targets, and which inputs lead where.
import Elastic
import TestKit
import Testing

@Suite("Target table")
struct TargetTableTests {
    @Test func `a name keeps its number, and the last number is for all others`() {
        var table = TargetTable()
        func number(_ name: String, _ input: Int = 0) -> UInt16 {
            table.number(of: name, pipeline: nil, input: input)
        }
        for place in 0..<0xffff { #expect(Int(number("t\(place)")) == place) }
        #expect(number("one more", 3) == TargetTable.tooMany)
        #expect(number("another", 63) == TargetTable.tooMany)
        #expect(number("t77") == 77)
        #expect(table.name(of: 77) == "t77")
        #expect(table.name(of: TargetTable.tooMany) == nil)
        #expect(table.inputs(of: TargetTable.tooMany) == [3, 63])
    }

    @Test func `the same index by another pipeline is another target`() {
        var table = TargetTable()
        let numbers = [nil, "p", "q", nil, "p"].map { pipeline in
            table.number(of: "a", pipeline: pipeline, input: 0)
        }
        #expect(numbers == [0, 1, 2, 0, 1])
        #expect((0..<4).map { table.name(of: $0) } == ["a", "a, pipeline p", "a, pipeline q", nil])
    }

    @Test func `a target knows the inputs that led to it, like a plain set of them`() {
        var random = Seed.generator(1)
        var table = TargetTable()
        var plain: [UInt16: Set<Int>] = [:]
        for _ in 0..<2000 {
            let input = Int.random(in: 0..<64, using: &random)
            let name = "t\(Int.random(in: 0..<30, using: &random))"
            let pipeline = Bool.random(using: &random) ? "p" : nil
            let number = table.number(of: name, pipeline: pipeline, input: input)
            plain[number, default: []].insert(input)
        }
        for (number, inputs) in plain {
            #expect(table.inputs(of: number) == inputs)
        }
        #expect(table.inputs(of: 999).isEmpty)
        #expect(table.inputs(of: TargetTable.tooMany).isEmpty)
    }
}
