// The park, by the ids of its lines.
import Bytes
import Platform
import Tail

/// What is parked, as of one moment.
struct ParkedEvents {
    struct Event {
        /// As `parked list` shows it.
        let number: UInt64
        let status: UInt16
        let type: String
        let isRetried: Bool
    }

    /// By id.
    private(set) var events: [EventID: Event] = [:]
    /// Every line of it could be read.
    private(set) var isWhole = false
    /// Segments whose lines were all taken by retries were removed.
    private(set) var isShortened = false
    /// Why it cannot be read.
    private(set) var problem: String?

    init(_ state: Path, _ disk: any FileSystem) {
        let directory = state.appending("park")
        var events: [EventID: Event] = [:]
        var numbers: Set<UInt64> = []
        do throws(SystemError) {
            let retries = try ParkRetries(directory: directory, files: disk)
            let survey = try ParkSurvey(directory: directory, files: disk) { record in
                numbers.insert(record.number)
                guard let id = PostedAction(record.line.posted.span).eventID else { return }
                events[id] = Event(
                    number: record.number, status: record.line.status, type: record.line.type,
                    isRetried: retries.contains(record.number, key: record.line.key))
            }
            isWhole = survey.isWhole
            if !isWhole { problem = "\(directory): not all of it can be read, see 'parked list'" }
        } catch {
            problem = "\(directory): \(error)"
        }
        self.events = events
        isShortened = numbers.max().map { Int($0) > numbers.count } ?? false
    }

    /// Those of one file whose first byte is below the offset, and how many a retry has stored.
    func count(of incarnation: Incarnation, below offset: UInt64) -> (all: UInt64, retried: UInt64)
    {
        var count = (all: UInt64(0), retried: UInt64(0))
        for (id, event) in events where id.incarnation == incarnation && id.offset < offset {
            count.all += 1
            if event.isRetried { count.retried += 1 }
        }
        return count
    }
}
