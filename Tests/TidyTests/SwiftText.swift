// Swift source with its comments and the text of its literals told from its code.

/// A Swift file line by line, in layers. Interpolations are code.
struct SwiftText: Sendable {
    /// Spaces where comments and the text of literals stand.
    let code: [String]
    /// Spaces where anything but comments stands.
    let comments: [String]
    /// Everything but the text of literals, which is cut out.
    let bare: [String]

    init(_ source: String) {
        var lexer = Lexer(source: Array(source.utf8))
        lexer.run()
        code = Self.lines(lexer.code)
        comments = Self.lines(lexer.comments)
        bare = Self.lines(lexer.bare)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        if lines.last == "" { lines.removeLast() }
        return lines
    }
}

/// Walks over the source once. Regex literals are taken for code.
private struct Lexer {
    enum Mode {
        /// Open parentheses are counted, so that an interpolation's end is found; nil at the top.
        case code(depth: Int?)
        case lineComment
        case blockComment(depth: Int)
        case literal(quotes: Int, hashes: Int)
    }

    let source: [UInt8]
    var code: [UInt8] = []
    var comments: [UInt8] = []
    var bare: [UInt8] = []
    var place = 0
    var modes: [Mode] = [.code(depth: nil)]

    init(source: [UInt8]) { self.source = source }

    mutating func run() {
        while place < source.count {
            switch modes[modes.count - 1] {
            case .code(let depth): inCode(depth)
            case .lineComment:
                if source[place] == UInt8(ascii: "\n") { modes.removeLast() }
                take(as: .lineComment)
            case .blockComment(let depth): inBlockComment(depth)
            case .literal(let quotes, let hashes): inLiteral(quotes, hashes)
            }
        }
    }

    private func sees(_ text: StaticString, at offset: Int = 0) -> Bool {
        let start = place + offset
        guard start + text.utf8CodeUnitCount <= source.count else { return false }
        return text.withUTF8Buffer { text in
            text.indices.allSatisfy { source[start + $0] == text[$0] }
        }
    }

    /// How many `#` stand here.
    private func hashes(at offset: Int = 0) -> Int {
        source[(place + offset)...].prefix { $0 == UInt8(ascii: "#") }.count
    }

    /// Copies bytes to the layers they belong to.
    private mutating func take(_ count: Int = 1, as kind: Mode) {
        let newline = UInt8(ascii: "\n")
        for byte in source[place..<min(place + count, source.count)] {
            var layers = [UInt8](repeating: byte == newline ? newline : UInt8(ascii: " "), count: 2)
            var isBare = true
            switch kind {
            case .code: layers[0] = byte
            case .lineComment, .blockComment: layers[1] = byte
            case .literal: isBare = byte == newline
            }
            code.append(layers[0])
            comments.append(layers[1])
            if isBare { bare.append(byte) }
        }
        place += count
    }

    private mutating func inCode(_ depth: Int?) {
        let hashes = hashes()
        if sees("//") {
            modes.append(.lineComment)
        } else if sees("/*") {
            modes.append(.blockComment(depth: 0))
        } else if sees("\"", at: hashes) {
            let quotes = sees("\"\"\"", at: hashes) ? 3 : 1
            modes.append(.literal(quotes: quotes, hashes: hashes))
            take(hashes + quotes, as: .code(depth: nil))
        } else {
            if let depth, sees("(") { modes[modes.count - 1] = .code(depth: depth + 1) }
            if let depth, sees(")") {
                modes.removeLast()
                if depth > 1 { modes.append(.code(depth: depth - 1)) }
            }
            take(max(hashes, 1), as: .code(depth: nil))
        }
    }

    private mutating func inBlockComment(_ depth: Int) {
        let kind = Mode.blockComment(depth: 0)
        if sees("/*") {
            modes[modes.count - 1] = .blockComment(depth: depth + 1)
            take(2, as: kind)
        } else if sees("*/") {
            modes.removeLast()
            if depth > 1 { modes.append(.blockComment(depth: depth - 1)) }
            take(2, as: kind)
        } else {
            take(as: kind)
        }
    }

    private mutating func inLiteral(_ quotes: Int, _ fence: Int) {
        let mode = Mode.literal(quotes: quotes, hashes: fence)
        if quotes == 3 ? sees("\"\"\"") : sees("\""), hashes(at: quotes) >= fence {
            modes.removeLast()
            take(quotes + fence, as: .code(depth: nil))
        } else if sees("\\"), hashes(at: 1) >= fence {
            if sees("(", at: 1 + fence) {
                take(1 + fence, as: mode)
                modes.append(.code(depth: 0))
            } else {
                take(2 + fence, as: mode)
            }
        } else {
            take(as: mode)
        }
    }
}
