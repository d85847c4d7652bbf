// What is known of a line, for people or as JSON.
import Bytes
import Platform
import Tail

extension Inspection {
    mutating func appendText(_ line: Explanation, of file: FoundFile) {
        var marks: [String] = []
        if line.isCut { marks.append("cut: longer than max_line, its head is sent") }
        if line.isTorn { marks.append("torn: it never got its newline") }
        if let asked = line.asked { marks.append("byte \(asked) is inside it") }
        var rows = [
            ("file", Printout.printable(file.path.bytes)),
            ("offset", String(line.offset)), ("length", String(line.length)),
            ("fate", line.fate), ("meaning", line.meaning),
        ]
        if !marks.isEmpty { rows.append(("note", marks.joined(separator: "; "))) }
        if let document = line.document {
            rows.append(("target", Printout.printable(document.target)))
            rows.append(("id", document.id))
        }
        if let indices = line.indices {
            let names = indices.map { Printout.printable($0) }.joined(separator: ", ")
            rows.append(
                ("server", indices.isEmpty ? "does not have it, or not yet" : "has it in \(names)"))
        }
        rows.append(("line", Printout.printable(line.raw)))
        for (name, value) in rows {
            page.out.append(text: name + String(repeating: " ", count: 9 - name.count))
            page.out.append(text: value + "\n")
        }
    }

    mutating func appendJSON(_ line: Explanation, of file: FoundFile) {
        page.out.append("{")
        page.member("path", file.path.bytes)
        page.member("offset", line.offset)
        page.member("length", line.length)
        page.member("fate", text: line.fate)
        page.member("meaning", text: line.meaning)
        page.member("committed", file.record.committed)
        page.member("cut", line.isCut)
        page.member("torn", line.isTorn)
        if let document = line.document {
            page.member("target", text: document.target)
            page.member("id", text: document.id)
        }
        if let indices = line.indices { page.member("indices", list: indices) }
        page.member(raw: line.raw)
        page.out.append("}\n")
    }
}
