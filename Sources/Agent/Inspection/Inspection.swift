// `files`, `audit`, `explain` and `replay`: the state, the files and the park beside the agent.
import Bytes
import Elastic
import Platform
import Tail

/// One run of such a command, on the thread of its caller. Reads the state as of one moment; writes
/// nothing.
package struct Inspection: ~Copyable {
    let configuration: Configuration
    let state: StateSurvey
    /// What the pump goes by: inputs and templates.
    let settings: PumpSettings
    /// Where files are found that nobody named but the state.
    let logs: UnpackedFiles
    var page: Printout
    /// Files that somebody named are read through it: as their text, as are those found.
    let disk: UnpackedFiles
    var scratch = ByteBuffer(capacity: 64 << 10)

    /// Reads the state and runs a command on it. Says why where there is none.
    package static func run(
        _ configuration: Configuration, _ surroundings: CommandSurroundings,
        _ body: (inout Inspection) -> ExitCode
    ) -> ExitCode {
        do {
            let state = try StateSurvey(
                directory: configuration.state, files: surroundings.disk,
                pause: { surroundings.pause(.milliseconds(100)) })
            let agent = state.volume?.agentID ?? [UInt8](repeating: 0, count: 16)
            let settings = try PumpSettings(
                configuration,
                origin: DocumentTemplate.Origin(
                    host: ProcessEnvironment.hostName, version: version, id: AgentID.text(agent)))
            var inspection = Inspection(
                configuration: configuration, state: state, settings: settings,
                page: Printout(surroundings))
            let code = body(&inspection)
            inspection.page.flush()
            return code == .done ? inspection.page.result : code
        } catch {
            surroundings.errors("tailproof: \(error)\n")
            return .failed
        }
    }

    private init(
        configuration: Configuration, state: StateSurvey, settings: PumpSettings,
        page: consuming Printout
    ) {
        self.configuration = configuration
        self.state = state
        self.settings = settings
        disk = UnpackedFiles(page.surroundings.disk)
        logs = UnpackedFiles(page.surroundings.logDisk(settings.roots))
        self.page = page
    }

    /// The number of the input that a record's file belongs to; nil where the configuration names
    /// it no more.
    func input(of record: FileRecord) -> Int? {
        settings.inputs.firstIndex { $0.matches(record.origin) }
            ?? settings.inputs.firstIndex { $0.matches(record.path) }
    }
}

extension Inspection {
    /// What asks the server; nil, and said, where none is configured.
    mutating func makeInquiry() -> Inquiry? {
        let inquiry = Inquiry(configuration, page.surroundings)
        if inquiry == nil { page.complain("output: no elasticsearch is configured to ask") }
        return inquiry
    }
}

extension Outcome {
    /// The outcomes that bytes before the committed offset may have.
    static let settled: [Outcome] = [
        .stored, .duplicate, .dropped, .diverted, .parked, .filtered, .filteredHoles,
    ]

    /// Bytes that were never read: they are counted, and no lines.
    var isAbandoned: Bool {
        switch self {
        case .abandonedAtStart, .abandonedByTruncation, .abandonedByDeletion, .abandonedHeld: true
        case .stored, .dropped, .diverted, .duplicate, .parked, .filtered, .filteredHoles,
            .filteredCopies:
            false
        }
    }

    /// No lines are made of its bytes.
    var hasNoEvents: Bool { isAbandoned || self == .filteredHoles || self == .filteredCopies }

    /// The word for it in tables and in JSON.
    var word: StaticString {
        switch self {
        case .stored: "stored"
        case .dropped: "dropped"
        case .diverted: "diverted"
        case .duplicate: "duplicate"
        case .parked: "parked"
        case .filtered: "filtered"
        case .abandonedAtStart: "abandoned_start"
        case .abandonedByTruncation: "abandoned_truncation"
        case .abandonedByDeletion: "abandoned_deletion"
        case .abandonedHeld: "abandoned_held"
        case .filteredHoles: "filtered_holes"
        case .filteredCopies: "filtered_copies"
        }
    }
}

extension Printout {
    /// The member `outcomes`: of each what it counted.
    mutating func member(outcomes tally: Tally) {
        begin("outcomes")
        out.append("{")
        for outcome in Outcome.allCases {
            begin(outcome.word)
            out.append("{")
            member("events", tally.events(outcome))
            member("bytes", tally.bytes(outcome))
            out.append("}")
        }
        out.append("}")
    }

    /// The member `name`: a list of texts.
    mutating func member(_ name: StaticString, list texts: [String]) {
        begin(name)
        out.append("[")
        for (index, text) in texts.enumerated() {
            if index > 0 { out.append(",") }
            out.append("\"")
            out.appendEscaped(Array(text.utf8).span)
            out.append("\"")
        }
        out.append("]")
    }
}
