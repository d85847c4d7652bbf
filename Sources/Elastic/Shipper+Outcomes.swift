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
        isRefused = verdict == .credentials
        let answer = Answer(outcome: outcome, reply: reply, body: body)
        let asked = answer.retryAfter(wall)
        let ofHost = tellPool(outcome, verdict, request, asked: asked, now: now)
        if verdict == .items {
            introduced.insert(request.host)
            judgeItems(body, request, now: now)
            return
        }
        noteUnknown(outcome, request)
        counters.resent += UInt64(sent.count)
        unaccepted += 1
        switch verdict {
        case .items: break
        case .bisect, .halve:
            refuse(part, answer, request, body, now: now, isSize: verdict == .halve)
            return
        case .busy: break
        case .credentials:
            notices.append(.credentials(status: answer.status, type: answer.type))
        case .configuration:
            notices.append(.configuration(status: answer.status, type: answer.type))
        case .resend: noticeUnknown(outcome, request, isReadable: isReadable)
        }
        parts.append(part)
        var wait = Duration.zero
        if ofHost == .failing {
            // The host rests; another one may be well.
            failures += 1
            wait = pool.rest(of: request.host, now: now)
        } else {
            wait = backOff(now: now, asked: asked)
        }
        if verdict == .busy {
            notices.append(.busy(status: answer.status, type: answer.type, wait: wait))
        }
    }

    /// Tells all shippers how it went.
    private mutating func tellPool(
        _ outcome: BulkOutcome, _ verdict: RequestVerdict, _ request: BulkRequest,
        asked: Duration?, now: Instant
    ) -> HostOutcome {
        let hasBusyItems = verdict == .items && reply.items.contains { $0.status == 429 }
        let ofHost = HostOutcome(
            outcome, isReadable: verdict == .items, hasBusyItems: hasBusyItems,
            isTooLarge: verdict == .halve && sent.count > 1)
        woken += pool.finished(
            shipper: settings.number, ofHost, bytes: request.rawBytes, took: now - posted,
            asked: asked ?? .zero, now: now)
        return ofHost
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

    private mutating func noticeUnknown(
        _ outcome: BulkOutcome, _ request: BulkRequest, isReadable: Bool
    ) {
        switch outcome {
        case .failed(let failure):
            if failure.kind == .aborted { return }
            notices.append(.unreachable(host: request.host, failure))
        case .reply(let status, _):
            let items = isReadable ? reply.items.count : nil
            notices.append(.unreadable(status: status, sent: sent.count, items: items))
        }
    }

    // MARK: - Requests refused whole

    private mutating func refuse(
        _ part: Part, _ answer: Answer, _ request: BulkRequest, _ body: Span<UInt8>, now: Instant,
        isSize: Bool
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
                parts.removeAll(keepingCapacity: true)
                cutParts()
            } else {
                split(part)
            }
            // A smaller body is another question, asked at once; but not again and again.
            if failures < (isSize ? 20 : 2) { failures += 1 } else { backOff(now: now, asked: nil) }
            return
        }
        backOff(now: now, asked: nil)
        refuseAlone(Int(sent[0]), answer, request, body, now: now)
    }

    /// Notes that one event, sent alone, was refused, and judges it by what happened between its
    /// attempts.
    private mutating func refuseAlone(
        _ event: Int, _ answer: Answer, _ request: BulkRequest, _ body: Span<UInt8>, now: Instant
    ) {
        var record = notes[event]?.lone ?? LoneEvent(first: now, lastRequest: request.number)
        let target = batch.events[event].target
        if accepted(target) > record.lastRequest { record.targetAccepted = true }
        record.serverErrors = answer.status == 500 ? record.serverErrors + 1 : 0
        record.lastRequest = request.number
        notes[event, default: Stragglers.Note()].lone = record
        let refusals = LoneRefusals(
            serverErrors: record.serverErrors, span: now - record.first,
            targetAccepted: record.targetAccepted)
        if Verdict.lone(status: answer.status, refusals) == .park {
            reject(event, status: answer.status, reply.failure ?? BulkItem(), body)
        }
    }

    // MARK: - Replies that speak of each event

    private mutating func judgeItems(_ body: Span<UInt8>, _ request: BulkRequest, now: Instant) {
        var settled = 0
        for index in sent.indices where Verdict.proves(reply.items[index]) {
            let event = Int(sent[index])
            noteAccepted(batch.events[event].target, in: request.number)
            checkNames(event, reply.items[index], body, request)
            settle(event, .stored)
            settled += 1
        }
        var tally = ReplyTally()
        if settled < sent.count { judgeOthers(request, body, &tally) }
        counters.resent += UInt64(tally.left)
        tally.notices(in: body, on: batch, reasons: settings.reasons, into: &notices)
        if unaccepted > 0 {
            notices.append(.recovered(attempts: unaccepted))
            unaccepted = 0
        }
        noticeNames()
        pace(tally, now: now)
    }

    /// Judges the items that are not plainly stored, in the light of those that are.
    private mutating func judgeOthers(
        _ request: BulkRequest, _ body: Span<UInt8>, _ tally: inout ReplyTally
    ) {
        for index in sent.indices where !Verdict.proves(reply.items[index]) {
            let event = Int(sent[index])
            let item = reply.items[index]
            let target = batch.events[event].target
            let verdict = Verdict.item(item, company: accepted(target) == request.number)
            let isOwn = event < ownEvents ?? 0
            tally.count(verdict, item, of: event, target: target, isOwn: isOwn)
            switch verdict {
            case .settled(let fate): settle(event, fate)
            case .park: reject(event, status: Int(item.status), item, body)
            case .retry:
                let isLonely = item.status == 400 && item.error != .indexClosed
                if isLonely || notes[event] != nil {
                    notes[event, default: Stragglers.Note()].isLonely = isLonely
                }
                // Refused by itself, no longer whole: it needs company, and is not sent alone.
                if isLonely { notes[event]?.lone = nil }
            }
        }
    }

    private mutating func settle(_ event: Int, _ fate: Fate) {
        batch.fates[event] = fate
        if !notes.isEmpty { notes[event] = nil }
        switch fate {
        case .stored: counters.stored += 1
        case .dropped: counters.dropped += 1
        case .diverted: counters.diverted += 1
        case .duplicate: counters.duplicate += 1
        case .pending, .straggling, .rejected: preconditionFailure("no verdict of a server")
        }
    }

    /// The line itself is at fault: it is given back to be parked.
    private mutating func reject(
        _ event: Int, status: Int, _ item: BulkItem, _ body: Span<UInt8>
    ) {
        batch.fates[event] = .rejected
        notes[event] = nil
        counters.rejected += 1
        rejected.append(
            RejectedEvent(
                batch.events[event], status: status, type: body.errorTypeName(item.errorType),
                reason: body.errorReason(item.errorReason),
                posted: batch.body.bytes(batch.range(of: event)).array))
    }

    /// Decides what must wait after a reply: all of this shipper's requests where most of a batch
    /// met a server with too much to do; else only what is left, each target in its own time.
    /// Stragglers say nothing here: they are what some target does not take.
    private mutating func pace(_ tally: ReplyTally, now: Instant) {
        let own = sent.count { $0 < ownEvents ?? 0 }
        failures = tally.ownLeft * 2 > own ? failures + 1 : 0
        notBefore = now
        guard tally.left > 0 else { return }
        let wait = now + BackOff.wait(failures: max(failures, 1), random: &random)
        nextRound = max(nextRound, wait)
        if tally.ownBusy * 2 > own { notBefore = wait }
    }

    private func accepted(_ target: UInt16) -> Int {
        // What two events without a number have in common is unknown.
        if target == TargetTable.tooMany { return 0 }
        return Int(target) < lastAccepted.count ? lastAccepted[Int(target)] : 0
    }

    private mutating func noteAccepted(_ target: UInt16, in request: Int) {
        if target == TargetTable.tooMany { return }
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

    init(outcome: BulkOutcome, reply: BulkReply, body: Span<UInt8>) {
        switch outcome {
        case .failed: break
        case .reply(let status, let retryAfter):
            self.status = status
            retryAfterText = retryAfter
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
