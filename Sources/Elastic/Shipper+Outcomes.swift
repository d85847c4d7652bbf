// What the shipper does about the outcome of a request.
import Bytes
import Platform

extension Shipper {
    /// Takes the outcome of the request in flight. `body` is the reply's; `wall` serves only to
    /// read a date in Retry-After.
    package mutating func finish(
        _ outcome: BulkOutcome, body: Span<UInt8>, now: Instant, wall: WallTime
    ) {
        guard let request, var part = current else {
            preconditionFailure("no request is in flight")
        }
        self.request = nil
        current = nil
        let isReadable = read(outcome, body)
        let verdict = Verdict.request(
            outcome, items: isReadable ? reply.items.count : nil, sent: sent.count,
            history: part.history)
        part.history.note(outcome)
        let answer = Answer(outcome: outcome, reply: reply, body: body)
        switch verdict {
        case .items:
            judgeItems(body, request, now: now)
            return
        case .bisect, .halve:
            refuse(part, answer, request, now: now, isSize: verdict == .halve)
            backOff(now: now, asked: nil)
        case .busy:
            parts.append(part)
            let wait = backOff(now: now, asked: answer.retryAfter(wall))
            notices.append(.busy(status: answer.status, type: answer.type, wait: wait))
        case .credentials:
            parts.append(part)
            notices.append(.credentials(status: answer.status, type: answer.type))
            backOff(now: now, asked: nil)
        case .configuration:
            parts.append(part)
            notices.append(.configuration(status: answer.status, type: answer.type))
            backOff(now: now, asked: nil)
        case .resend:
            parts.append(part)
            noticeUnknown(outcome, isReadable: isReadable)
            backOff(now: now, asked: nil)
        }
        counters.resent += UInt64(sent.count)
        unaccepted += 1
        if answer.blamesHost { host = (host + 1) % settings.hosts }
    }

    /// Parses a reply where there is one; false when its items cannot be known.
    private mutating func read(_ outcome: BulkOutcome, _ body: Span<UInt8>) -> Bool {
        guard case .reply = outcome else {
            reply.clear()
            return false
        }
        do {
            try reply.parse(body, limit: sent.count)
            return true
        } catch {
            return false
        }
    }

    /// Sets the time of the next request and returns how far it is.
    @discardableResult
    private mutating func backOff(now: Instant, asked: Duration?) -> Duration {
        failures += 1
        let drawn = BackOff.wait(failures: failures, random: &random)
        // Less than a second asked for is no wait that could protect the server: our own stands.
        let wait = asked.map { $0 >= .seconds(1) ? $0 : drawn } ?? drawn
        notBefore = now + wait
        return wait
    }

    private mutating func noticeUnknown(_ outcome: BulkOutcome, isReadable: Bool) {
        switch outcome {
        case .failed(let failure):
            if failure.kind == .aborted { return }
            notices.append(.unreachable(host: host, failure))
        case .reply(let status, _):
            let items = isReadable ? reply.items.count : nil
            notices.append(.unreadable(status: status, sent: sent.count, items: items))
        }
    }

    // MARK: - Requests refused whole

    private mutating func refuse(
        _ part: Part, _ answer: Answer, _ request: BulkRequest, now: Instant, isSize: Bool
    ) {
        if isSize {
            notices.append(
                .tooLarge(status: answer.status, bytes: request.rawBytes, events: sent.count))
        } else {
            notices.append(
                .refused(status: answer.status, type: answer.type, events: sent.count))
        }
        guard sent.count == 1 else {
            if isSize {
                ceiling = min(ceiling, max(request.rawBytes / 2, 1))
                acceptedBelowCeiling = 0
            }
            split(part)
            return
        }
        refuseAlone(Int(sent[0]), answer.status, request, now: now)
    }

    /// Notes that one event, sent alone, was refused, and judges it by what happened between its
    /// attempts.
    private mutating func refuseAlone(
        _ event: Int, _ status: Int, _ request: BulkRequest, now: Instant
    ) {
        var record = lone[event] ?? LoneEvent(first: now, lastRequest: request.number)
        let target = batch.events[event].target
        if accepted(target) > record.lastRequest { record.targetAccepted = true }
        record.serverErrors = status == 500 ? record.serverErrors + 1 : 0
        record.lastRequest = request.number
        lone[event] = record
        let refusals = LoneRefusals(
            serverErrors: record.serverErrors, span: now - record.first,
            targetAccepted: record.targetAccepted)
        _ = act(on: Verdict.lone(status: status, refusals), event)
    }

    // MARK: - Replies that speak of each event

    private mutating func judgeItems(_ body: Span<UInt8>, _ request: BulkRequest, now: Instant) {
        for index in sent.indices where Verdict.proves(reply.items[index]) {
            noteAccepted(batch.events[Int(sent[index])].target, in: request.number)
        }
        var tally = ReplyTally()
        for index in sent.indices {
            let event = Int(sent[index])
            let item = reply.items[index]
            let target = batch.events[event].target
            let verdict = Verdict.item(item, company: accepted(target) == request.number)
            let isSettled = act(on: verdict, event)
            tally.count(verdict, item, target: target, isSettled: isSettled)
        }
        counters.resent += UInt64(tally.left)
        tally.notices(in: body, reasons: settings.reasons, into: &notices)
        if unaccepted > 0 {
            notices.append(.recovered(attempts: unaccepted))
            unaccepted = 0
        }
        raiseCeiling()
        pace(tally, now: now)
    }

    /// Acts on the verdict on one event; whether its fate is final now.
    private mutating func act(on verdict: ItemVerdict, _ event: Int) -> Bool {
        switch verdict {
        case .settled(let fate):
            batch.fates[event] = fate
            // To look a key up costs as much as all else here.
            if !lone.isEmpty { lone[event] = nil }
            count(fate)
            return true
        case .retry: return false
        case .park:
            // Without a park file the line stays pending: it is sent again, never dropped.
            counters.parkable += 1
            return false
        }
    }

    private mutating func count(_ fate: Fate) {
        switch fate {
        case .pending: break
        case .stored: counters.stored += 1
        case .dropped: counters.dropped += 1
        case .diverted: counters.diverted += 1
        case .duplicate: counters.duplicate += 1
        case .parked: counters.parked += 1
        }
    }

    /// Decides what must wait after a reply: everything when the server is busy, else only what it
    /// left pending.
    private mutating func pace(_ tally: ReplyTally, now: Instant) {
        if tally.left == 0 {
            failures = 0
            notBefore = now
            return
        }
        failures = tally.left * 2 > sent.count ? failures + 1 : max(failures, 1)
        let wait = now + BackOff.wait(failures: failures, random: &random)
        nextRound = max(nextRound, wait)
        if tally.isBusy { notBefore = wait }
    }

    /// A limit on bodies may have been lifted, or have been a mere accident: tried again after a
    /// while.
    private mutating func raiseCeiling() {
        guard ceiling < Int.max else { return }
        acceptedBelowCeiling += 1
        if acceptedBelowCeiling < 32 { return }
        acceptedBelowCeiling = 0
        ceiling = ceiling > 1 << 30 ? .max : ceiling * 2
    }

    private func accepted(_ target: UInt16) -> Int {
        Int(target) < lastAccepted.count ? lastAccepted[Int(target)] : 0
    }

    private mutating func noteAccepted(_ target: UInt16, in request: Int) {
        while lastAccepted.count <= Int(target) { lastAccepted.append(0) }
        lastAccepted[Int(target)] = request
    }
}

/// An outcome as notices speak of it.
private struct Answer {
    /// 0 when there was no reply.
    var status = 0
    var type = "unknown"
    var retryAfterText: String?
    /// Another host may do better.
    var blamesHost = false

    init(outcome: BulkOutcome, reply: BulkReply, body: Span<UInt8>) {
        switch outcome {
        case .failed(let failure):
            blamesHost = failure.kind != .stale && failure.kind != .aborted
        case .reply(let status, let retryAfter):
            self.status = status
            retryAfterText = retryAfter
            blamesHost = status >= 500 && status != 501
            if let failure = reply.failure { type = body.errorTypeName(failure.errorType) }
        }
    }

    func retryAfter(_ wall: WallTime) -> Duration? {
        retryAfterText.flatMap { RetryAfter.wait($0, now: wall) }
    }
}

extension AttemptHistory {
    /// Adds an attempt.
    fileprivate mutating func note(_ outcome: BulkOutcome) {
        var isReset = false
        if case .failed(let failure) = outcome {
            isReset = failure.kind == .uploadReset || failure.kind == .replyReset
        }
        resets = isReset ? resets + 1 : 0
        if case .reply(status: 500, _) = outcome { serverErrors += 1 } else { serverErrors = 0 }
    }
}
