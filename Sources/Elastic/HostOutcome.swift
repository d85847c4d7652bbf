// What the outcome of a request says of the host it went to.

/// What a request says of its host, as opposed to its events (`Verdict`).
package enum HostOutcome: Hashable, Sendable, CaseIterable {
    /// A whole reply that speaks of each event; none of them was refused for want of room.
    case accepted
    /// 429, of the request or of some of its events.
    case busy
    /// 413. Not for a body of a single event: it cannot be made smaller, and says nothing of
    /// others.
    case tooLarge
    /// The connection broke, and the caller takes it for a refusal of the body's size: smaller
    /// bodies will show. No proof that the host is there.
    case severed
    /// No whole reply, or 5xx: another host may do better.
    case failing
    /// Any other answer: the host is there.
    case other
    /// Nothing was learned: a kept-alive connection was dead, or we broke off ourselves.
    case unknown

    /// `isTooLarge`: the caller takes the outcome for one of size and will send smaller bodies.
    /// `hasBusyItems`: a reply that speaks of each event has a 429 among them. `isReadable`: it
    /// speaks of each event at all.
    package init(
        _ outcome: BulkOutcome, isReadable: Bool, hasBusyItems: Bool, isTooLarge: Bool
    ) {
        switch outcome {
        case .failed where isTooLarge: self = .severed
        case .reply where isTooLarge: self = .tooLarge
        case .failed(let failure): self = HostOutcome.failed(failure.kind)
        case .reply(status: 200, _) where isReadable: self = hasBusyItems ? .busy : .accepted
        case .reply(status: 429, _): self = .busy
        case .reply(status: 501, _): self = .other
        case .reply(status: 500...599, _): self = .failing
        case .reply: self = .other
        }
    }

    private static func failed(_ kind: BulkFailure.Kind) -> HostOutcome {
        switch kind {
        case .connect, .dns, .tls, .timeout, .uploadReset, .replyReset, .truncated, .other:
            .failing
        case .tooLarge: .other
        case .stale, .aborted: .unknown
        }
    }
}
