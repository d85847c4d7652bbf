// The body of a batch as it is printed.
import Bytes

/// Renders bulk lines in the style a user chose.
package struct Rendering: Sendable {
    package let style: Configuration.Style
    private let printer: PrettyPrinter

    package init(style: Configuration.Style, isColoured: Bool) {
        self.style = style
        printer = PrettyPrinter(isColoured: isColoured)
    }

    /// Appends the documents of a body: pairs of an action line and a source line, each ending in a
    /// newline.
    package func append(_ body: Span<UInt8>, to out: inout ByteBuffer) {
        if style == .bulk { return out.append(body) }
        var place = 0
        while let action = body.firstIndex(of: 0x0a, from: place, to: body.count),
            let source = body.firstIndex(of: 0x0a, from: action + 1, to: body.count)
        {
            let document = body.extracting((action + 1)..<source)
            if style == .pretty {
                printer.append(document, to: &out)
            } else {
                out.append(document)
            }
            out.append("\n")
            place = source + 1
        }
    }
}
