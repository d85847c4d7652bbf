// A configuration file: findings or a configuration, and what is printed of it reads back the same.
import Agent
import Bytes

extension FuzzTarget {
    static let configuration = FuzzTarget(name: "configuration") { input in
        let configuration: Configuration
        do throws(ConfigurationErrors) {
            configuration = try ConfigurationFile.decode(input.array, name: "fuzz")
        } catch {
            precondition(!error.description.isEmpty)
            return
        }
        do throws(ConfigurationErrors) {
            let again = try ConfigurationFile.decode(Array(configuration.yaml.utf8), name: "again")
            if again != configuration { fatalError("read back, it differs: \(configuration.yaml)") }
        } catch {
            fatalError("\(error) in \(configuration.yaml)")
        }
    }
}
