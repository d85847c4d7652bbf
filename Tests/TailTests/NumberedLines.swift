// Text of lines that are told apart.

/// Lines that differ, some twenty of them more than the head of a file.
func lines(_ range: Range<Int>) -> String {
    range.map { "line \($0) " + String(repeating: "x", count: 40) + "\n" }.joined()
}

/// The lines of a text.
func text(of lines: String) -> [String] {
    lines.split(separator: "\n").map(String.init)
}
