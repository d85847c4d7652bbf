// The JSON scanner: any bytes are a text or an error, and tokens lie where they say.
import Bytes

extension FuzzTarget {
    static let json = FuzzTarget(name: "json") { input in
        let tokens = walk(input)
        // Passing over the value comes to the same end as reading it.
        var scanner = JSONScanner(input)
        var isText = true
        do throws(JSONError) {
            try scanner.skipValue()
            precondition(scanner.depth == 0)
            if try scanner.next() != nil { preconditionFailure("tokens behind the text") }
        } catch {
            isText = false
        }
        precondition((tokens != nil) == isText)
    }

    /// How many tokens the text has, nil when it is none.
    private static func walk(_ input: Span<UInt8>) -> Int? {
        var scanner = JSONScanner(input)
        var count = 0
        var end = 0
        var text = ByteBuffer(capacity: 0)
        do throws(JSONError) {
            while let token = try scanner.next() {
                count += 1
                precondition(scanner.offset > end && scanner.offset <= input.count)
                precondition(scanner.depth <= JSONScanner.deepest)
                switch token {
                case .key(let part), .string(let part):
                    precondition(part.range.lowerBound > end || end == 0)
                    precondition(part.range.upperBound < scanner.offset)
                    text.clear()
                    scanner.decode(part, into: &text)
                    precondition(text.count <= part.range.count)
                    precondition(String(validating: text.array, as: UTF8.self) != nil)
                case .number(let range):
                    precondition(!range.isEmpty && range.upperBound <= scanner.offset)
                    if let value = scanner.integer(range) {
                        let written = input.extracting(range).text
                        precondition(String(value) == written || written == "-0")
                    }
                case .beginObject, .endObject, .beginArray, .endArray, .boolean, .null: break
                }
                end = scanner.offset
            }
        } catch {
            precondition(error.offset >= 0 && error.offset <= input.count)
            return nil
        }
        return count
    }
}
