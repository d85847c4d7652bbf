// What a start finds on the state volume.
import Platform

/// What the volume held when it was opened.
package struct LoadedState: Sendable {
    package var volume: VolumeRecord
    package var records: [FileRecord]
    /// No slot and no birth was found: the very first start.
    package var isNew = false
    /// A slot that was written once is damaged: how many of the two.
    package var damagedSlots = 0
    /// There was a state, and neither slot can be read: only births are left.
    package var isLost = false
    /// The home that the state came from, when it is not this one.
    package var formerHome: String?

    package init(
        volume: VolumeRecord, records: [FileRecord] = [], isNew: Bool = true, damagedSlots: Int = 0
    ) {
        self.volume = volume
        self.records = records
        self.isNew = isNew
        self.damagedSlots = damagedSlots
    }
}
