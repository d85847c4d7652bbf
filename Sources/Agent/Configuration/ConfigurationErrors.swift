// What is wrong with a configuration: every finding, with its place.

/// One finding: `file:line:column: key.path: message`.
package struct ConfigurationError: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named to us.
    package let file: String
    /// Counted from 1; nil where the finding has no place in the text.
    package let line: Int?
    /// Counted from 1, in characters.
    package let column: Int?
    /// The full key, such as `output.elasticsearch.hosts[0]`; empty for the file as a whole.
    package let key: String
    /// What is wrong and what was expected. Never holds a value of `hosts`.
    package let message: String

    package var description: String {
        let place = line.map { ":\($0):\(column ?? 1)" } ?? ""
        return file + place + ": " + (key.isEmpty ? "" : key + ": ") + message
    }
}

/// All findings of one file, in the order of the text. Never empty.
package struct ConfigurationErrors: Error, Hashable, Sendable, CustomStringConvertible {
    /// Findings that are told of one file at most.
    static let most = 100

    package let errors: [ConfigurationError]

    init(_ errors: [ConfigurationError]) { self.errors = errors }

    /// One finding a line.
    package var description: String { errors.map(\.description).joined(separator: "\n") }
}

/// Gathers findings, and the places of keys, while a tree is decoded.
struct Findings {
    let file: String
    private(set) var errors: [ConfigurationError] = []
    /// Where keys stand, and where their values begin.
    private(set) var places: [String: YAMLPlace] = [:]
    private(set) var values: [String: YAMLPlace] = [:]
    /// The inputs as far as they could be read, with their keys: the rules between an input and
    /// the output can only be checked when both are known.
    var inputs: [(key: String, input: Configuration.Input)] = []
    private var omitted = 0

    init(file: String) { self.file = file }

    /// Notes where a key stands and where its value begins.
    mutating func visit(_ key: String, at place: YAMLPlace, value: YAMLPlace) {
        places[key] = place
        values[key] = value
    }

    /// Adds a finding. Without a place of its own it gets that of its key. The message is made only
    /// when it is told: there may be a finding in every line of a large file.
    mutating func add(
        _ message: @autoclosure () -> String, _ key: String, at place: YAMLPlace? = nil
    ) {
        guard errors.count < ConfigurationErrors.most else {
            omitted += 1
            return
        }
        let place = place ?? places[key]
        errors.append(
            ConfigurationError(
                file: file, line: place?.line, column: place?.column, key: key, message: message()))
    }

    /// Whether something was found at the key or below it.
    func hasError(at key: String) -> Bool {
        errors.contains { error in
            error.key == key || error.key.hasPrefix(key + ".") || error.key.hasPrefix(key + "[")
        }
    }

    /// Throws what was found, if anything was.
    func check() throws(ConfigurationErrors) {
        if errors.isEmpty { return }
        var told = errors.sorted {
            ($0.line ?? .max, $0.column ?? 0) < ($1.line ?? .max, $1.column ?? 0)
        }
        if omitted > 0 {
            told.append(
                ConfigurationError(
                    file: file, line: nil, column: nil, key: "",
                    message: "and \(omitted) more; mend these first"))
        }
        throw ConfigurationErrors(told)
    }
}
