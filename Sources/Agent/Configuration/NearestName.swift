// Which of the valid names somebody meant, and how foreign words are shown in messages.
import Bytes

/// The candidate that differs least from the word, nil when none is near.
func nearestName(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.lowercased().unicodeScalars)
    guard letters.count <= 64 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates {
        let distance = editDistance(letters, Array(candidate.lowercased().unicodeScalars))
        let limit = max(1, min(letters.count, candidate.count) / 3)
        if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
private func editDistance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
    var before: [Int] = []
    var last = Array(0...other.count)
    for row in one.indices {
        var current = [row + 1]
        for column in other.indices {
            let change = last[column] + (one[row] == other[column] ? 0 : 1)
            var cost = min(change, last[column + 1] + 1, current[column] + 1)
            if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
                cost = min(cost, before[column - 1] + 1)
            }
            current.append(cost)
        }
        before = last
        last = current
    }
    return last[other.count]
}

/// A foreign word for a message: one line, short, and never a URL, which may hold a password.
func quoted(_ word: String) -> String {
    if word.holds("://") { return "(a URL)" }
    return "\"" + oneLine(word, atMost: 40) + "\""
}

/// A text that quotes foreign words, for a message: one line, cut at so many characters.
func oneLine(_ text: String, atMost limit: Int = 300) -> String {
    let shown = text.unicodeScalars.prefix(limit + 1).map { scalar in
        scalar.properties.isGraphic
            ? String(scalar) : "\\u{" + String(scalar.value, radix: 16) + "}"
    }
    return shown.prefix(limit).joined() + (shown.count > limit ? "…" : "")
}

extension Unicode.Scalar.Properties {
    /// Whether the scalar leaves a mark or a space and does nothing else.
    fileprivate var isGraphic: Bool {
        switch generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
        default: true
        }
    }
}
