// What the process was started with: arguments, variables, working directory.
import CLinux
import Glibc

/// The surroundings of this process.
package enum ProcessEnvironment {
    /// The arguments without the program's name. Bytes, because a path need not be text.
    package static var arguments: [[UInt8]] {
        var result: [[UInt8]] = []
        for index in 1..<max(1, Int(CommandLine.argc)) {
            // Safety: argc terminated strings that live as long as the process.
            guard let argument = unsafe CommandLine.unsafeArgv[index] else { break }
            let length = unsafe strlen(argument)
            let bytes = unsafe UnsafeRawBufferPointer(start: argument, count: length)
            result.append(unsafe Array(bytes))
        }
        return result
    }

    /// A variable of the environment, nil when it is not set.
    package static func variable(_ name: String) -> String? {
        // Safety: the value is copied at once, and nothing here changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// The same as the bytes it is.
    package static func variableBytes(_ name: String) -> [UInt8]? {
        // Safety: the value is copied at once, and nothing here changes the environment.
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }

    /// The names of all variables.
    package static var variableNames: [String] {
        var names: [String] = []
        // Safety: a terminated text that is copied at once, and nothing here changes the
        // environment.
        while let text = unsafe tp_variable_at(names.count) {
            let bytes = unsafe UnsafeRawBufferPointer(start: text, count: strlen(text))
            names.append(unsafe String(decoding: bytes.prefix { $0 != 0x3D }, as: UTF8.self))
        }
        return names
    }

    /// The working directory, nil when it was removed or is not ours to see.
    package static var workingDirectory: Path? {
        // Safety: with NULL the C library allocates what it needs; freed here after the copy.
        guard let path = unsafe getcwd(nil, 0) else { return nil }
        defer { unsafe free(path) }
        return unsafe Path(bytes: Array(UnsafeRawBufferPointer(start: path, count: strlen(path))))
    }

    /// gethostname(2); in a pod the pod's name.
    package static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        // Safety: one byte less than there is, so that the name stays terminated.
        guard unsafe gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
