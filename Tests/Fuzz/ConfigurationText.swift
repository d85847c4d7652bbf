// A configuration with variables: what is printed reads back, and findings show no value of them.
import Agent
import Bytes

extension FuzzTarget {
    static let configuration = FuzzTarget(name: "configuration") { input in
        let bytes = input.array
        let effective: EffectiveConfiguration
        do throws(ConfigurationErrors) {
            effective = try ConfigurationFile.decode(bytes, name: "fuzz", sources)
        } catch {
            let isLeak = error.description.holds("S3cr3t") || error.json.holds("S3cr3t")
            let isOwn = String(decoding: bytes, as: UTF8.self).holds("S3")
            if isLeak, !isOwn { fatalError("shows a variable's value: \(error)") }
            precondition(!error.description.isEmpty)
            return
        }
        let configuration = effective.configuration
        precondition(!effective.json.isEmpty)
        for text in [configuration.yaml, effective.annotated] {
            // A user in a URL is masked there.
            if text.holds("****") { continue }
            do throws(ConfigurationErrors) {
                let again = try ConfigurationFile.decode(Array(text.utf8), name: "again")
                if again != configuration { fatalError("read back, it differs: \(text)") }
            } catch {
                fatalError("\(error) in \(text)")
            }
        }
    }

    /// Variables of a letter: what structure, numbers and our own syntax are made of.
    private static var sources: ConfigurationSources { ConfigurationSources(variable: variable) }

    private static func variable(_ name: String) -> [UInt8]? {
        switch name {
        case "A": Array("S3cr3t: [\n# \"'{${B}$${C}".utf8)
        case "B": Array("/S3cr3t*/%{dataset}".utf8)
        case "C": Array("s3cr3t".utf8)
        case "D": Array("7".utf8)
        case "E": []
        case "F": Array("true".utf8)
        case "G": [0xFF]
        default: nil
        }
    }
}
