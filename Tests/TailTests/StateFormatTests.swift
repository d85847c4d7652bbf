// What is written to the state is what is read back, and what is damaged is nothing.
import Bytes
import Platform
import Tail
import TestKit
import Testing

@Suite("State format") struct StateFormatTests {
    @Test("a record comes back as it was, with what a newer version put in it")
    func record() throws {
        var random = Seed.generator(1)
        for _ in 0..<300 {
            let record = random.record()
            var buffer = ByteBuffer(capacity: 512)
            record.append(to: &buffer)
            let decoded = decodedRecord(buffer.array)
            #expect(decoded == record)
        }
    }

    @Test("a payload comes back as it was")
    func payloads() throws {
        var random = Seed.generator(2)
        for _ in 0..<50 {
            let volume = random.volume()
            let records = (0..<Int.random(in: 0...5, using: &random)).map { _ in random.record() }
            let bytes = payload(volume, records).array
            let decoded = try #require(decodedPayload(bytes))
            #expect(decoded.volume == volume)
            #expect(decoded.records == records)
        }
    }

    @Test("the fields of a record may come in any order, and a later one wins")
    func order() throws {
        var random = Seed.generator(3)
        var record = random.record()
        record.committed = 5_000
        record.base = 0
        record.marker = Marker(offset: 0, hash: 1)
        var buffer = ByteBuffer(capacity: 512)
        buffer.append(item: 13, UInt64(9_000))
        record.append(to: &buffer)
        let bytes = buffer.array
        let decoded = try #require(decodedRecord(bytes))
        #expect(decoded == record)
    }

    @Test("a waypoint's hash without its offset is no waypoint, and is not written again")
    func waypoint() throws {
        var random = Seed.generator(9)
        var record = random.record()
        record.waypoint = Marker()
        record.unknown = []
        var buffer = ByteBuffer(capacity: 512)
        record.append(to: &buffer)
        let plain = buffer.array
        buffer.append(item: 22, random.next())
        let decoded = try #require(decodedRecord(buffer.array))
        #expect(decoded == record)
        buffer.clear()
        decoded.append(to: &buffer)
        #expect(buffer.array == plain)
    }

    @Test("a header comes back as it was; one bit changed makes it none")
    func header() throws {
        var random = Seed.generator(4)
        for _ in 0..<20 {
            var header = StateHeader(
                generation: random.next(), births: random.next(), payload: random.bytes(0..<9).span)
            header.format = UInt32.random(in: 0 ... .max, using: &random)
            header.oldestReader = UInt32.random(in: 0 ... .max, using: &random)
            let encoded = header.encoded
            #expect(encoded.count == StateHeader.size)
            #expect(decodedHeader(encoded) == header)
            for index in 0..<56 {
                var damaged = encoded
                damaged[index] ^= 1 << UInt8.random(in: 0...7, using: &random)
                #expect(decodedHeader(damaged) == nil, "byte \(index)")
            }
            for count in 0..<StateHeader.size {
                #expect(decodedHeader(Array(encoded[..<count])) == nil)
            }
        }
    }

    @Test("a births page comes back as it was; one byte changed makes it none")
    func births() throws {
        var random = Seed.generator(5)
        let records = [random.record(), random.record()]
        let bytes = payload(births: records)
        let page = BirthPage.encode(sequence: 77, payload: bytes.bytes).array
        let decoded = try #require(decodedPage(page))
        #expect(decoded.sequence == 77)
        #expect(decoded.records == records)
        let used = 28 + bytes.count
        for index in 0..<used {
            var damaged = page
            damaged[index] ^= UInt8.random(in: 1...255, using: &random)
            #expect(decodedPage(damaged) == nil, "byte \(index)")
        }
        for count in stride(from: 0, to: BirthPage.size, by: 13) {
            #expect(decodedPage(Array(page[..<count])) == nil)
        }
    }

    @Test("a payload whose bytes are changed or cut is read or refused, and never stops the agent")
    func hostilePayload() throws {
        var random = Seed.generator(6)
        let whole = payload(random.volume(), [random.record(), random.record()]).array
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= UInt8.random(in: 1...255, using: &random)
            check(decodedPayload(damaged)?.records)
        }
        for count in whole.indices {
            check(decodedPayload(Array(whole[..<count]))?.records)
        }
        // A length beyond the end, the greatest there is.
        check(decodedPayload([5, 255, 255, 255, 255] + whole)?.records)
    }

    /// What a record that was accepted must hold, whatever it was made of.
    private func check(_ records: [FileRecord]?) {
        for record in records ?? [] {
            #expect(record.base <= record.committed)
            #expect(record.marker.offset <= record.committed)
            #expect(record.headLength <= UInt64(FileRecord.headLimit))
        }
    }

    @Test("a record without its incarnation or its path, or with a field of a wrong width, is none")
    func incomplete() throws {
        var random = Seed.generator(7)
        let record = random.record()
        let whole = bytes { record.append(to: &$0) }
        #expect(decodedRecord(whole) == record)
        // The incarnation stands first: 5 + 16 bytes.
        #expect(decodedRecord(Array(whole[21...])) == nil)
        let path = bytes { $0.append(item: 16, Array("/a".utf8)) }
        #expect(decodedRecord(path) == nil)
        #expect(decodedRecord(path + bytes { $0.append(item: 1, random.bytes(15..<16)) }) == nil)
        #expect(decodedRecord(path + bytes { $0.append(item: 1, random.bytes(16..<17)) }) != nil)
        #expect(decodedRecord(whole + bytes { $0.append(item: 13, UInt32(1)) }) == nil)
        let zero = bytes { $0.append(item: 13, UInt64(0)) }
        #expect(decodedRecord(whole + zero + bytes { $0.append(item: 2, UInt64(1)) }) == nil)
        #expect(decodedRecord(whole + bytes { $0.append(item: 10, UInt64(1025)) }) == nil)
    }

    private func bytes(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer(capacity: 512)
        write(&buffer)
        return buffer.array
    }
}

@Suite("Tally") struct TallyTests {
    @Test("counts are added outcome by outcome, and come back from their bytes")
    func adding() throws {
        var random = Seed.generator(8)
        for _ in 0..<100 {
            let (one, other) = (random.tally(), random.tally())
            var sum = one
            sum += other
            for outcome in Outcome.allCases {
                #expect(sum.events(outcome) == one.events(outcome) &+ other.events(outcome))
                #expect(sum.bytes(outcome) == one.bytes(outcome) &+ other.bytes(outcome))
            }
            #expect(sum.allBytes == one.allBytes &+ other.allBytes)
            #expect(decodedTally(sum.encoded) == sum)
        }
    }

    @Test("what is no tally is refused: an outcome beyond 15, a part of an entry")
    func refused() {
        var tally = Tally()
        tally.add(.parked, events: 1, bytes: 2)
        let encoded = tally.encoded
        #expect(encoded.count == 17)
        for count in 1..<17 { #expect(decodedTally(Array(encoded[..<count])) == nil) }
        #expect(decodedTally([16] + encoded[1...]) == nil)
        #expect(decodedTally([]) == Tally())
    }

    @Test("the numbers of the outcomes are those that the state's format names")
    func numbers() {
        #expect(Outcome.allCases.map(\.rawValue) == Array(0...11))
    }
}
