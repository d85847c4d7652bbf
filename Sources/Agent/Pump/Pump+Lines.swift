// From a window of a file to documents in the batch: the way of every line.
import AccessLog
import Bytes
import Elastic
import Platform
import Tail

extension Pump {
    /// Reads one window of one file and takes what is whole in it.
    mutating func takeTurn(_ slot: Int) {
        switch tailer.beginTurn(slot) {
        case .nothing: break
        case .lines(var turn):
            takeLines(&turn)
            tailer.endTurn(turn)
        case .longLine(let line):
            takeLongLine(line, torn: line.isTorn)
            tailer.endTurn(line)
        case .torn(let turn): takeTorn(turn, isFinal: true)
        case .hole(let hole): takeHole(hole)
        }
        report()
    }

    private mutating func takeLines(_ turn: inout Turn) {
        var context = takeContext(turn.file)
        while ensureBatch(), var batch = current.take() {
            var lastTime = tailer.lastTime(turn.file)
            let before = batch.events.count
            let from = turn.offset
            let filtered = batch.fill(
                &turn, tailer.window, &writer, &context, &lastTime, settings)
            let isFull = batch.isFull(settings.batch)
            current = consume batch
            tailer.setLastTime(turn.file, lastTime)
            if turn.offset > from { noteSpan(turn, sinceEvent: before, filtered) }
            if !isFull { break }
            cut()
        }
        if !context.cuts.isEmpty { reportCuts(&context, turn.file) }
        contexts[turn.file] = context
    }

    private mutating func reportCuts(_ context: inout FileContext, _ slot: Int) {
        guard let path = tailer.files[slot]?.record.path else { return }
        for cut in context.cuts { reportCut(path, offset: cut.offset, length: cut.length) }
        context.cuts.removeAll()
    }

    /// Takes a line longer than it may be: its head stands in the window. Unless it is final, the
    /// offset stays before it.
    private mutating func takeLongLine(_ line: LongLine, torn: Bool, isFinal: Bool = true) {
        guard ensureBatch(), var batch = current.take() else { return }
        var context = takeContext(line.file)
        var lastTime = tailer.lastTime(line.file)
        let before = batch.events.count
        batch.append(
            tailer.window, 0..<tailer.window.count,
            LineEvent(
                offset: line.offset, check: EventID.check(of: tailer.window.bytes, torn: torn),
                whole: .init(length: line.length, hash: line.hash)),
            length: isFinal ? line.end - line.offset : 0, file: line.file, &writer, &context,
            &lastTime)
        let isFull = batch.isFull(settings.batch)
        current = consume batch
        contexts[line.file] = context
        if isFinal { tailer.setLastTime(line.file, lastTime) }
        noteSpan(
            file: line.file, to: isFinal ? line.end : line.offset,
            marker: isFinal ? line.marker : tailer.markerAtPosition(of: line.file),
            sinceEvent: before, filtered: Tally())
        if isFull { cut() }
    }

    /// Sends an unterminated last line, marked torn. Of a finished file it is final; else, at
    /// shutdown, the offset stays before it: completed after all, the whole line is a document of
    /// its own.
    mutating func takeFragment(_ slot: Int, isFinished: Bool) {
        if ensureBatch(), let line = tailer.longFragment(slot) {
            takeLongLine(line, torn: true, isFinal: isFinished)
            if isFinished { tailer.endTurn(line) }
            return
        }
        guard ensureBatch(), let turn = tailer.fragment(slot) else { return }
        takeTorn(turn, isFinal: isFinished)
    }

    /// Counts what nobody ever wrote: no line is made of it.
    private mutating func takeHole(_ hole: Hole) {
        var filtered = Tally()
        filtered.add(.filteredHoles, events: 0, bytes: hole.end - hole.offset)
        guard ensureBatch() else { return }
        noteSpan(
            file: hole.file, to: hole.end, marker: hole.marker,
            sinceEvent: current?.events.count ?? 0, filtered: filtered)
        tailer.endTurn(hole)
    }

    /// Takes what the turn holds of a line without its end. Unless that is final, the offset stays
    /// before it.
    private mutating func takeTorn(_ turn: Turn, isFinal isFinished: Bool) {
        guard ensureBatch(), var batch = current.take() else { return }
        let slot = turn.file
        var context = takeContext(slot)
        var lastTime = tailer.lastTime(slot)
        let before = batch.events.count
        let range = turn.line..<turn.end
        var filtered = Tally()
        if tailer.window.line(range, isFirst: turn.offset == 0).isEmpty {
            if isFinished { filtered.add(.filtered, bytes: UInt64(range.count)) }
        } else {
            let check = EventID.check(of: tailer.window.bytes(range), torn: true)
            batch.append(
                tailer.window, range, LineEvent(offset: turn.offset, check: check),
                length: isFinished ? UInt64(range.count) : 0, file: slot, &writer, &context,
                &lastTime)
        }
        let isFull = batch.isFull(settings.batch)
        current = consume batch
        contexts[slot] = context
        if isFinished {
            tailer.setLastTime(slot, lastTime)
            var whole = turn
            whole.line = turn.end
            noteSpan(whole, sinceEvent: before, filtered)
            tailer.endFragment(turn)
        } else {
            noteSpan(turn, sinceEvent: before, Tally())
            tailer.endTurn(turn)
        }
        if isFull { cut() }
    }

    private mutating func noteSpan(_ turn: Turn, sinceEvent before: Int, _ filtered: Tally) {
        noteSpan(
            file: turn.file, to: turn.offset, marker: turn.marker(in: tailer.window),
            sinceEvent: before, filtered: filtered)
    }

    /// Notes that the file's bytes up to `end` are in the current batch, in its last events.
    private mutating func noteSpan(
        file: Int, to end: UInt64, marker: UInt64, sinceEvent before: Int, filtered: Tally
    ) {
        guard let number = current?.number, let count = current?.events.count else { return }
        if currentSince == nil { currentSince = clock.now() }
        totals += filtered
        let last = spans[number].count - 1
        if last >= 0, spans[number][last].file == file {
            tailer.extendSpan(file, to: end, marker: marker, filtered: filtered)
            spans[number][last].events += count - before
        } else {
            let span = tailer.openSpan(file, to: end, marker: marker, filtered: filtered)
            spans[number].append(
                SpanReference(file: file, number: span, events: count - before))
        }
    }

    /// The file's context, moved out for the length of a turn: nothing is counted in between.
    private mutating func takeContext(_ slot: Int) -> FileContext {
        while contexts.count <= slot { contexts.append(nil) }
        guard let file = tailer.files[slot] else { preconditionFailure("a turn of no file") }
        if let known = contexts[slot], known.ids.incarnation == file.record.incarnation {
            contexts[slot] = nil
            return known
        }
        return FileContext(
            frame: DocumentFrame(
                settings.templates[file.input], path: file.record.origin, input: file.input),
            ids: IDWriter(file.record.incarnation))
    }
}
