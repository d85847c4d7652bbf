// Arguments into options and operands by getopt_long(3), abbreviations refused.
import CLinux
import Glibc

/// How an option is spelled.
package struct OptionSpelling: Hashable, Sendable {
    /// The long name without its dashes.
    package let name: String
    /// The ASCII letter or digit of the short form.
    package let short: UInt8?
    package let takesValue: Bool

    package init(name: String, short: UInt8?, takesValue: Bool) {
        self.name = name
        self.short = short
        self.takesValue = takesValue
    }
}

/// Why arguments were refused. Indices are those of the table.
package enum OptionFault: Error, Hashable, Sendable {
    /// As written, with dashes and without a value.
    case unknown([UInt8])
    case missingValue(Int)
    case unwantedValue(Int)
}

/// Options in the order given, by their index in the table, and what is left.
package struct ScannedOptions: Hashable, Sendable {
    package struct Occurrence: Hashable, Sendable {
        package let index: Int
        package let value: [UInt8]?
    }
    package var options: [Occurrence] = []
    package var operands: [[UInt8]] = []
}

/// getopt_long keeps its position in globals of the C library.
private let scanning = Lock(())

/// Scans arguments (without the program's name). Options and operands may mix, `--` ends the
/// options; with `untilOperand` the first operand does. At most 64 options.
package func scanOptions(
    _ arguments: [[UInt8]], _ table: [OptionSpelling], untilOperand: Bool = false
) throws(OptionFault) -> ScannedOptions {
    precondition(table.count <= 64)
    let result = scanning.withLock { _ in
        var scanner = OptionScanner(arguments, table, untilOperand)
        return scanner.scan()
    }
    return try result.get()
}

/// Owns the C strings of one scan.
@safe private struct OptionScanner: ~Copyable {
    private static let firstCode: Int32 = 256
    private let table: [OptionSpelling]
    private let arguments: UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>
    private let options: UnsafeMutableBufferPointer<tp_option>
    private let shorts: String

    init(_ words: [[UInt8]], _ table: [OptionSpelling], _ untilOperand: Bool) {
        self.table = table
        var shorts = untilOperand ? "+:" : ":"
        for case (let short?, let takesValue) in table.map({ ($0.short, $0.takesValue) }) {
            shorts += String(Unicode.Scalar(short)) + (takesValue ? ":" : "")
        }
        self.shorts = shorts
        // Safety: both arrays end in a null entry, their strings are this scanner's own, freed by
        // deinit.
        unsafe arguments = .allocate(capacity: words.count + 2)
        unsafe arguments.initialize(repeating: nil)
        unsafe arguments[0] = strdup("tailproof")
        for (index, word) in words.enumerated() {
            unsafe arguments[index + 1] = Path(bytes: word).withCString { unsafe strdup($0) }
        }
        unsafe options = .allocate(capacity: table.count + 1)
        unsafe options.initialize(repeating: tp_option())
        for (index, spelling) in table.enumerated() {
            unsafe options[index] = tp_option(
                name: strdup(spelling.name), has_value: spelling.takesValue ? 1 : 0,
                code: OptionScanner.firstCode + Int32(index))
        }
    }

    deinit {
        // Safety: allocated in init; getopt_long only changed the order of the arguments.
        for index in unsafe arguments.indices { unsafe free(arguments[index]) }
        for index in unsafe options.indices {
            unsafe free(UnsafeMutablePointer(mutating: options[index].name))
        }
        unsafe arguments.deallocate()
        unsafe options.deallocate()
    }

    mutating func scan() -> Result<ScannedOptions, OptionFault> {
        var found = ScannedOptions()
        var code = step(start: true)
        while code != -1 {
            if code == Int32(UInt8(ascii: "?")) || code == Int32(UInt8(ascii: ":")) {
                return .failure(fault(isMissing: code == Int32(UInt8(ascii: ":"))))
            }
            let isLong = code >= OptionScanner.firstCode
            guard let index = isLong ? Int(code - OptionScanner.firstCode) : short(code) else {
                return .failure(.unknown([UInt8(ascii: "-"), UInt8(truncatingIfNeeded: code)]))
            }
            if isLong, let unknown = abbreviation(of: index) { return .failure(.unknown(unknown)) }
            found.options.append(.init(index: index, value: value))
            code = step(start: false)
        }
        // Safety: reads the length of the array alone.
        for index in Int(tp_option_index())..<(unsafe arguments.count - 1) {
            found.operands.append(word(index))
        }
        return .success(found)
    }

    private func step(start: Bool) -> Int32 {
        // Safety: as the C function asks: terminated arrays, one argument more than options.
        unsafe tp_next_option(
            Int32(arguments.count - 1), arguments.baseAddress, shorts, options.baseAddress,
            start ? 1 : 0)
    }

    /// What was wrong with the step before. A long option at fault is always the word last taken.
    private func fault(isMissing: Bool) -> OptionFault {
        let code = tp_option_at_fault()
        if code != 0, code < OptionScanner.firstCode {
            guard isMissing, let index = short(code) else {
                return .unknown([UInt8(ascii: "-"), UInt8(truncatingIfNeeded: code)])
            }
            return .missingValue(index)
        }
        let written = name(at: Int(tp_option_index()) - 1)
        guard let index = index(of: written) else { return .unknown(written) }
        return isMissing ? .missingValue(index) : .unwantedValue(index)
    }

    /// The option as written when that is not its whole name.
    private func abbreviation(of index: Int) -> [UInt8]? {
        var place = Int(tp_option_index()) - 1
        // Safety: compares addresses only; a value in a word of its own begins where the word
        // begins.
        if let value = unsafe tp_option_value(), unsafe value == UnsafePointer(arguments[place]!) {
            place -= 1
        }
        let written = name(at: place)
        return self.index(of: written) == index ? nil : written
    }

    private func short(_ code: Int32) -> Int? {
        table.firstIndex { $0.short.map(Int32.init) == code }
    }

    private func index(of written: [UInt8]) -> Int? {
        table.firstIndex { Array("--\($0.name)".utf8) == written }
    }

    private func name(at place: Int) -> [UInt8] {
        Array(word(place).prefix { $0 != UInt8(ascii: "=") })
    }

    private var value: [UInt8]? {
        // Safety: points into one of the arguments, which live as long as this scanner.
        guard let value = unsafe tp_option_value() else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    private func word(_ place: Int) -> [UInt8] {
        // Safety: the strings are this scanner's own and terminated.
        guard let word = unsafe arguments[place] else { return [] }
        return unsafe Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
    }
}
