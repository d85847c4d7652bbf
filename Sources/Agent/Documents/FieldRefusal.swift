// Why a configured field cannot be part of the documents.

/// One of an input's `fields` that was refused.
package struct FieldRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Reason: Equatable, Sendable {
        /// The name is empty, or has an empty part between dots.
        case emptyName
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
    }

    /// The place in `Input.fields`.
    package let index: Int
    package let name: String
    package let reason: Reason

    package var description: String {
        switch reason {
        case .emptyName: "\(quoted): a name has no empty part"
        case .twice: "\(quoted) is given twice"
        case .ofTheLine: "\(quoted) comes from the log line and cannot be configured"
        case .ofTheStream: "\(quoted) comes from the name of the data stream"
        case .reserved: "\(quoted): names that begin with _ belong to Elasticsearch"
        case .isObject: "\(quoted) is an object of the document and cannot be a single value"
        case .isValue: "\(quoted): a part of the name is a single value of the document"
        }
    }

    private var quoted: String { "\"\(name)\"" }

    /// Objects and members that come from the line, whole.
    private static let roots: Set<String> = [
        "@timestamp", "source", "user", "url", "http", "user_agent", "message", "error", "tags",
        "tailproof",
    ]
    /// Members beside constant ones.
    private static let members: Set<String> = ["log.offset", "log.flags"]

    /// The reason to refuse a name whatever else is in the document, nil when there is none.
    static func reason(against parts: [String]) -> Reason? {
        if parts.contains(where: \.isEmpty) { return .emptyName }
        if roots.contains(parts[0]) { return .ofTheLine }
        if members.contains(parts.prefix(2).joined(separator: ".")) { return .ofTheLine }
        if parts[0] == "data_stream" { return .ofTheStream }
        if parts[0].hasPrefix("_") { return .reserved }
        return nil
    }
}
