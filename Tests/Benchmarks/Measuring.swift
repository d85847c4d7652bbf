// CPU time of the best pass: what is left of a measurement on a machine with neighbours.
import Glibc

/// Says what is wrong and ends.
func fail(_ message: String) -> Never {
    let text = Array("Benchmarks: \(message)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(2)
}

/// CPU seconds of the process so far.
func cpuTime() -> Double {
    var time = timespec()
    _ = clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// CPU seconds of the fastest of so many passes, and what the last one said.
func best(of passes: Int, _ pass: () -> String?) -> (seconds: Double, remark: String?) {
    var best = Double.infinity
    var remark: String?
    for _ in 0..<passes {
        let start = cpuTime()
        remark = pass()
        best = min(best, cpuTime() - start)
    }
    return (best, remark)
}

/// One line: ns a line, lines a second, MB of log a second, and the row's own remark.
func report(_ name: String, _ corpus: Corpus, _ seconds: Double, _ remark: String?) {
    let nanoseconds = seconds * 1e9 / Double(corpus.lines)
    let millions = Double(corpus.lines) / seconds / 1e6
    let megabytes = Double(corpus.bytes.count) / seconds / 1e6
    print(
        "\(name): \(rounded(nanoseconds, 1)) ns a line, \(rounded(millions, 2)) M lines/s,"
            + " \(rounded(megabytes, 0)) MB/s" + (remark.map { ", " + $0 } ?? ""))
}

/// A number with so many decimals, without Foundation.
private func rounded(_ value: Double, _ decimals: Int) -> String {
    let scale = pow(10, Double(decimals))
    let whole = Int((value * scale).rounded())
    if decimals == 0 { return String(whole) }
    let fraction = String(whole % Int(scale))
    return "\(whole / Int(scale))." + String(repeating: "0", count: decimals - fraction.count)
        + fraction
}
