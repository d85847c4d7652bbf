// Which index each target wrote to last: a rollover between an attempt and its resend.
import Bytes

/// A data stream (or an alias) writes to one backing index after another. Ids are unique in each
/// alone: an event whose first attempt has an unknown outcome, and that is stored when it is sent
/// again, may be a duplicate if the target rolled over between the two. Only the sender can tell.
///
/// Feed it the items of every reply that names indices and that were stored (201) or known (409):
/// others may name the target itself. Keeps 16 bytes a target, and no name. Shared by all shippers,
/// behind the lock of their `HostPool`, which numbers their requests.
///
/// An index or dated index answers with its own name, for ever the same: never a duplicate. A
/// pipeline that spreads one target over several indices looks like rollovers: then a possible
/// duplicate is named too often, never too seldom. The first sight of a target proves nothing.
package struct BackingIndex: Sendable {
    private struct Sight: Sendable {
        /// XXH3 of the name as the reply writes it.
        var name: UInt64
        /// The request whose reply was the first to name it after another; 0: there was no other.
        var since: Int32
        var isKnown: Bool
    }

    private var sights: [Sight] = []

    package init() {}

    /// Notes that the reply to `request` (its number, from 1) names `index` for an event of
    /// `target`, and says whether the event, stored by it, may be stored a second time.
    /// `unknownSince` is the number of the event's first attempt with unknown outcome, nil when
    /// there was none.
    ///
    /// Events of one reply may be judged in any order, and others of the target may have been
    /// stored between attempt and resend: what counts is whether the name changed since the
    /// attempt.
    package mutating func judge(
        target: UInt16, index name: UInt64, request: Int, unknownSince: Int?
    ) -> Bool {
        // What two events of it have in common is unknown.
        if target == TargetTable.tooMany { return false }
        let place = Int(target)
        while sights.count <= place { sights.append(Sight(name: 0, since: 0, isKnown: false)) }
        if !sights[place].isKnown {
            sights[place] = Sight(name: name, since: 0, isKnown: true)
        } else if sights[place].name != name {
            sights[place].name = name
            sights[place].since = Int32(clamping: request)
        }
        guard let unknownSince else { return false }
        return Int(sights[place].since) > unknownSince
    }
}
