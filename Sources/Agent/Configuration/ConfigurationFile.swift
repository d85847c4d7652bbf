// The configuration file: bytes into a checked configuration, or into all that is wrong.
import Platform

/// Reads configuration files. Whatever the bytes are: a configuration or findings, never a trap.
package enum ConfigurationFile {
    /// The configuration in a file.
    package static func load(_ path: Path) throws(ConfigurationErrors) -> Configuration {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readSmallFile(path, limit: YAMLNode.longestText + 1)
        } catch {
            throw failure(path.description, "cannot be read: \(error.reason)")
        }
        return try decode(bytes, name: path.description)
    }

    /// The configuration in a text; `name` is what findings call the file.
    package static func decode(
        _ bytes: [UInt8], name: String
    ) throws(ConfigurationErrors) -> Configuration {
        let tree: YAMLNode?
        do throws(YAMLSyntaxError) {
            tree = try YAMLNode.read(bytes)
        } catch {
            throw failure(name, error.message, at: error.place)
        }
        guard let tree else { throw failure(name, "is empty: nothing but space and comments") }
        var findings = Findings(file: name)
        var configuration = Configuration()
        ConfigurationSchema.root.read(tree, "", &configuration, &findings)
        try findings.check()
        return configuration
    }

    private static func failure(
        _ file: String, _ message: String, at place: YAMLPlace? = nil
    ) -> ConfigurationErrors {
        ConfigurationErrors([
            ConfigurationError(
                file: file, line: place?.line, column: place?.column, key: "", message: message)
        ])
    }
}

extension Configuration {
    /// What runs without a file: Tomcat's access logs, printed.
    package static var `default`: Configuration { Configuration() }

    /// Every key with its effective value, as YAML that reads back as this configuration.
    package var yaml: String { ConfigurationSchema.root.write(self).document }
}
