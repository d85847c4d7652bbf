// Finding a byte, against a loop; and a buffer that must hold what was appended.
import Bytes

extension FuzzTarget {
    static let search = FuzzTarget(name: "search") { input in
        guard input.count > 3 else { return }
        let bytes = input.extracting(3...)
        let start = Int(input[1]) % (bytes.count + 1)
        let end = start + Int(input[2]) % (bytes.count - start + 1)
        var expected: Int?
        for index in start..<end where bytes[index] == input[0] {
            expected = index
            break
        }
        precondition(bytes.firstIndex(of: input[0], from: start, to: end) == expected)

        var buffer = ByteBuffer(capacity: start)
        buffer.append(bytes.extracting(..<start))
        for index in start..<bytes.count { buffer.append(bytes[index]) }
        precondition(buffer.array == bytes.array)
    }
}
