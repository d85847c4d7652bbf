// What is known of one host: whether it rests, how fast it answers, how much it takes.
import Bytes
import Platform

/// One host of the pool. Healthy until a request fails; then it rests, is probed by one request at
/// a time, and is healthy again with the first answer.
struct HostRecord: Sendable {
    /// Answer times below this one are not told apart: 2²⁰ ns, about a millisecond.
    private static let shortest: Int64 = 1 << 20
    /// Nor those above: 2⁴⁰ ns, about 18 minutes.
    private static let longest: Int64 = 1 << 40
    /// An answer time counts half after so many nanoseconds without a new one, so that a host that
    /// was slow is tried again.
    private static let halfLife: Int64 = 10_000_000_000

    var inFlight = 0
    /// The number of the last request that went there; 0: none did.
    var lastUse: UInt64 = 0
    var size = WorkingSize()

    /// Until when it rests; nil: it is healthy.
    private(set) var restsUntil: Instant?
    /// Whether a request is under way to find out if it is well again.
    var isProbed = false
    /// Failures since it was last healthy.
    private(set) var failures = 0
    /// What began before this says nothing of its health now.
    private(set) var recovered = Instant(nanoseconds: .min)

    /// Smoothed time from post to reply in nanoseconds; nil: never seen.
    private var answerTime: Int64?
    private var answered = Instant(nanoseconds: .min)

    var isHealthy: Bool { restsUntil == nil }

    /// The rest is over and nobody tries yet.
    func isDue(_ now: Instant) -> Bool {
        guard let restsUntil, !isProbed else { return false }
        return restsUntil <= now
    }

    // MARK: - Health

    /// A request that began at `started` failed after `took`.
    mutating func failed(
        since started: Instant, took: Duration, asked: Duration, isProbe: Bool, now: Instant,
        random: inout SplitMix64
    ) {
        // Requests that were in flight together fail for one reason.
        guard isProbe ? !isHealthy : isHealthy, started >= recovered else { return }
        failures += 1
        let rest = HostRecord.rest(failures: failures, took: took, asked: asked, random: &random)
        restsUntil = now + rest
    }

    /// It gave an answer.
    mutating func answered(now: Instant) {
        if isHealthy { return }
        restsUntil = nil
        failures = 0
        recovered = now
    }

    /// A probe ended without saying anything: the next one must not follow at once.
    mutating func probedInVain(now: Instant) {
        if !isHealthy { restsUntil = now + BackOff.first }
    }

    /// `BackOff`'s limits, of which the upper half is drawn from: a rest of nearly nothing would be
    /// none. At least 0.5 s, as long as the failed request took (so that a silent host costs a
    /// shipper half of its time at most), and what the server asked for; never above the cap.
    static func rest(
        failures: Int, took: Duration, asked: Duration, random: inout SplitMix64
    ) -> Duration {
        let limit = BackOff.limit(failures: failures).nanoseconds
        let drawn = Duration.nanoseconds(Int64.random(in: (limit / 2)...limit, using: &random))
        return min(max(drawn, BackOff.first, took, asked), BackOff.cap)
    }

    // MARK: - Answer time

    /// A request was accepted `took` after it was posted.
    mutating func noteAnswer(took: Duration, now: Instant) {
        let sample = max(took.nanoseconds, 0)
        if let known = knownTime(now) {
            answerTime = known + (sample - known) / 4
        } else {
            answerTime = sample
        }
        answered = now
    }

    /// The answer time, halved for each 10 s without one; nil: never seen.
    func knownTime(_ now: Instant) -> Int64? {
        guard let answerTime else { return nil }
        let idle = (now - answered).nanoseconds / HostRecord.halfLife
        return answerTime >> max(0, min(idle, 62))
    }

    /// What one request more would wait for: the answer time, as a power of two so that small
    /// differences do not count, times the requests it would share the host with. `oldest` is how
    /// long the oldest request in flight has been waiting: a silent host grows slower with every
    /// moment. Of a host never heard of one answer is awaited before it is trusted: until then
    /// `slowest`, the longest time known of any host, stands for its own.
    func load(_ now: Instant, oldest: Duration, slowest: Int64) -> Int64 {
        var time = knownTime(now) ?? (inFlight > 0 ? slowest : 0)
        time = max(time, oldest.nanoseconds)
        time = min(max(time, HostRecord.shortest), HostRecord.longest)
        let power: Int64 = 1 << (64 - Int64((time - 1).leadingZeroBitCount))
        return power * Int64(inFlight + 1)
    }
}
