// What one reply rejected and diverted, summed up for notices.
import Bytes

/// Counts the events of a reply that were not simply stored. Costs nothing where all were.
struct ReplyTally {
    /// Rejections are told apart up to this many kinds; further ones are counted with the last.
    private static let mostKinds = 16

    private struct Kind {
        var target: UInt16
        var item: BulkItem
        var isParkable: Bool
        /// The place of the first of them in the batch.
        var first: Int
        var events: Int
    }

    private var kinds: [Kind] = []
    private var diverted: [UInt16: (first: Int, events: Int)] = [:]
    /// How many events must be sent again.
    private(set) var left = 0
    /// Of those, how many are the batch's own, and for how many of these the server had too much to
    /// do.
    private(set) var ownLeft = 0
    private(set) var ownBusy = 0

    mutating func count(
        _ verdict: ItemVerdict, _ item: BulkItem, of event: Int, target: UInt16, isOwn: Bool
    ) {
        switch verdict {
        case .settled(.diverted):
            diverted[target, default: (event, 0)].events += 1
            return
        case .settled: return
        case .park: break
        case .retry:
            left += 1
            if isOwn { ownLeft += 1 }
            if isOwn, item.status == 429 { ownBusy += 1 }
        }
        let known = kinds.lastIndex { kind in
            kind.target == target && kind.item.status == item.status
                && kind.isParkable == (verdict == .park)
        }
        if let index = known ?? (kinds.count < ReplyTally.mostKinds ? nil : kinds.count - 1) {
            kinds[index].events += 1
        } else {
            let isParkable = verdict == .park
            kinds.append(
                Kind(target: target, item: item, isParkable: isParkable, first: event, events: 1))
        }
    }

    /// Appends what is to be said; a kind of rejection is named after its first event's error type.
    func notices(
        in body: Span<UInt8>, on batch: borrowing Batch, reasons: Bool,
        into notices: inout [ShipperNotice]
    ) {
        for kind in kinds {
            notices.append(
                .rejected(
                    ShipperNotice.Rejection(
                        target: kind.target, name: batch.targetName(of: kind.first),
                        status: Int(kind.item.status),
                        type: body.errorTypeName(kind.item.errorType), events: kind.events,
                        isParkable: kind.isParkable)))
        }
        for (target, those) in diverted.sorted(by: { $0.key < $1.key }) {
            notices.append(
                .diverted(
                    target: target, name: batch.targetName(of: those.first), events: those.events))
        }
        if reasons, let reason = kinds.first?.item.errorReason, !reason.isEmpty {
            let end = min(Int(reason.upperBound), Int(reason.lowerBound) + 512)
            notices.append(.reason(body.extracting(Int(reason.lowerBound)..<end).text))
        }
    }
}
