// The judge finds each kind of crime, and none where none is.
import Foundation
import ScriptedServer
import Testing

extension Harness {
    @Suite("The judge") struct JudgeTests {
        let ledger = Ledger()

        /// Three lines of one file, ten bytes each.
        init() {
            let file = ledger.open("access.log", inode: 7)
            for number in 0..<3 {
                let line = ledger.next(of: "a")
                ledger.write(line, at: LinePlace(file: file, offset: number * 10, length: 10))
            }
        }

        func finding(_ sequence: Int, id: String, stream: String = "a") -> Finding {
            Finding(index: "i", id: id, line: LineKey(stream: stream, sequence: sequence))
        }

        var all: [Finding] { (0..<3).map { finding($0, id: "id\($0)") } }

        @Test func `all there once is clean`() {
            let verdict = Judge(ledger).verdict(stored: all, sent: all + all)
            #expect(verdict.isClean, "\(verdict)")
        }

        @Test func `a line that is not stored is lost, unless excused`() {
            let verdict = Judge(ledger).verdict(stored: Array(all.dropLast()))
            #expect(verdict.lost == [LineKey(stream: "a", sequence: 2)])
            #expect(!verdict.isClean)
            #expect(verdict.description.contains("lost        1         e.g. a/2"))
            ledger.excuse(LineKey(stream: "a", sequence: 2))
            #expect(Judge(ledger).verdict(stored: Array(all.dropLast())).isClean)
        }

        @Test func `a line under two ids is a duplicate`() {
            let verdict = Judge(ledger).verdict(stored: all + [finding(1, id: "other")])
            #expect(verdict.duplicates.map(\.line) == [LineKey(stream: "a", sequence: 1)])
            #expect(verdict.duplicates.map(\.ids) == [["id1", "other"]])
            #expect(!verdict.isClean)
        }

        @Test func `a copy in the next backing index is forgiven where that was asked for`() {
            let later = Finding(index: "i2", id: "id1", line: all[1].line)
            #expect(Judge(ledger).verdict(stored: all + [later]).duplicates.count == 1)
            let lenient = Judge(ledger, forgivesRollovers: true)
            #expect(lenient.verdict(stored: all + [later]).isClean)
            for other in [all[1], Finding(index: "i2", id: "other", line: all[1].line)] {
                #expect(!lenient.verdict(stored: all + [other]).isClean)
            }
        }

        @Test func `two lines under one id collide`() {
            let verdict = Judge(ledger).verdict(stored: all, sent: all + [finding(2, id: "id0")])
            #expect(verdict.collisions.map(\.id) == ["id0"])
            #expect(!verdict.isClean)
        }

        @Test func `what was never written, or is no line, is unexpected`() {
            let strange = [
                finding(3, id: "x"), finding(0, id: "y", stream: "b"),
                Finding(index: "i", id: "z", line: nil),
            ]
            let verdict = Judge(ledger).verdict(stored: all + strange)
            #expect(verdict.unexpected == strange)
            #expect(!verdict.isClean)
        }

        struct State: StateReader {
            var offset: UInt64
            var incarnation: [UInt8]
            func committedOffsets() -> [CommittedOffset] {
                [CommittedOffset(inode: 7, incarnation: incarnation, offset: offset)]
            }
        }

        @Test func `a state that passes a line which is not stored is ahead`() throws {
            let id = String(repeating: "A", count: 32)
            let document = StoredDocument(
                index: "i", id: id, source: [], line: LineKey(stream: "a", sequence: 0), request: 0)
            let incarnation = try #require(DocumentIdentity(id)).incarnation
            let cases: [(offset: Int, ahead: [Int])] = [
                (0, []), (10, []), (20, [1]), (30, [1, 2]),
            ]
            for (offset, ahead) in cases {
                let state = State(offset: UInt64(offset), incarnation: incarnation)
                let found = try Judge(ledger).ahead(stateReader: state, stored: [document])
                #expect(found.map(\.sequence) == ahead)
            }
            let nothing = State(offset: 10, incarnation: Array(repeating: 9, count: 16))
            #expect(
                try Judge(ledger).ahead(stateReader: nothing, stored: []).map(\.sequence) == [0])
        }

        @Test func `ids are read back by the public scheme`() throws {
            let identity = try #require(DocumentIdentity("AAECAwQFBgcICQoLDA0ODwAAAAABAv-_"))
            #expect(identity.incarnation == Array(0..<16))
            #expect(identity.offset == 258)
            #expect(identity.check == [0xFF, 0xBF])
            #expect(DocumentIdentity("short") == nil)
            #expect(DocumentIdentity(String(repeating: "+", count: 32)) == nil)
        }

        @Test func `keys are found in lines, documents and nowhere else`() {
            let line = #"10.1.2.3 - - [x] "GET /s/a-1/000000042?pad= HTTP/1.1" 200 1"#
            #expect(LineKey(in: line.utf8) == LineKey(stream: "a-1", sequence: 42))
            #expect(
                LineKey(in: #"{"url":{"path":"/css/s/x/s/b/7"}}"#.utf8)
                    == LineKey(stream: "b", sequence: 7))
            for text in ["", "/s/", "/s/a", "/s/a/", "/s/A/1", "/s//1", "/x/a/1"] {
                #expect(LineKey(in: text.utf8) == nil)
            }
        }
    }
}
