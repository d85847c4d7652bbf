// Says whether what was written is what is stored, once each and nothing else.

/// A document found in a store.
package struct Finding: Sendable, Hashable {
    package var index: String
    package var id: String
    /// The line it was made of; nil where it names none.
    package var line: LineKey?

    package init(index: String, id: String, line: LineKey?) {
        self.index = index
        self.id = id
        self.line = line
    }
}

/// A record of the agent's state: how far it says that everything is settled.
package struct CommittedOffset: Sendable, Hashable {
    package var inode: UInt64
    /// The first 16 bytes of the ids of this file's events.
    package var incarnation: [UInt8]
    package var offset: UInt64

    package init(inode: UInt64, incarnation: [UInt8], offset: UInt64) {
        self.inode = inode
        self.incarnation = incarnation
        self.offset = offset
    }
}

/// Reads the state of an agent that does not run.
package protocol StateReader {
    func committedOffsets() throws -> [CommittedOffset]
}

/// The sentence of the judge. Everything empty: nothing lost, nothing twice, nothing made up.
package struct Verdict: Sendable, CustomStringConvertible {
    /// Written and not stored.
    package var lost: [LineKey] = []
    /// Stored more than once, under these ids.
    package var duplicates: [(line: LineKey, ids: [String])] = []
    /// Different lines sent under one id: all but one of them would be lost without a word.
    package var collisions: [(id: String, lines: [LineKey])] = []
    /// Stored and never written, or not to be read.
    package var unexpected: [Finding] = []
    /// Lines below a committed offset that are not stored.
    package var ahead: [LineKey] = []
    package var written = 0
    package var stored = 0

    package var isClean: Bool {
        lost.isEmpty && duplicates.isEmpty && collisions.isEmpty && unexpected.isEmpty
            && ahead.isEmpty
    }

    /// A line a kind, with the first examples.
    package var description: String {
        func row(_ name: String, _ count: Int, _ examples: [String]) -> String {
            let shown = examples.isEmpty ? "" : "  e.g. " + examples.joined(separator: ", ")
            return name.padded(to: 12) + String(count).padded(to: 8) + shown
        }
        return [
            row("written", written, []), row("stored", stored, []),
            row("lost", lost.count, lost.prefix(5).map(\.description)),
            row(
                "dup", duplicates.count,
                duplicates.prefix(3).map { "\($0.line) as \($0.ids.joined(separator: " and "))" }),
            row(
                "collision", collisions.count,
                collisions.prefix(3).map { "\($0.id) for \($0.lines.map(\.description))" }),
            row(
                "unexpected", unexpected.count,
                unexpected.prefix(3).map {
                    "\($0.id) in \($0.index): \($0.line?.description ?? "no line")"
                }),
            row("ahead", ahead.count, ahead.prefix(5).map(\.description)),
        ].joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}

/// Compares a ledger with a store and a log of what was sent.
package struct Judge: Sendable {
    private let ledger: Ledger
    private let forgivesRollovers: Bool

    /// Where it forgives rollovers, one document under one id in several indices is no duplicate:
    /// what is sent again after a rollover is stored again, and no sender can help it.
    package init(_ ledger: Ledger, forgivesRollovers: Bool = false) {
        self.ledger = ledger
        self.forgivesRollovers = forgivesRollovers
    }

    /// The verdict on what a scripted server stored and was sent. A parked line counts as stored;
    /// one that is parked twice, or stored as well, as a duplicate.
    package func verdict(on endpoint: BulkEndpoint, parked: [ParkFiles.Line] = []) -> Verdict {
        verdict(
            stored: endpoint.store.documents.map {
                Finding(index: $0.backing, id: $0.id, line: $0.line)
            } + parked.map(\.finding),
            sent: endpoint.requests.flatMap { request in
                request.items.compactMap { item in
                    item.id.map { Finding(index: item.index, id: $0, line: item.line) }
                }
            })
    }

    /// The verdict on documents found in any store; `sent` is what is known of the requests.
    package func verdict(stored: [Finding], sent: [Finding] = []) -> Verdict {
        var verdict = Verdict()
        var copies: [LineKey: [Finding]] = [:]
        let written = ledger.places
        for finding in stored {
            guard let line = finding.line, written[line] != nil else {
                verdict.unexpected.append(finding)
                continue
            }
            copies[line, default: []].append(finding)
        }
        let owed = ledger.owed
        verdict.written = owed.count
        verdict.stored = stored.count
        verdict.lost = owed.filter { copies[$0] == nil }.sorted()
        verdict.duplicates = copies.filter { isDuplicate($0.value) }
            .map { (line: $0.key, ids: $0.value.map(\.id)) }.sorted { $0.line < $1.line }
        var lines: [String: Set<LineKey>] = [:]
        for finding in sent {
            if let line = finding.line { lines[finding.id, default: []].insert(line) }
        }
        verdict.collisions = lines.filter { $0.value.count > 1 }
            .map { (id: $0.key, lines: $0.value.sorted()) }.sorted { $0.id < $1.id }
        return verdict
    }

    private func isDuplicate(_ copies: [Finding]) -> Bool {
        guard copies.count > 1 else { return false }
        let isRollover =
            Set(copies.map(\.id)).count == 1 && Set(copies.map(\.index)).count == copies.count
        return !(forgivesRollovers && isRollover)
    }

    /// Lines that the state of a stopped agent counts as settled although they are neither stored
    /// nor parked.
    package func ahead(
        stateReader: some StateReader, stored: [StoredDocument], parked: [ParkFiles.Line] = []
    ) throws -> [LineKey] {
        let places = ledger.places
        let owed = ledger.owed
        var present = Set(parked.compactMap(\.finding.line))
        var fileOfIncarnation: [[UInt8]: Int] = [:]
        for document in stored {
            guard let line = document.line, let place = places[line] else { continue }
            present.insert(line)
            if let id = DocumentIdentity(document.id) {
                fileOfIncarnation[id.incarnation] = place.file
            }
        }
        var committed: [Int: Int] = [:]
        for record in try stateReader.committedOffsets() {
            let newest = ledger.files.lastIndex { $0.inode == record.inode }
            guard let file = fileOfIncarnation[record.incarnation] ?? newest else { continue }
            committed[file] = max(committed[file] ?? 0, Int(record.offset))
        }
        return places.filter { line, place in
            place.offset + place.length <= committed[place.file] ?? 0 && !present.contains(line)
                && owed.contains(line)
        }.map(\.key).sorted()
    }
}
