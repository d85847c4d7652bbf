// The catalogue of the agent's own log, from which docs/log-events.md is made.

/// How much an event matters.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    /// Something does not work and will not by itself.
    case error
    /// Something is not as it should be; the agent goes on.
    case warn
    /// A milestone.
    case info
    /// What only its developers need.
    case debug

    /// More important is smaller.
    package static func < (one: LogLevel, other: LogLevel) -> Bool { one.rank < other.rank }

    private var rank: Int {
        switch self {
        case .error: 0
        case .warn: 1
        case .info: 2
        case .debug: 3
        }
    }
}

/// What can be logged. The raw value of a case is its catalogue entry: the public name, the level
/// and, in one sentence, the meaning. Names are public: they are added, never changed.
package enum LogEvent: String, Sendable, CaseIterable {
    case agentStarted = "agent.started info The agent runs; says where documents go."
    case agentStopping = "agent.stopping info A signal asked the agent to stop; it drains."
    case agentStopped = "agent.stopped info The agent ends; says what was settled and what is left."
    case configLoaded = "config.loaded info The configuration was read and is valid."

    case fileFound = "file.found info A file that belongs to an input was seen for the first time."
    case fileRotated =
        "file.rotated info A file has a new name or its name a new file; both are read."
    case fileTruncated =
        "file.truncated warn A file was cut or overwritten; read from its beginning."
    case fileCopied =
        "file.copied info A gone file's text goes on in a copy, plain or gzip; read on there."
    case fileDamaged =
        "file.damaged error A gzip cannot be read behind this byte of its text; the rest waits."
    case fileTooLarge =
        "file.too_large error A gzip has more text than gzip.bytes; the rest of it is not read."
    case fileRemoved =
        "file.removed info A file lost its last name; the open one is read to its end."
    case fileHeld =
        "file.held warn Deleted files are kept open for what is unread; 0: none any more."
    case fileLetGo =
        "file.let_go error A deleted file was closed at the held limit; its unread bytes are lost."
    case fileFinished =
        "file.finished info All of a removed or rotated file is settled; it is closed."
    case fileUnreadable = "file.unreadable warn A file could not be opened or read; tried again."
    case fileIgnored =
        "file.ignored info A path of an input is no regular file; it is never read."
    case fileForeign =
        "file.foreign_compression warn A file is compressed, but not by gzip; it is never read."
    case fileRefused =
        "file.refused warn A link leads outside the roots of its input; nothing there is opened."
    case fileOtherName =
        "file.other_name info A path is one more name of a file; it is read by the name in 'of'."
    case fileLineCut = "file.line_cut warn A line is longer than max_line; its head was sent."
    case inputEmpty =
        "input.empty warn An input matched no file at the start; file.found tells of the first."
    case scanFailed = "scan.failed warn A directory could not be listed; tried again."
    case watchLimited = "watch.limited warn The kernel grants no more watches; scans find changes."
    case watchRecovered =
        "watch.recovered info All directories can be watched again."
    case watchOverflow = "watch.overflow info The kernel dropped change notices; all was scanned."

    case stateLoaded = "state.loaded info The state of an earlier run was read."
    case stateCreated = "state.created info There was no state; files start as configured."
    case stateCorruptSlot =
        "state.corrupt_slot warn A state slot is damaged; the other one is used."
    case stateLost =
        "state.lost error Both state slots are damaged; files are read again from their beginning."
    case stateHomeChanged =
        "state.home_changed warn The state is from another host; ids are renewed."
    case stateWriteFailed = "state.write_failed error The state cannot be written; tried again."
    case stateStalled =
        "state.stalled warn The state volume does not answer; new files wait for it."
    case stateRecovered = "state.recovered info The state can be written again."
    case stateLocked =
        "state.locked warn Another agent holds the state directory; waiting a little."

    case batchRefused =
        "batch.refused warn The server refused lines of a batch; they are sent again."
    case lineParked =
        "line.parked warn A line that the server can never take is in the park file."
    case parkFull =
        "park.full error The park file is full; inputs with lines for it wait until there is room."
    case parkFailed =
        "park.failed error The park file cannot be written; inputs with lines for it wait."
    case parkRecovered = "park.recovered info Lines can be parked again."
    case inputWaiting =
        "input.waiting warn So many inputs wait for a failing target or for the park; 0: none."
    case batchDiverted =
        "batch.diverted warn Lines went to their target's failure store instead of their target."
    case batchPossiblyDuplicate =
        "batch.possibly_duplicate warn Lines sent again after a lost reply met a new backing index."
    case batchReason = "batch.reason debug What the server says of a refused line."
    case outputUnreachable = "output.unreachable warn No server answers; reading waits."
    case outputBusy = "output.busy warn The server asks for patience; sent again after a back-off."
    case outputCredentials = "output.credentials error The server refuses who we are (401, 403)."
    case outputSecretReloaded =
        "output.secret_reloaded info A secret's file has a new one; it is used from now on."
    case outputSecretUnusable =
        "output.secret_unusable warn A secret's file cannot be used; the last secret stays in use."
    case outputInsecure =
        "output.insecure warn Certificates are not verified: any server is taken for the right one."
    case outputConfiguration =
        "output.configuration error The server cannot serve the request as set up."
    case outputTooLarge = "output.too_large warn The server finds a request too large; it is split."
    case outputUnknownOutcome =
        "output.unknown_outcome warn A reply was lost; the batch is sent again."
    case outputForeignIDs =
        "output.foreign_ids error The server names other ids than were sent: resends may double."
    case outputRecovered = "output.recovered info The server takes documents again."
    case copyDropped =
        "copy.dropped warn So many documents were shipped, but not printed: who reads is too slow."
    case copyEnded =
        "copy.ended warn Standard output cannot be written: documents are shipped, but not printed."
    case shutdownDeadline = "shutdown.deadline warn The deadline came before all was settled."
    case logDropped = "log.dropped warn Records of this log were lost: standard error was full."

    /// The public name, such as `file.found`.
    package var name: Substring { entry[0] }

    package var level: LogLevel {
        guard let level = LogLevel(rawValue: String(entry[1])) else {
            preconditionFailure("\(self): no level in the catalogue")
        }
        return level
    }

    /// One sentence for whoever reads the log.
    package var meaning: Substring { entry[2] }

    private var entry: [Substring] { rawValue.split(separator: " ", maxSplits: 2) }
}
