// Standard output and error, for the short words of a command.
import Bytes
import CLinux
import Glibc

/// A stream that the process was started with.
package enum StandardStream: Int32, Sendable {
    case output = 1
    case error = 2

    package var isTerminal: Bool { isatty(rawValue) == 1 }

    /// Columns of the terminal, 0 when it is none.
    package var columns: Int { Int(tp_terminal_columns(rawValue)) }

    /// Writes all of the text, waiting where the reader is slow. EPIPE: nobody reads any more.
    package func write(_ text: String) throws(SystemError) {
        try write(Array(text.utf8).span)
    }

    /// Writes all of the bytes, waiting where the reader is slow. EPIPE: nobody reads any more.
    package func write(_ bytes: Span<UInt8>) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            let rest = bytes.extracting(written..<bytes.count)
            written += try call("write") { () -> Int in
                // Safety: the pointer is valid for the call and count bytes long.
                unsafe rest.withUnsafeBufferPointer { buffer in
                    unsafe Glibc.write(rawValue, buffer.baseAddress, buffer.count)
                }
            }
        }
    }
}
