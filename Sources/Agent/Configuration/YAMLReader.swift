// libyaml's events as Swift values; the only file that sees libyaml's pointers.
import Bytes
import CYAML

/// A place in a text, line and column counted from 1, columns in characters.
struct YAMLPlace: Hashable, Sendable {
    var line: Int
    var column: Int
    /// Who wrote what stands there.
    var origin = ValueOrigin.file
    /// The variables that gave a value its text, by name.
    var variables: [String] = []
}

/// A text that is not the YAML we read: what is wrong, and where.
struct YAMLSyntaxError: Error, Hashable {
    let place: YAMLPlace
    let message: String
}

/// A step through a YAML stream.
struct YAMLEvent {
    enum Kind {
        case streamEnd, documentStart, documentEnd
        case alias, scalar(String, isQuoted: Bool)
        case sequenceStart, sequenceEnd, mappingStart, mappingEnd
    }
    let kind: Kind
    let place: YAMLPlace
    /// Whether it carries an anchor (`&x`).
    var isAnchored = false
    /// Whether it carries a tag (`!x`).
    var isTagged = false
}

/// Reads a text event by event.
@safe struct YAMLReader: ~Copyable {
    private let text: UnsafeMutableBufferPointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    init(_ bytes: [UInt8]) {
        // Safety: libyaml keeps the address of the text and of its parser; both stay here until
        // deinit.
        unsafe text = .allocate(capacity: bytes.count + 1)
        unsafe _ = text.initialize(from: bytes + [0])
        unsafe parser = .allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else { fatalError("out of memory: YAML") }
        unsafe yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
    }

    deinit {
        // Safety: made in init, not used again.
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// The next event but for the start of the stream. Not to be called after `streamEnd` or an
    /// error.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        while true {
            var event = unsafe yaml_event_t()
            // Safety: the event is ours to read until it is deleted.
            guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw syntaxError }
            defer { unsafe yaml_event_delete(&event) }
            if let event = unsafe YAMLReader.translated(event) { return event }
        }
    }

    private static func translated(_ event: yaml_event_t) -> YAMLEvent? {
        // Safety: a mark and a type are plain values, set for every event.
        let place = unsafe place(event.start_mark)
        switch unsafe event.type {
        case YAML_STREAM_END_EVENT: return YAMLEvent(kind: .streamEnd, place: place)
        case YAML_DOCUMENT_START_EVENT: return YAMLEvent(kind: .documentStart, place: place)
        case YAML_DOCUMENT_END_EVENT: return YAMLEvent(kind: .documentEnd, place: place)
        case YAML_ALIAS_EVENT: return YAMLEvent(kind: .alias, place: place)
        case YAML_SEQUENCE_END_EVENT: return YAMLEvent(kind: .sequenceEnd, place: place)
        case YAML_MAPPING_END_EVENT: return YAMLEvent(kind: .mappingEnd, place: place)
        case YAML_SCALAR_EVENT:
            // Safety: for this type the union holds a scalar, `length` bytes long.
            let scalar = unsafe event.data.scalar
            let bytes = unsafe UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let text = unsafe String(decoding: bytes, as: UTF8.self)
            let isQuoted = unsafe scalar.style != YAML_PLAIN_SCALAR_STYLE
            return unsafe YAMLEvent(
                kind: .scalar(text, isQuoted: isQuoted), place: place,
                isAnchored: scalar.anchor != nil, isTagged: scalar.tag != nil)
        case YAML_SEQUENCE_START_EVENT:
            // Safety: for this type the union holds the start of a sequence.
            let start = unsafe event.data.sequence_start
            return unsafe YAMLEvent(
                kind: .sequenceStart, place: place, isAnchored: start.anchor != nil,
                isTagged: start.tag != nil)
        case YAML_MAPPING_START_EVENT:
            // Safety: for this type the union holds the start of a mapping.
            let start = unsafe event.data.mapping_start
            return unsafe YAMLEvent(
                kind: .mappingStart, place: place, isAnchored: start.anchor != nil,
                isTagged: start.tag != nil)
        default: return nil
        }
    }

    private static func place(_ mark: yaml_mark_t) -> YAMLPlace {
        YAMLPlace(line: mark.line + 1, column: mark.column + 1)
    }

    private var syntaxError: YAMLSyntaxError {
        // Safety: after a failed step libyaml's problem is a static text or NULL.
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) }
        let isReader = unsafe parser.pointee.error == YAML_READER_ERROR
        let offset = unsafe parser.pointee.problem_offset
        let mark = unsafe YAMLReader.place(parser.pointee.problem_mark)
        let message = "not valid YAML: " + (problem ?? "out of memory")
        let error = YAMLSyntaxError(place: isReader ? place(at: offset) : mark, message: message)
        let hint =
            switch problem {
            case "found character that cannot start any token":
                " (a tab? indent with spaces; quote what begins with @, ` or %)"
            case "did not find expected ',' or '}'", "did not find expected ',' or ']'",
                "mapping values are not allowed in this context":
                line(error.place.line).holds("${") ? " (quote a value with ${VAR} in it)" : ""
            default: ""
            }
        return YAMLSyntaxError(place: error.place, message: message + hint)
    }

    /// A line, counted from 1.
    private func line(_ number: Int) -> String {
        // Safety: the text is initialised and alive.
        let lines = unsafe Array(text).split(
            separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        return number <= lines.count ? String(decoding: lines[number - 1], as: UTF8.self) : ""
    }

    /// The place of a byte, for errors that come before libyaml counts lines.
    private func place(at offset: Int) -> YAMLPlace {
        var place = YAMLPlace(line: 1, column: 1)
        // Safety: the text is initialised and alive.
        for byte in unsafe Array(text).prefix(offset) {
            if byte == UInt8(ascii: "\n") {
                place = YAMLPlace(line: place.line + 1, column: 1)
            } else if byte & 0xC0 != 0x80 {
                place.column += 1
            }
        }
        return place
    }
}
