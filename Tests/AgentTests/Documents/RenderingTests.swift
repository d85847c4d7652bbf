// Documents as they are printed: pretty, one a line, or as they would be posted.
import Agent
import Bytes
import Foundation
import TestKit
import Testing

private func pretty(_ json: String, colours: Bool = false) -> String {
    var out = ByteBuffer(capacity: 0)
    PrettyPrinter(isColoured: colours).append(Array(json.utf8).span, to: &out)
    return out.bytes.text
}

@Suite("Rendering")
struct RenderingTests {
    private let body = """
        {"create":{"_index":"a","_id":"1"}}
        {"x":{"y":1},"z":["a"]}
        {"create":{"_index":"a","_id":"2"}}
        {"x":{}}

        """

    private func rendered(_ style: Configuration.Style) -> String {
        var out = ByteBuffer(capacity: 0)
        Rendering(style: style, isColoured: false).append(Array(body.utf8).span, to: &out)
        return out.bytes.text
    }

    @Test func `bulk is the body as it is`() { #expect(rendered(.bulk) == body) }

    @Test func `json is the sources alone`() {
        #expect(rendered(.json) == "{\"x\":{\"y\":1},\"z\":[\"a\"]}\n{\"x\":{}}\n")
    }

    @Test func `pretty is indented, lists on one line`() {
        #expect(
            rendered(.pretty) == """
                {
                  "x": {
                    "y": 1
                  },
                  "z": ["a"]
                }
                {
                  "x": {}
                }

                """)
    }

    @Test func `colours tell names, texts, numbers and words apart`() {
        #expect(
            pretty(#"{"a":"b","c":[1,true]}"#, colours: true) == """
                {
                  \u{1b}[34m"a"\u{1b}[0m: \u{1b}[32m"b"\u{1b}[0m,
                  \u{1b}[34m"c"\u{1b}[0m: [\u{1b}[33m1\u{1b}[0m, \u{1b}[35mtrue\u{1b}[0m]
                }
                """)
    }

    @Test func `what a terminal would obey is escaped`() {
        #expect(
            pretty("\"\u{7f}\u{9b}2J\u{80}é\u{a0}\"") == #""\u007f\u009b2J\u0080é"# + "\u{a0}\"")
    }

    @Test func `means the same as before, for any document`() throws {
        var generator = Seed.generator(9)
        func value(_ depth: Int) -> Any {
            switch Int.random(in: 0..<(depth > 3 ? 4 : 6), using: &generator) {
            case 0: return Int.random(in: -9...9, using: &generator)
            case 1:
                let texts = ["", "a\"b\\", "{[,:]}", "\u{9b}é\u{7f}\n"]
                return texts.randomElement(using: &generator)!
            case 2: return Bool.random(using: &generator)
            case 3: return NSNull()
            case 4:
                return (0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth + 1) }
            default:
                let names = ["a", "b\"", "c", "é"].shuffled(using: &generator)
                let count = Int.random(in: 0...3, using: &generator)
                return Dictionary(
                    uniqueKeysWithValues: names.prefix(count).map { ($0, value(depth + 1)) })
            }
        }
        for _ in 0..<500 {
            let object = ["v": value(0)]
            let json = try JSONSerialization.data(withJSONObject: object)
            let text = pretty(String(decoding: json, as: UTF8.self))
            let read = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? NSDictionary
            #expect(read == object as NSDictionary)
        }
    }

    @Test func `bytes that are no document are printed whole`() {
        var generator = Seed.generator(10)
        for _ in 0..<3000 {
            let bytes = (0..<Int.random(in: 0...30, using: &generator)).map { _ in
                Array("{}[]\":,\\a1é\u{c2}".utf8).randomElement(using: &generator)!
            }
            var out = ByteBuffer(capacity: 0)
            PrettyPrinter(isColoured: false).append(bytes.span, to: &out)
            #expect(out.count >= bytes.count)
        }
    }
}
