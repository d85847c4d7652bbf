// What each answer of the server means for what was sent: the one table that says what is retried.
import Platform

/// What a request's outcome means for all that was sent with it.
package enum RequestVerdict: Hashable, Sendable, CaseIterable {
    /// The reply speaks of each event: judge them one by one.
    case items
    /// It is not known what the server did: send the same ids again.
    case resend
    /// The request was refused whole and one of its events may be why: send parts of it.
    case bisect
    /// It was too large: send smaller parts.
    case halve
    /// The server does not accept who we are. Waiting and mending help, sending differently does
    /// not.
    case credentials
    /// This is not the server, path or setting we think it is. As with credentials.
    case configuration
    /// The server has too much to do, or is not well. Waiting helps; Retry-After is heeded.
    case busy
}

/// What became of the same events in the attempts just before.
package struct AttemptHistory: Hashable, Sendable {
    /// Attempts in a row that ended in a broken connection.
    package var resets = 0
    /// Attempts in a row that were answered with 500.
    package var serverErrors = 0

    package init(resets: Int = 0, serverErrors: Int = 0) {
        self.resets = resets
        self.serverErrors = serverErrors
    }
}

/// Why an event is sent again.
package enum RetryReason: String, Sendable, CaseIterable {
    /// The server is overloaded or not well.
    case busy
    /// It was refused, without proof that its target takes others at the same moment.
    case refused
    /// The reply says nothing that makes sense.
    case unknown
}

/// What the answer means for one event.
package enum ItemVerdict: Hashable, Sendable {
    case settled(Fate)
    case retry(RetryReason)
    /// The server refuses this very line and takes others for its target: it may be parked.
    case park
}

/// The table. Status decides; an error's type does only where the status misleads.
package enum Verdict {
    /// 500 so many times in a row for the same events means that one of them may be the reason. Of
    /// an event that is sent alone each is counted from the first.
    package static let serverErrorsBeforeBisecting = 3
    /// A connection broken so many times in a row for the same events may be how a 413 looks from
    /// here.
    package static let resetsBeforeHalving = 2

    /// Judges an attempt with `sent` events. `items` is how many a readable reply to it speaks of,
    /// else nil.
    package static func request(
        _ outcome: BulkOutcome, items: Int?, sent: Int, history: AttemptHistory
    ) -> RequestVerdict {
        switch outcome {
        case .failed(let failure):
            let broken = failure.kind == .uploadReset || failure.kind == .replyReset
            let often = history.resets + 1 >= resetsBeforeHalving
            return broken && often && sent > 1 ? .halve : .resend
        case .reply(status: 200, _): return items == sent ? .items : .resend
        case .reply(status: 500, _):
            let often = history.serverErrors + 1 >= serverErrorsBeforeBisecting
            return often || sent == 1 ? .bisect : .busy
        case .reply(let status, _): return request(status: status)
        }
    }

    private static func request(status: Int) -> RequestVerdict {
        switch status {
        case 400: .bisect
        case 401, 403: .credentials
        case 408, 425, 429: .busy
        case 413: .halve
        case 501, 505: .configuration
        case 300...499: .configuration
        case 502...599: .busy
        default: .resend
        }
    }

    /// Whether the server may have stored events of a request with this outcome, although it did
    /// not say so for each. Newer servers store the beginning of a body while its end is on its
    /// way, so that even a refusal may come too late.
    package static func mayHaveActed(_ outcome: BulkOutcome) -> Bool {
        switch outcome {
        case .failed(let failure): ![.connect, .dns, .tls].contains(failure.kind)
        case .reply(status: 300...399, _): false
        case .reply(let status, _): ![401, 403, 404, 405, 406, 413, 429].contains(status)
        }
    }

    /// Judges one item of a reply. `company` says that the same reply accepted another line for the
    /// same target.
    package static func item(_ item: BulkItem, company: Bool) -> ItemVerdict {
        switch (item.status, item.failureStore) {
        case (201, .absent) where item.error == .none: .settled(.stored)
        case (200, .absent) where item.error == .none: .settled(.dropped)
        case (200, .used), (201, .used): .settled(.diverted)
        case (409, _): .settled(.duplicate)
        case (400, _): company && item.error != .indexClosed ? .park : .retry(.refused)
        case (408, _), (425, _), (429, _): .retry(.busy)
        case (401...499, _): .retry(.refused)
        case (500...599, _): .retry(.busy)
        default: .retry(.unknown)
        }
    }

    /// Whether an item proves that its target takes lines.
    package static func proves(_ item: BulkItem) -> Bool {
        item.status == 201 && self.item(item, company: false) == .settled(.stored)
    }

    /// Judges an event that was sent alone and refused with the whole request, the last time with
    /// `status`.
    package static func lone(status: Int, _ refusals: LoneRefusals) -> ItemVerdict {
        guard refusals.targetAccepted else { return .retry(.refused) }
        switch status {
        case 400, 413: return .park
        case 500:
            let proven = refusals.serverErrors >= 10 && refusals.span >= .seconds(60)
            return proven ? .park : .retry(.busy)
        default: return .retry(.refused)
        }
    }
}

/// What is known of an event that was refused whole when it was sent alone.
package struct LoneRefusals: Hashable, Sendable {
    /// How often it was answered with 500.
    package var serverErrors: Int
    /// From the first to the last refusal.
    package var span: Duration
    /// Whether its target accepted another line between two of its attempts.
    package var targetAccepted: Bool

    package init(serverErrors: Int, span: Duration, targetAccepted: Bool) {
        self.serverErrors = serverErrors
        self.span = span
        self.targetAccepted = targetAccepted
    }
}
