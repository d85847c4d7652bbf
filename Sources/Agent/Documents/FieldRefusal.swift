// Why a configured field cannot be part of the documents.

/// One of an input's `fields` that was refused.
package struct FieldRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable, CustomStringConvertible {
        /// The name, or a part of it between dots, is empty or all space.
        case emptyName
        /// The name has more than `longestName` bytes.
        case longName
        /// The name has control characters.
        case unprintable
        /// The same name stands in `fields` twice.
        case twice
        /// The line itself writes this, or writes beside it.
        case ofTheLine
        /// The data stream's name says this already.
        case ofTheStream
        /// Names that begin with `_` belong to Elasticsearch.
        case reserved
        /// The name is an object in the document, a value was given.
        case isObject
        /// A part of the name is a value in the document, so nothing can stand under it.
        case isValue
        /// The name is text in the document, a value of another type was given.
        case isText

        package var description: String {
            switch self {
            case .emptyName: "a name has no empty part"
            case .longName: "a name has at most \(FieldRefusal.longestName) bytes"
            case .unprintable: "a name has no control characters"
            case .twice: "given twice"
            case .ofTheLine: "comes from the log line and cannot be configured"
            case .ofTheStream: "comes from the name of the data stream and cannot be configured"
            case .reserved: "names that begin with _ belong to Elasticsearch"
            case .isObject: "type clash: an object of the document cannot be a single value"
            case .isValue: "type clash: a part of the name is a single value of the document"
            case .isText: "type clash: the document has text there"
            }
        }
    }

    /// Bytes of a name at most.
    static let longestName = 255

    /// The place in `Input.fields`.
    package let index: Int
    package let name: String
    package let reason: Reason

    package init(index: Int, name: String, reason: Reason) {
        self.index = index
        self.name = name
        self.reason = reason
    }

    package var description: String { "\(quoted(name)): \(reason)" }

    /// Objects and members that come from the line, whole.
    private static let roots: Set<String> = [
        "@timestamp", "source", "user", "url", "http", "user_agent", "message", "error", "tags",
        "tailproof",
    ]
    /// Members beside constant ones.
    private static let members: Set<String> = ["log.offset", "log.flags"]

    /// The reason to refuse a name whatever else is in the document, nil when there is none.
    static func reason(against name: String, parts: [String]) -> Reason? {
        if name.utf8.count > longestName { return .longName }
        if name.unicodeScalars.contains(where: { $0.value < 0x20 || $0 == "\u{7F}" }) {
            return .unprintable
        }
        if parts.contains(where: { $0.allSatisfy(\.isWhitespace) }) { return .emptyName }
        if roots.contains(parts[0]) { return .ofTheLine }
        if members.contains(parts.prefix(2).joined(separator: ".")) { return .ofTheLine }
        if parts[0] == "data_stream" { return .ofTheStream }
        if parts[0].hasPrefix("_") { return .reserved }
        return nil
    }
}
