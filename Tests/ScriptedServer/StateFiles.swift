// An independent reader of the state directory, from docs/state-format.md.
import Foundation

/// What is wrong with a state directory.
package struct StateFileError: Error, CustomStringConvertible {
    package let description: String
}

/// The files of a state directory. Hashes are checked where a hash function is given: then what is
/// damaged is left out, as the format says. Without one, read them when no agent writes; what a
/// killed agent leaves can be read, for a header is written last and by one call.
package struct StateFiles: StateReader {
    /// A file's record: every field as it stands there.
    package struct Record: Hashable, Sendable {
        package var incarnation: [UInt8] = []
        package var path: [UInt8] = []
        package var origin: [UInt8] = []
        /// Base, device, inode and so on by their tags, absent ones left out.
        package var numbers: [UInt8: UInt64] = [:]
        /// Events and bytes by outcome.
        package var tally: [UInt8: Counts] = [:]
        /// Tags that the format does not name yet.
        package var unknown: Set<UInt8> = []

        package var inode: UInt64 { numbers[4] ?? 0 }
        package var size: UInt64 { numbers[7] ?? 0 }
        package var committed: UInt64 { numbers[13] ?? 0 }
    }

    /// What a tally says of one outcome.
    package struct Counts: Hashable, Sendable {
        package var events: UInt64
        package var bytes: UInt64
    }

    /// Of the slot that counts; 0 when none does.
    package private(set) var generation: UInt64 = 0
    package private(set) var home = ""
    package private(set) var agentID: [UInt8] = []
    package private(set) var firstScanDone = false
    package private(set) var retired: [UInt8: Counts] = [:]
    package private(set) var records: [Record] = []

    /// XXH3 of bytes, for those who have it.
    package typealias Hash = (ArraySlice<UInt8>) -> UInt64

    package init(directory: String, hash: Hash? = nil) throws {
        // No state of a test is larger, whatever follows it in the file.
        let slots = try ["slot.a", "slot.b"].map {
            try Self.bytes("\(directory)/\($0)", atMost: 64 << 20)
        }
        let births = try Self.bytes("\(directory)/births", atMost: 64 * 4096)
        try self.init(slots: slots, births: births, hash: hash)
    }

    /// From the files' content; trailing zeros may be missing.
    package init(slots: [[UInt8]], births: [UInt8], hash: Hash? = nil) throws {
        var best: (header: Header, payload: ArraySlice<UInt8>)?
        for slot in slots {
            guard let header = try Self.header(slot, hash),
                header.generation >= best?.header.generation ?? 0
            else { continue }
            let payload = slot.padded(to: 64 + header.length)[64..<64 + header.length]
            if let hash, hash(payload) != header.hash { continue }
            best = (header, payload)
        }
        if let best {
            generation = best.header.generation
            try readPayload(best.payload)
        }
        let covered = best?.header.births ?? 0
        for page in try Self.pages(births, hash) where page.sequence > covered {
            for item in try Self.items(page.payload) {
                guard item.tag == 5 else { continue }
                let record = try Self.record(item.content)
                if records.contains(where: { $0.incarnation == record.incarnation }) { continue }
                records.append(record)
            }
        }
    }

    package func committedOffsets() throws -> [CommittedOffset] {
        records.map {
            CommittedOffset(
                inode: $0.inode, incarnation: $0.incarnation, offset: $0.committed)
        }
    }

    // MARK: - Slots and pages

    private static func bytes(_ path: String, atMost count: Int) throws -> [UInt8] {
        let file = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
        defer { try? file.close() }
        return Array(try file.read(upToCount: count) ?? Data())
    }

    private struct Header {
        var generation: UInt64
        var births: UInt64
        var length: Int
        var hash: UInt64
    }

    private static func header(_ slot: [UInt8], _ hash: Hash?) throws -> Header? {
        if slot.prefix(64).allSatisfy({ $0 == 0 }) { return nil }
        let head = slot.padded(to: 64)
        if let hash, hash(head[..<48]) != number(head[48..<56]) { return nil }
        guard Array(head[..<8]) == Array("TAILPRF\n".utf8) else {
            throw StateFileError(description: "a slot without its magic")
        }
        guard number(head[12..<16]) <= 1 else {
            throw StateFileError(
                description: "a slot for format \(number(head[12..<16])) and later")
        }
        return Header(
            generation: number(head[16..<24]), births: number(head[24..<32]),
            length: Int(number(head[32..<40])), hash: number(head[40..<48]))
    }

    private static func pages(
        _ births: [UInt8], _ hash: Hash?
    ) throws -> [(sequence: UInt64, payload: ArraySlice<UInt8>)] {
        var pages: [(sequence: UInt64, payload: ArraySlice<UInt8>)] = []
        let whole = births.padded(to: 64 * 4096)
        guard whole.count == 64 * 4096 else {
            throw StateFileError(description: "\(births.count) bytes of births")
        }
        for start in stride(from: 0, to: whole.count, by: 4096) {
            let page = Array(whole[start..<start + 4096])
            guard Array(page[..<8]) == Array("TPBIRTH\n".utf8) else { continue }
            let length = Int(number(page[16..<20]))
            if let hash {
                let hashed = page[8..<20] + page[28...].prefix(length)
                guard hash(hashed) == number(page[20..<28]) else { continue }
            }
            guard length <= 4068 else { throw StateFileError(description: "an overfull page") }
            pages.append((number(page[8..<16]), page[28..<28 + length]))
        }
        return pages.sorted { $0.sequence < $1.sequence }
    }

    // MARK: - Items

    private static func items(
        _ bytes: ArraySlice<UInt8>
    ) throws -> [(tag: UInt8, content: ArraySlice<UInt8>)] {
        var items: [(tag: UInt8, content: ArraySlice<UInt8>)] = []
        var rest = bytes
        while let tag = rest.first {
            guard rest.count >= 5 else { throw StateFileError(description: "half an item") }
            let length = Int(number(rest.dropFirst().prefix(4)))
            rest = rest.dropFirst(5)
            guard length <= rest.count else {
                throw StateFileError(description: "an item of \(length) bytes, \(rest.count) left")
            }
            items.append((tag, rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return items
    }

    private mutating func readPayload(_ payload: ArraySlice<UInt8>) throws {
        for item in try Self.items(payload) {
            switch item.tag {
            case 1: home = String(decoding: item.content, as: UTF8.self)
            case 2: agentID = Array(item.content)
            case 3: firstScanDone = item.content.first == 1
            case 4: retired = try Self.tally(item.content)
            case 5: records.append(try Self.record(item.content))
            default: break
            }
        }
        guard agentID.count == 16 else { throw StateFileError(description: "no agent id") }
    }

    private static func record(_ bytes: ArraySlice<UInt8>) throws -> Record {
        var record = Record()
        for item in try items(bytes) {
            switch item.tag {
            case 1: record.incarnation = Array(item.content)
            case 15: record.tally = try tally(item.content)
            case 16: record.path = Array(item.content)
            case 17: record.origin = Array(item.content)
            case 2...18, 20...22:
                guard item.content.count == 8 else {
                    throw StateFileError(description: "a field of \(item.content.count) bytes")
                }
                record.numbers[item.tag] = number(item.content)
            default: record.unknown.insert(item.tag)
            }
        }
        guard record.incarnation.count == 16, !record.path.isEmpty else {
            throw StateFileError(description: "a record without incarnation or path")
        }
        if record.origin.isEmpty { record.origin = record.path }
        return record
    }

    private static func tally(_ bytes: ArraySlice<UInt8>) throws -> [UInt8: Counts] {
        guard bytes.count.isMultiple(of: 17) else {
            throw StateFileError(description: "a tally of \(bytes.count) bytes")
        }
        var tally: [UInt8: Counts] = [:]
        for start in stride(from: bytes.startIndex, to: bytes.endIndex, by: 17) {
            tally[bytes[start]] = Counts(
                events: number(bytes[start + 1..<start + 9]),
                bytes: number(bytes[start + 9..<start + 17]))
        }
        return tally
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}

extension [UInt8] {
    fileprivate func padded(to count: Int) -> [UInt8] {
        self + [UInt8](repeating: 0, count: Swift.max(0, count - self.count))
    }
}
