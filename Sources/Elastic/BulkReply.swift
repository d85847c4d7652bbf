// Reads the reply to a `_bulk` request: for each item its status and what the server says of it.
import Bytes

/// What a `_bulk` reply says of one event.
package struct BulkItem: Hashable, Sendable {
    /// Values of `failure_store` (Elasticsearch: IndexDocFailureStoreStatus).
    package enum FailureStore: UInt8, Sendable, CaseIterable {
        case absent, used, notEnabled, failed, unknown
    }

    /// Error types that change a verdict; all others are judged by status alone.
    package enum ErrorKind: UInt8, Sendable, CaseIterable { case none, indexClosed, other }

    /// 100–599; 0 when it is missing, no integer, or given more than once.
    package var status: UInt16 = 0
    package var failureStore = FailureStore.absent
    package var error = ErrorKind.none
    /// Where the error's type and reason stand in the reply, escapes as written; empty when absent.
    package var errorType: Range<UInt32> = 0..<0
    package var errorReason: Range<UInt32> = 0..<0
    /// Where the index that took (or refused) the event stands in the reply, escapes as written;
    /// empty when the reply names none. Of a data stream it is the backing index, or, where the
    /// event never came so far, the name that was sent.
    package var index: Range<UInt32> = 0..<0
    /// Where the document's id stands in the reply, escapes as written; empty when it names none.
    package var id: Range<UInt32> = 0..<0

    package init() {}

    init(status: UInt16) { self.status = status }
}

/// Why a reply's items cannot be known.
package enum BulkReplyError: Error, Hashable, Sendable {
    /// No JSON, or cut off.
    case malformed(JSONError)
    /// JSON, but without one array `items` of objects.
    case noItems
    /// More items than were sent.
    case tooManyItems
}

/// A parsed reply; kept and parsed into again, so that its memory is used again.
/// Keys may come in any order, unknown ones are passed over, and `errors` is never looked at.
package struct BulkReply: Sendable {
    /// One for each event sent, in the order sent.
    package private(set) var items: [BulkItem] = []
    /// The error of the request as a whole, where the reply names one: `errorType` and
    /// `errorReason` are set.
    package private(set) var failure: BulkItem?

    package init() {}

    /// Parses a whole reply body of at most 4 GiB, with no more than `limit` items. Never traps.
    package mutating func parse(
        _ body: Span<UInt8>, limit: Int
    ) throws(BulkReplyError) {
        clear()
        guard body.count < UInt32.max else { throw .noItems }
        var scanner = JSONScanner(body)
        var found = false
        guard try scanner.token() == .beginObject else { throw .noItems }
        while case .key(let key)? = try scanner.token() {
            if scanner.matches(key, "items") {
                if found { throw .noItems }
                found = true
                try parseItems(&scanner, limit: limit)
            } else if scanner.matches(key, "error") {
                var whole = BulkItem()
                try parseError(&scanner, into: &whole)
                failure = whole
            } else {
                try scanner.passValue()
            }
        }
        _ = try scanner.token()
        if !found { throw .noItems }
    }

    /// Forgets what was parsed, keeps the memory.
    package mutating func clear() {
        items.removeAll(keepingCapacity: true)
        failure = nil
    }

    private mutating func parseItems(_ scanner: inout JSONScanner, limit: Int)
        throws(BulkReplyError)
    {
        guard try scanner.token() == .beginArray else { throw .noItems }
        let stored = BulkItem(status: 201)
        while true {
            // Nearly all items of nearly all replies read so.
            while items.count < limit, scanner.takeElement(#"{"create":{"status":201}}"#) {
                items.append(stored)
            }
            while items.count < limit, let named = takeNamed(&scanner) { items.append(named) }
            guard let token = try scanner.token(), token != .endArray else { return }
            guard token == .beginObject else { throw .noItems }
            if items.count == limit { throw .tooManyItems }
            items.append(try parseItem(&scanner))
        }
    }

    /// Reads a stored item as servers write it when they are asked for index, id or both.
    private func takeNamed(_ scanner: inout JSONScanner) -> BulkItem? {
        var item = BulkItem(status: 201)
        if let (index, id) = scanner.takeElement(
            #"{"create":{"_index":""#, #"","_id":""#, #"","status":201}}"#)
        {
            item.index = place(index)
            item.id = place(id)
        } else if let id = scanner.takeElement(#"{"create":{"_id":""#, #"","status":201}}"#) {
            item.id = place(id)
        } else if let index = scanner.takeElement(
            #"{"create":{"_index":""#, #"","status":201}}"#)
        {
            item.index = place(index)
        } else {
            return nil
        }
        return item
    }

    /// Reads `{"create": {…}}` from behind its first brace. Two operations in one item leave its
    /// status unknown.
    private func parseItem(_ scanner: inout JSONScanner) throws(BulkReplyError) -> BulkItem {
        var item = BulkItem()
        var operations = 0
        while case .key? = try scanner.token() {
            operations += 1
            guard let token = try scanner.token() else { break }
            if token == .beginObject {
                item = try parseOperation(&scanner)
            } else if token == .beginArray {
                try scanner.passRest()
            }
        }
        if operations != 1 { item.status = 0 }
        return item
    }

    private func parseOperation(_ scanner: inout JSONScanner) throws(BulkReplyError) -> BulkItem {
        var item = BulkItem()
        var statuses = 0
        while case .key(let key)? = try scanner.token() {
            if scanner.matches(key, "status") {
                statuses += 1
                item.status = try parseStatus(&scanner)
            } else if scanner.matches(key, "failure_store") {
                item.failureStore = try parseFailureStore(&scanner)
            } else if scanner.matches(key, "error") {
                try parseError(&scanner, into: &item)
            } else if scanner.matches(key, "_index") {
                item.index = try parseName(&scanner)
            } else if scanner.matches(key, "_id") {
                item.id = try parseName(&scanner)
            } else {
                try scanner.passValue()
            }
        }
        if statuses != 1 { item.status = 0 }
        return item
    }

    private func parseStatus(_ scanner: inout JSONScanner) throws(BulkReplyError) -> UInt16 {
        switch try scanner.token() {
        case .number(let range)?:
            guard let status = scanner.integer(range), (100...599).contains(status) else {
                return 0
            }
            return UInt16(status)
        case .beginObject?, .beginArray?: try scanner.passRest()
        default: break
        }
        return 0
    }

    /// Reads a text; empty when the value is anything else.
    private func parseName(_ scanner: inout JSONScanner) throws(BulkReplyError) -> Range<UInt32> {
        switch try scanner.token() {
        case .string(let text)?: return place(text.range)
        case .beginObject?, .beginArray?: try scanner.passRest()
        default: break
        }
        return 0..<0
    }

    private func parseFailureStore(
        _ scanner: inout JSONScanner
    ) throws(BulkReplyError) -> BulkItem.FailureStore {
        switch try scanner.token() {
        case .string(let text)?:
            if scanner.matches(text, "used") { return .used }
            if scanner.matches(text, "not_enabled") { return .notEnabled }
            if scanner.matches(text, "failed") { return .failed }
        case .null?: return .absent
        case .beginObject?, .beginArray?: try scanner.passRest()
        default: break
        }
        return .unknown
    }

    /// Reads the value of `error`: an object with type and reason, or, from old servers, a mere
    /// text.
    private func parseError(_ scanner: inout JSONScanner, into item: inout BulkItem)
        throws(BulkReplyError)
    {
        switch try scanner.token() {
        case .null?: return
        case .string(let text)?: item.errorReason = place(text.range)
        case .beginArray?: try scanner.passRest()
        case .beginObject?:
            while case .key(let key)? = try scanner.token() {
                let isType = scanner.matches(key, "type")
                let isReason = scanner.matches(key, "reason")
                let value = try scanner.token()
                if value == .beginObject || value == .beginArray { try scanner.passRest() }
                guard case .string(let text)? = value else { continue }
                if isReason { item.errorReason = place(text.range) }
                if !isType { continue }
                item.errorType = place(text.range)
                if scanner.matches(text, "index_closed_exception") { item.error = .indexClosed }
            }
        default: break
        }
        if item.error == .none { item.error = .other }
    }

    private func place(_ range: Range<Int>) -> Range<UInt32> {
        UInt32(range.lowerBound)..<UInt32(range.upperBound)
    }
}

extension JSONScanner {
    /// `next`, `skipValue` and `leave` with the error as this file throws it.
    @_lifetime(self: copy self)
    fileprivate mutating func token() throws(BulkReplyError) -> JSONToken? {
        do { return try next() } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    fileprivate mutating func passValue() throws(BulkReplyError) {
        do { try skipValue() } catch { throw .malformed(error) }
    }

    @_lifetime(self: copy self)
    fileprivate mutating func passRest() throws(BulkReplyError) {
        do { try leave() } catch { throw .malformed(error) }
    }
}
