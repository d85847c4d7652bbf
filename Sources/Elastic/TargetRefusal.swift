// Why a name cannot be that of a target or a pipeline.

/// What is wrong with a name or its pattern, and where.
package struct TargetRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Fault: Equatable, Sendable {
        case empty
        case tooLong
        case onlyDots
        /// A capital letter beyond ASCII, somewhere.
        case upperCase
        /// A byte that no name may hold.
        case character(UInt8)
        /// A byte that no name may begin with.
        case start(UInt8)
        /// A control character in a pipeline's name.
        case control(UInt8)
        /// `none` as the name of a pipeline, put together.
        case none
        /// `%` without `{`, or `%{` without `}`.
        case unclosed
        /// Neither a value of the input nor a date.
        case unknown(String, TargetPattern.Kind)
        /// A date in a name that is the same at all times.
        case date(TargetPattern.Kind)
        /// The input has no such value.
        case absent
        /// The value to put in is empty.
        case emptyValue
        /// `-` in a value that is put into a data stream's name.
        case dash
    }

    /// Where in the text, in bytes from 0.
    package let place: Int
    package let fault: Fault

    init(_ place: Int, _ fault: Fault) {
        self.place = place
        self.fault = fault
    }

    package var description: String {
        switch fault {
        case .empty: return "the name is empty"
        case .tooLong: return "the name is longer than \(TargetName.longest) bytes"
        case .onlyDots: return "the name is . or .."
        case .upperCase: return "the name has capital letters"
        case .character(let byte):
            return
                "\(TargetRefusal.shown(byte)) at byte \(place): a name is lower case"
                + " and has none of \\ / * ? \" < > | , # : or space"
        case .start(let byte):
            return
                "\(TargetRefusal.shown(byte)) at byte \(place): a name does not begin with - _ or +"
        case .control(let byte):
            return
                "\(TargetRefusal.shown(byte)) at byte \(place): a name has no control characters"
        case .none: return "none is not a name; write \"pipeline: none\" in the input"
        case .unclosed:
            return "% at byte \(place): write %{dataset}, %{namespace} or %{fields.NAME}"
        case .unknown(let text, let kind):
            let dates = " and dates of yyyy, MM, dd, HH with . - _ between them"
            return
                "%{\(text)} at byte \(place): allowed are %{dataset}, %{namespace}, "
                + "%{fields.NAME}" + (kind == .index ? dates : "")
                + "; nothing of a line names a target"
        case .date(.pipeline):
            return "a date at byte \(place): a pipeline has no date in its name"
        case .date:
            return
                "a date at byte \(place): a data stream is dated by its backing indices; use index"
        case .absent: return "the input has no such value"
        case .emptyValue: return "the value is empty"
        case .dash:
            return "- at byte \(place): it separates the parts of a data stream's name"
        }
    }

    private static func shown(_ byte: UInt8) -> String {
        if byte > 0x20, byte < 0x7f { return String(Unicode.Scalar(byte)) }
        return "0x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}

/// The pattern is legal, the name with an input's values is not.
package struct TargetValueRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    package let kind: TargetPattern.Kind
    /// Whose value is to blame; nil: what is literal.
    package let placeholder: TargetPattern.Placeholder?
    /// Its place is one in the whole name.
    package let refusal: TargetRefusal

    init(
        _ kind: TargetPattern.Kind, _ placeholder: TargetPattern.Placeholder?,
        _ refusal: TargetRefusal
    ) {
        self.kind = kind
        self.placeholder = placeholder
        self.refusal = refusal
    }

    package var description: String {
        guard let placeholder else { return refusal.description }
        let name = kind == .pipeline ? "the pipeline's name" : "the target's name"
        let value =
            switch placeholder {
            case .dataset: "this dataset"
            case .namespace: "this namespace"
            case .field: "this value"
            }
        return "\(name) with \(value): \(refusal)"
    }
}
