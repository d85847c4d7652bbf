// The layouts of a line that the scanner knows.

/// How a line is laid out.
package enum LineFormat: String, Sendable, CaseIterable {
    /// `%h %l %u %t "%r" %s %b`, the Common Log Format.
    case common
    /// Common, then `"%{Referer}i" "%{User-Agent}i"`.
    case combined
    /// Either of the two, line by line.
    case auto
}
