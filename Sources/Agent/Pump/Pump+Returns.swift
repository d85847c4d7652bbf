// What comes back from the shippers: fates, and what they do to the files' offsets.
import Elastic
import Tail

extension Pump {
    mutating func takeReturned() {
        while var home = channels.returned.takeNow() {
            crowded[home.shipper] = home.crowded
            if let batch = home.batch.take() {
                batchesAway -= 1
                settle(batch)
            }
            for event in home.settled {
                guard let outcome = event.fate.outcome else { continue }
                settle(Int(event.file), event.offset, outcome, event.length)
            }
            for event in home.rejected { park(event) }
        }
        // Also without a word from a shipper: another input may lead to a crowded target by now.
        stopInputs()
    }

    /// The batch came back: what is final moves the files' offsets.
    mutating func settle(_ returned: consuming Batch) {
        var batch = returned
        var event = 0
        for span in spans[batch.number] {
            var tally = Tally()
            var open: [UInt64] = []
            for index in event..<event + span.events {
                if let outcome = batch.fates[index].outcome {
                    tally.add(outcome, bytes: batch.events[index].length)
                    continue
                }
                open.append(batch.events[index].offset)
                // Only a shutdown leaves events pending: they are read again at the next start.
                if batch.fates[index] != .pending { stragglers += 1 }
            }
            event += span.events
            totals += tally
            tailer.resolveSpan(span.file, span.number, tally, open: open)
        }
        spans[batch.number].removeAll(keepingCapacity: true)
        batch.clear(keeping: Pump.capacity(settings))
        free.put(batch)
    }

    /// An event that was left when its batch came home is final.
    mutating func settle(_ file: Int, _ offset: UInt64, _ outcome: Outcome, _ length: UInt64) {
        var tally = Tally()
        tally.add(outcome, bytes: length)
        totals += tally
        stragglers -= 1
        tailer.settle(file, at: offset, tally)
    }

    /// Inputs wait that lead to a target which takes nothing, or whose lines cannot be parked.
    mutating func stopInputs() {
        var inputs = parking.waitingInputs
        for target in crowded.values.joined() {
            inputs.formUnion(writer.targets.inputs(of: target))
        }
        if inputs == tailer.stopped { return }
        tailer.stop(inputs: inputs)
        log(.inputWaiting, .number("inputs", inputs.count))
    }
}

extension Fate {
    /// The column of the ledger; nil while there is none.
    var outcome: Outcome? {
        switch self {
        case .pending, .straggling, .rejected: nil
        case .stored: .stored
        case .dropped: .dropped
        case .diverted: .diverted
        case .duplicate: .duplicate
        }
    }
}
