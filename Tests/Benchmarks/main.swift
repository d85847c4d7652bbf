// What a line costs: one row of the table, or the documents; run.sh makes the whole table.
import Bytes
import Glibc
import Platform

let usage = """
    usage: Benchmarks ROW [--passes N] [--once] [FILE]
    ROW: \(rows.map(\.name).joined(separator: ", ")), or documents: print what encode writes,
    or records: what 10,000 and 100,000 records in the state cost
    --passes N  passes over the file, 200 unless told
    --once      no measuring: just the passes, for instruction and allocation counts

    """

var operands: [String] = []
var passes = 200
var isOnce = false
var arguments = CommandLine.arguments.dropFirst()
while let argument = arguments.popFirst() {
    switch argument {
    case "--once": isOnce = true
    case "--passes":
        guard let text = arguments.popFirst(), let number = Int(text), number > 0 else {
            fail("--passes wants a number")
        }
        passes = number
    case "--help":
        print(usage, terminator: "")
        exit(0)
    default: operands.append(argument)
    }
}
guard let name = operands.first else { fail("which row?\n" + usage) }
if name == "records" {
    measureRecords()
    exit(0)
}
let corpus: Corpus
do {
    corpus = try Corpus(path: operands.count > 1 ? operands[1] : Corpus.standard)
} catch { fail("\(error)") }

if name == "documents" {
    printDocuments(corpus)
    exit(0)
}
guard let row = rows.first(where: { $0.name == name }) else { fail("no row \(name)\n" + usage) }
let pass = row.prepare(corpus)
if isOnce {
    for _ in 0..<passes { _ = pass() }
} else {
    let (seconds, remark) = best(of: passes, pass)
    report(row.name, corpus, seconds, remark)
}
