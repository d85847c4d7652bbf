// What a server is told to do wrong, and when.

/// Picks some of what passes by, counted or diced from the script's seed.
package enum Choice<Subject>: Sendable {
    case always
    /// The n-th, the 2n-th, …
    case every(Int)
    /// The first n.
    case first(Int)
    /// With this probability, 0 to 1.
    case chance(Double)
    case matching(@Sendable (Subject) -> Bool)
}

/// Headers in the order they are sent.
package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// How a good reply is spoiled on its way.
package enum Truncation: Sendable, CaseIterable {
    /// A content length, half of the body, end of the connection.
    case shortContentLength
    /// No content length, half of the body, end of the connection: nothing but the JSON tells.
    case noLength
    /// A chunk with half of the body, no final chunk, end of the connection.
    case chunkedCut
    /// Half of a body that was packed by gzip, by HTTP's rules whole.
    case gzipCut
}

/// What may go wrong with a whole request.
package enum Misdeed: Sendable {
    /// This reply instead of the true one, after this share of the operations (the first ones) was
    /// done.
    case reply(Int, headers: [Header] = [], body: String = "", storing: Double = 0)
    /// The connection is reset without a reply, after this share of the operations was done.
    case reset(storing: Double)
    /// The connection is closed in good order without a reply, as a kept-alive connection that has
    /// died.
    case hangUp(storing: Double)
    /// Everything is done, the reply is cut.
    case truncate(Truncation)
    /// Everything is done, the reply has so many items more (the last one again) or fewer.
    case miscount(Int)

    /// A refusal of the whole request as the servers word it.
    package static func refuse(
        _ status: Int, type: String = "es_rejected_execution_exception", headers: [Header] = []
    ) -> Misdeed {
        let cause = #"{"type":"\#(type)","reason":"scripted"}"#
        let body =
            #"{"error":{"root_cause":[\#(cause)],"#
            + #""type":"\#(type)","reason":"scripted"},"status":\#(status)}"#
        return .reply(
            status, headers: headers + [Header("content-type", "application/json")], body: body)
    }
}

/// A rule for whole requests: when it applies, what goes wrong, and how long the server takes over
/// it.
package struct RequestRule: Sendable {
    package var choice: Choice<LoggedRequest>
    package var misdeed: Misdeed?
    package var delay: Duration

    package init(_ choice: Choice<LoggedRequest>, _ misdeed: Misdeed?, delay: Duration = .zero) {
        self.choice = choice
        self.misdeed = misdeed
        self.delay = delay
    }

    /// Takes its time over requests with a document for this target.
    package static func slow(_ index: String, _ delay: Duration) -> RequestRule {
        RequestRule(.matching { $0.items.contains { $0.index == index } }, nil, delay: delay)
    }
}

/// A rule for requests whose body is not read to its end: known of them are number, connection,
/// headers and the announced length.
package struct UploadRule: Sendable {
    package var choice: Choice<LoggedRequest>
    /// What share of the body is read and, as far as its operations are whole, done.
    package var share: Double
    /// This is said before the connection ends; nil: it is reset without a word.
    package var status: Int?

    package init(_ choice: Choice<LoggedRequest>, reading share: Double, saying status: Int? = nil)
    {
        self.choice = choice
        self.share = share
        self.status = status
    }
}

/// What may become of a single operation instead of being done.
package enum ItemMisdeed: Sendable {
    case refuse(Int, type: String, reason: String = "scripted")
    /// 201, but into the failure store.
    case divert
    /// 200 on `create`: the server's own pipeline dropped the document.
    case drop
    /// Done, but the item has no status.
    case silent
    /// Done, but under another id, which the item names: made of the one that was sent, so that a
    /// resend is a 409, or a new one each time, so that it is a second copy.
    case rename(fresh: Bool)

    /// What an overloaded server says.
    package static let tooMany = ItemMisdeed.refuse(
        429, type: "es_rejected_execution_exception",
        reason: "rejected execution of primary operation")
}

/// A rule for single operations.
package struct ItemRule: Sendable {
    package var choice: Choice<LoggedItem>
    package var misdeed: ItemMisdeed

    package init(_ choice: Choice<LoggedItem>, _ misdeed: ItemMisdeed) {
        self.choice = choice
        self.misdeed = misdeed
    }
}

/// All that a server does wrong at one time. Of the rules of a kind the first that applies is
/// followed.
package struct Script: Sendable {
    package var requests: [RequestRule]
    package var items: [ItemRule]
    package var uploads: [UploadRule]
    /// Replies as `?pretty` prints them, whatever was asked for.
    package var pretty: Bool
    /// Members of replies in another order each time, with some that nobody knows.
    package var shuffled: Bool
    /// Bytes of a body, uncompressed, above which the answer is an empty 413.
    package var bodyLimit: Int?
    package var seed: UInt64

    package init(
        requests: [RequestRule] = [], items: [ItemRule] = [], uploads: [UploadRule] = [],
        pretty: Bool = false, shuffled: Bool = false, bodyLimit: Int? = nil, seed: UInt64 = 1
    ) {
        self.requests = requests
        self.items = items
        self.uploads = uploads
        self.pretty = pretty
        self.shuffled = shuffled
        self.bodyLimit = bodyLimit
        self.seed = seed
    }

    /// A server that does nothing wrong.
    package static let healthy = Script()

    /// Both at once; this one's rules come first, what the other one says of replies and limits is
    /// taken where it says something.
    package func and(_ other: Script) -> Script {
        Script(
            requests: requests + other.requests, items: items + other.items,
            uploads: uploads + other.uploads, pretty: pretty || other.pretty,
            shuffled: shuffled || other.shuffled,
            bodyLimit: bodyLimit ?? other.bodyLimit, seed: seed)
    }
}

/// A script being followed: its dice and its counts.
struct Performance: Sendable {
    let script: Script
    var random: SeededRandom
    private var seenByRequestRule: [Int]
    private var seenByItemRule: [Int]
    private var seenByUploadRule: [Int]

    init(of script: Script) {
        self.script = script
        random = SeededRandom(seed: script.seed)
        seenByRequestRule = Array(repeating: 0, count: script.requests.count)
        seenByItemRule = Array(repeating: 0, count: script.items.count)
        seenByUploadRule = Array(repeating: 0, count: script.uploads.count)
    }

    mutating func rule(for request: LoggedRequest) -> RequestRule? {
        for (number, rule) in script.requests.enumerated() {
            seenByRequestRule[number] += 1
            if applies(rule.choice, to: request, seen: seenByRequestRule[number]) { return rule }
        }
        return nil
    }

    /// For a request of which only the head was read.
    mutating func uploadRule(for request: LoggedRequest) -> UploadRule? {
        for (number, rule) in script.uploads.enumerated() {
            seenByUploadRule[number] += 1
            if applies(rule.choice, to: request, seen: seenByUploadRule[number]) { return rule }
        }
        return nil
    }

    mutating func rule(for item: LoggedItem) -> ItemRule? {
        for (number, rule) in script.items.enumerated() {
            seenByItemRule[number] += 1
            if applies(rule.choice, to: item, seen: seenByItemRule[number]) { return rule }
        }
        return nil
    }

    private mutating func applies<Subject>(
        _ choice: Choice<Subject>, to subject: Subject, seen: Int
    ) -> Bool {
        switch choice {
        case .always: true
        case .every(let interval): seen % interval == 0
        case .first(let count): seen <= count
        case .chance(let probability): random.chance(probability)
        case .matching(let predicate): predicate(subject)
        }
    }
}
