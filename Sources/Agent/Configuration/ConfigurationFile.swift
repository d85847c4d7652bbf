// The configuration file: bytes into a checked configuration, or into all that is wrong.
import Platform

/// Reads configuration files. Whatever the bytes are: a configuration or findings, never a trap.
package enum ConfigurationFile {
    /// The configuration in a file, with what goes before it.
    package static func load(
        _ path: Path, _ sources: ConfigurationSources = ConfigurationSources()
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try readSmallFile(path, limit: YAMLNode.longestText + 1)
        } catch {
            throw failure(path.description, "cannot be read: \(error.reason)")
        }
        return try decode(bytes, name: path.description, sources)
    }

    /// The configuration without a file.
    package static func embedded(
        _ sources: ConfigurationSources
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        try decode(YAMLNode(value: .mapping([])), name: "tailproof", sources)
    }

    /// The configuration in a text; `name` is what findings call the file.
    package static func decode(
        _ bytes: [UInt8], name: String
    ) throws(ConfigurationErrors) -> Configuration {
        try decode(bytes, name: name, ConfigurationSources()).configuration
    }

    /// The same, with what goes before it.
    package static func decode(
        _ bytes: [UInt8], name: String, _ sources: ConfigurationSources
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        let tree: YAMLNode?
        do throws(YAMLSyntaxError) {
            tree = try YAMLNode.read(bytes)
        } catch {
            throw failure(name, error.message, at: error.place)
        }
        guard let tree else { throw failure(name, "is empty: nothing but space and comments") }
        return try decode(tree, name: name, sources)
    }

    private static func decode(
        _ given: YAMLNode, name: String, _ sources: ConfigurationSources
    ) throws(ConfigurationErrors) -> EffectiveConfiguration {
        var tree = given
        var findings = Findings(file: name)
        var substitution = Substitution(sources)
        substitution.run(&tree, "", &findings)
        if case .mapping = tree.value { sources.apply(to: &tree, &findings) }
        var configuration = Configuration()
        ConfigurationSchema.root.read(tree, "", &configuration, &findings)
        try findings.check()
        return EffectiveConfiguration(configuration, file: name, places: findings.values)
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
