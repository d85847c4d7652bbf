// The name of a target or a pipeline as users write it: `logs-%{dataset}-default`.
import Bytes

/// A name with places for what the configuration says of an input and, in an index, for the date of
/// the event in UTC. Nothing else of an event can be put in: no line names a target.
package struct TargetPattern: Sendable, Equatable {
    /// What is named; the rules for names differ.
    package enum Kind: Sendable, Equatable { case dataStream, index, pipeline }

    /// What of an input can be put in.
    package enum Placeholder: Hashable, Sendable, CustomStringConvertible {
        case dataset
        case namespace
        /// One of the input's `fields`, by its dotted name.
        case field(String)

        /// As it is written, without `%{` and `}`.
        package var description: String {
            switch self {
            case .dataset: "dataset"
            case .namespace: "namespace"
            case .field(let name): "fields." + name
            }
        }
    }

    package enum Piece: Sendable, Equatable {
        case literal(String)
        case value(Placeholder)
        case date(TargetName.DateUnit)
    }

    package let kind: Kind
    package let pieces: [Piece]

    /// Reads a pattern. What is literal must be legal in a name at its place; what is put in later
    /// is checked by `name(with:)`.
    package init(_ text: String, kind: Kind) throws(TargetRefusal) {
        self.kind = kind
        pieces = try TargetPattern.pieces(of: Array(text.utf8), kind: kind)
        if pieces.isEmpty { throw TargetRefusal(0, .empty) }
    }

    /// Whether the name depends on this value of the input.
    package func names(_ placeholder: Placeholder) -> Bool { pieces.contains(.value(placeholder)) }

    /// The name for an input, or why it would be one that the server refuses.
    package func name(with values: TargetValues) throws(TargetValueRefusal) -> TargetName {
        var parts: [TargetName.Part] = []
        // The name as it is in 1970, as long as at any other time, and what each byte came from.
        var bytes: [UInt8] = []
        var sources: [Placeholder?] = []
        for piece in pieces {
            var part: TargetName.Part
            var source: Placeholder?
            switch piece {
            case .literal(let text): part = .literal(text)
            case .date(let unit): part = .date(unit)
            case .value(let placeholder):
                part = .literal(try value(of: placeholder, values, at: bytes.count))
                source = placeholder
            }
            parts.append(part)
            bytes += TargetName(kind: kind, parts: [part]).text(at: 0).utf8
            sources += Array(repeating: source, count: bytes.count - sources.count)
        }
        try check(bytes, sources, values)
        return TargetName(kind: kind, parts: parts)
    }

    private func value(
        of placeholder: Placeholder, _ values: TargetValues, at place: Int
    ) throws(TargetValueRefusal) -> String {
        func refusal(_ place: Int, _ fault: TargetRefusal.Fault) -> TargetValueRefusal {
            TargetValueRefusal(kind, placeholder, TargetRefusal(place, fault))
        }
        guard let value = values[placeholder] else { throw refusal(place, .absent) }
        if value.isEmpty { throw refusal(place, .emptyValue) }
        if kind == .dataStream, let dash = value.utf8.firstIndex(of: UInt8(ascii: "-")) {
            let offset = value.utf8.distance(from: value.startIndex, to: dash)
            throw refusal(place + offset, .dash)
        }
        return value
    }

    private func check(
        _ name: [UInt8], _ sources: [Placeholder?], _ values: TargetValues
    ) throws(TargetValueRefusal) {
        let last = sources.lazy.compactMap { $0 }.last
        func refuse(
            _ place: Int, _ fault: TargetRefusal.Fault, _ source: Placeholder?
        ) -> TargetValueRefusal { TargetValueRefusal(kind, source, TargetRefusal(place, fault)) }
        for (place, byte) in name.enumerated() {
            if let fault = TargetPattern.fault(byte, isFirst: place == 0, kind) {
                throw refuse(place, fault, sources[place])
            }
        }
        if name.count > TargetName.longest { throw refuse(TargetName.longest, .tooLong, last) }
        if kind == .pipeline {
            if name.elementsEqual("none".utf8) { throw refuse(0, .none, last) }
            return
        }
        if name == [UInt8(ascii: ".")] || name == Array("..".utf8) {
            throw refuse(0, .onlyDots, last)
        }
        // Beyond ASCII the server only wants the name unchanged by lower-casing.
        let text = String(decoding: name, as: UTF8.self)
        if text != text.lowercased() {
            let guilty = sources.lazy.compactMap { $0 }
                .first { values[$0].map { $0 != $0.lowercased() } ?? false }
            throw refuse(0, .upperCase, guilty)
        }
    }
}

/// What the configuration says of an input, as far as names can be made of it.
package struct TargetValues: Sendable, Equatable {
    package var dataset: String
    package var namespace: String
    /// Those of the input's `fields` that are one text, by their dotted names.
    package var fields: [String: String]

    package init(dataset: String, namespace: String, fields: [String: String] = [:]) {
        self.dataset = dataset
        self.namespace = namespace
        self.fields = fields
    }

    subscript(placeholder: TargetPattern.Placeholder) -> String? {
        switch placeholder {
        case .dataset: dataset
        case .namespace: namespace
        case .field(let name): fields[name]
        }
    }
}
