// `parked`: the lines in the park, read beside a running agent.
import Bytes
import Elastic
import Platform
import Tail

/// One run of a `parked` command, on the thread of its caller.
package struct Parked: ~Copyable {
    let configuration: Configuration
    let directory: Path
    var page: Printout

    package init(_ configuration: Configuration, _ surroundings: CommandSurroundings) {
        self.configuration = configuration
        page = Printout(surroundings)
        directory = configuration.state.appending("park")
    }

    /// Reads the notes and then every line. nil when the park cannot be read; it was said why.
    mutating func read(
        _ each: (inout Parked, ParkRecord, _ isRetried: Bool) -> Void
    ) -> ParkSurvey? {
        do throws(SystemError) {
            let retries = try ParkRetries(directory: directory, files: page.surroundings.disk)
            let survey = try ParkSurvey(directory: directory, files: page.surroundings.disk) {
                record in
                let isRetried = retries.contains(record.number, key: record.line.key)
                each(&self, record, isRetried)
            }
            return survey
        } catch {
            page.complain("\(directory): \(error)")
            return nil
        }
    }

    /// Says what of the park could not be read.
    mutating func report(_ survey: ParkSurvey) {
        for damage in survey.damage {
            page.complain(
                "\(directory.appending(damage.segment)): \(damage.range.count) bytes from byte "
                    + "\(damage.range.lowerBound) on are damaged")
        }
        for segment in survey.newer {
            page.complain("\(directory.appending(segment)) was written by a newer version")
        }
    }
}
