// A script run again and again, each time with another change of the disk failing.
import Platform
import Testing

/// Runs the body with the first change to a disk failing, then with the second, and so on, until
/// none is left that could fail; each time on a disk of its own. `isDead`: all after it fail, too.
/// There must be more than `least` changes.
func failEachChange<Disk: FileSystem>(
    with code: Int32, isDead: Bool = false, moreThan least: Int, on makeDisk: () -> Disk,
    _ body: (_ observed: ObservedDisk, _ disk: Disk, _ comment: String) throws -> Void
) rethrows {
    var number = 0
    while true {
        let disk = makeDisk()
        let observed = ObservedDisk(disk)
        observed.failing = (number, code)
        observed.isDead = isDead
        try body(observed, disk, "change \(number)")
        if observed.changes <= number { break }
        number += 1
    }
    #expect(number > least)
}
