// `parked`: the lines in the park, read beside a running agent.
import Bytes
import Elastic
import Platform
import Tail

/// One run of a `parked` command, on the thread of its caller.
package struct Parked: ~Copyable {
    /// What a run depends on beside its configuration.
    package struct Surroundings {
        package var disk: any FileSystem = LinuxFileSystem()
        package var wall: () -> WallTime = WallTime.now
        /// Takes what was asked for.
        package var output: DocumentSink
        /// Takes messages.
        package var errors: (String) -> Void
        /// Posts a body once and reads the reply into the buffer.
        package var post: (BulkRequest, Span<UInt8>, inout ByteBuffer) -> BulkOutcome

        package init(
            output: @escaping DocumentSink, errors: @escaping (String) -> Void,
            post: @escaping (BulkRequest, Span<UInt8>, inout ByteBuffer) -> BulkOutcome
        ) {
            self.output = output
            self.errors = errors
            self.post = post
        }
    }

    let configuration: Configuration
    let surroundings: Surroundings
    let directory: Path
    var out = ByteBuffer(capacity: 4096)
    /// The worst that happened.
    var result = ExitCode.done
    /// Nobody reads any more, or nothing can be written.
    var isOver = false

    package init(_ configuration: Configuration, _ surroundings: Surroundings) {
        self.configuration = configuration
        self.surroundings = surroundings
        directory = configuration.state.appending("park")
    }

    /// Reads the notes and then every line. nil when the park cannot be read; it was said why.
    mutating func read(
        _ each: (inout Parked, ParkRecord, _ isRetried: Bool) -> Void
    ) -> ParkSurvey? {
        do throws(SystemError) {
            let retries = try ParkRetries(directory: directory, files: surroundings.disk)
            let survey = try ParkSurvey(directory: directory, files: surroundings.disk) { record in
                let isRetried = retries.contains(record.number, key: record.line.key)
                each(&self, record, isRetried)
            }
            return survey
        } catch {
            complain("\(directory): \(error)")
            return nil
        }
    }

    /// Says what of the park could not be read.
    mutating func report(_ survey: ParkSurvey) {
        for damage in survey.damage {
            complain(
                "\(directory.appending(damage.segment)): \(damage.range.count) bytes from byte "
                    + "\(damage.range.lowerBound) on are damaged")
        }
        for segment in survey.newer {
            complain("\(directory.appending(segment)) was written by a newer version")
        }
    }

    mutating func complain(_ message: String) {
        surroundings.errors("tailproof: \(message)\n")
        result = .failed
    }

    /// Writes out what has gathered, from `least` bytes on.
    mutating func flush(from least: Int = 0) {
        if out.count <= least { return }
        if !isOver {
            do throws(SystemError) {
                try surroundings.output(out.bytes)
            } catch {
                isOver = true
                result = .failed
                // A reader that has gone is no failure to speak of.
                if !error.isBrokenPipe { complain("standard output: \(error.reason)") }
            }
        }
        out.clear()
    }
}
