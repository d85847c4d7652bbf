// The names of data and of pipelines: words with rules.
import Bytes
import Elastic

extension ValueKind where Value == String {
    /// The middle part of a data stream's name. Whether the whole name can be is found out when the
    /// target is known.
    static var dataset: ValueKind {
        let expected = "a name in lower case without dashes"
        return .word(expected, write: { .text($0) }) { word throws(Refusal) in
            try checkPart(word, "dataset")
            return word
        }
    }

    /// The last part of a data stream's name.
    static var namespace: ValueKind {
        let expected = "a name in lower case without dashes"
        return .word(expected, write: { .text($0) }) { word throws(Refusal) in
            try checkPart(word, "namespace")
            let isFree = word.utf8.allSatisfy { byte in
                byte > 0x20 && byte != 0x7F && !"\\/*?\"<>|,#:".utf8.contains(byte)
            }
            if !isFree || word != word.lowercased() {
                throw Refusal(
                    "a namespace is lower case and has none of \\ / * ? \" < > | , # : or space")
            }
            return word
        }
    }

    private static func checkPart(_ word: String, _ part: String) throws(Refusal) {
        if word.isEmpty { throw Refusal("a name must not be empty") }
        if word.contains("-") {
            throw Refusal("a \(part) has no \"-\": it separates the parts of a data stream's name")
        }
        if word.utf8.count > 100 { throw Refusal("longer than the 100 bytes of a \(part)") }
    }

    /// The name of a data stream or an index, with its placeholders.
    static func target(_ kind: TargetPattern.Kind) -> ValueKind {
        let dates = kind == .index ? " and dates such as %{yyyy.MM.dd}" : ""
        let expected = "a name in lower case with %{dataset}, %{namespace}, %{fields.NAME}" + dates
        return .word(expected, write: { .text($0) }) { word throws(Refusal) in
            try checkPattern(word, kind)
            return word
        }
    }
}

extension ValueKind where Value == Configuration.Pipeline {
    /// `none`, or the name of a pipeline with its placeholders.
    static var pipeline: ValueKind {
        let expected = "none, or a name with %{dataset}, %{namespace}, %{fields.NAME}"
        return .word(expected) { pipeline in
            switch pipeline {
            case .ofTarget: .text("none")
            case .named(let name): .text(name)
            }
        } parse: { word throws(Refusal) in
            if word == "none" { return .ofTarget }
            try checkPattern(word, .pipeline)
            return .named(word)
        }
    }
}

/// Refuses what is no pattern, with what was meant where that is near.
private func checkPattern(_ word: String, _ kind: TargetPattern.Kind) throws(Refusal) {
    do throws(TargetRefusal) {
        _ = try TargetPattern(word, kind: kind)
    } catch {
        var meant = ""
        if case .unknown(let name, _) = error.fault, let near = nearPlaceholder(name, kind) {
            meant = "; did you mean %{\(near)}?"
        }
        throw Refusal(oneLine(error.description + meant))
    }
}

private func nearPlaceholder(_ name: String, _ kind: TargetPattern.Kind) -> String? {
    let dates = kind == .index ? ["yyyy.MM.dd", "yyyy.MM", "yyyy"] : []
    if let near = nearestName(to: name, among: ["dataset", "namespace"] + dates) { return near }
    // A field without its prefix, or with another one: "field.a", "labels.a".
    guard let dot = name.firstIndex(of: "."), name.hasPrefix("field.") || name.hasPrefix("Fields.")
    else { return nil }
    return "fields" + name[dot...]
}
