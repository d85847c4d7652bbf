// The body of a batch as it is printed.
import Bytes
import Platform

/// Renders bulk lines in the style a user chose.
package struct Rendering: Sendable {
    package let style: Configuration.Style
    private let printer: PrettyPrinter

    package init(style: Configuration.Style, isColoured: Bool) {
        self.style = style
        printer = PrettyPrinter(isColoured: isColoured)
    }

    /// Prints the documents of a body, pairs of an action line and a source line, each ending in a
    /// newline, piece by piece; waits for whoever reads. `text` is what is rendered meanwhile.
    package func print(
        _ body: Span<UInt8>, by text: inout ByteBuffer
    ) throws(SystemError) {
        var place = 0
        while append(body, from: &place, to: &text, upTo: Rendering.piece) {
            try StandardStream.output.write(text.bytes)
            text.clear(keeping: Rendering.piece)
        }
    }

    /// Bytes that are rendered before they are written.
    package static let piece = 64 << 10

    /// Appends the documents of a body.
    package func append(_ body: Span<UInt8>, to out: inout ByteBuffer) {
        var place = 0
        _ = append(body, from: &place, to: &out, upTo: .max)
    }

    /// Appends documents of a body from `place` on, until `out` holds so many bytes. False when
    /// there are no more.
    private func append(
        _ body: Span<UInt8>, from place: inout Int, to out: inout ByteBuffer, upTo limit: Int
    ) -> Bool {
        let start = place
        while out.count < limit,
            let action = body.firstIndex(of: 0x0a, from: place, to: body.count),
            let source = body.firstIndex(of: 0x0a, from: action + 1, to: body.count)
        {
            let document = body.extracting((action + 1)..<source)
            switch style {
            case .pretty: printer.append(document, to: &out)
            case .json: out.append(document)
            case .bulk: out.append(body.extracting(place..<source))
            }
            out.append("\n")
            place = source + 1
        }
        return place > start
    }
}
