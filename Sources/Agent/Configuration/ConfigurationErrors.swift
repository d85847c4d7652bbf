// What is wrong with a configuration: every finding, with its place.

/// One finding: `file:line:column: key.path: message`.
package struct ConfigurationError: Hashable, Sendable, CustomStringConvertible {
    /// The file as it was named to us, or what gave the value instead: `environment NAME`, `--set`.
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
    /// Where a value could not be made of its text: nothing more is said of it.
    private var refused: Set<YAMLPlace> = []

    init(file: String) { self.file = file }

    /// Notes where a key stands and where its value begins.
    mutating func visit(_ key: String, at place: YAMLPlace, value: YAMLPlace) {
        places[key] = place
        values[key] = value
    }

    /// Adds a finding. Without a place of its own it gets that of its key. The message is made only
    /// when it is told: there may be a finding in every line of a large file.
    ///
    /// What a variable holds may be a secret. Where one stands at the place, or at one of the keys
    /// that the message is `about`, `hiding` is told instead, with the variables' names, unless the
    /// message is safe: quotes nothing.
    mutating func add(
        _ message: @autoclosure () -> String, _ key: String, at place: YAMLPlace? = nil,
        about keys: [String] = [], isSafe: Bool = false,
        hiding: (_ names: [String]) -> String = { "\(holding($0)) what does not do here" }
    ) {
        let place = place ?? places[key]
        if let place, refused.contains(place) { return }
        guard errors.count < ConfigurationErrors.most else {
            omitted += 1
            return
        }
        var names = place?.hiddenNames ?? []
        for name in keys.flatMap({ values[$0]?.hiddenNames ?? [] }) where !names.contains(name) {
            names.append(name)
        }
        let origin = place?.origin.name
        errors.append(
            ConfigurationError(
                file: origin ?? file, line: origin == nil ? place?.line : nil,
                column: origin == nil ? place?.column : nil, key: key,
                message: isSafe || names.isEmpty ? message() : hiding(names)))
    }

    /// Adds the only finding about a place.
    mutating func refuse(_ message: String, _ key: String, at place: YAMLPlace) {
        add(message, key, at: place)
        refused.insert(place)
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
