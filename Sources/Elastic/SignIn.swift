// The credentials in use: read at the start, read again when their files change.
import Platform

/// Something to tell about credentials.
package enum SignInNotice: Hashable, Sendable {
    /// A file had another secret, which is used from now on.
    case reloaded(Path)
    /// A file cannot be used; the secret that was read before stays in use.
    case unusable(SecretFileError)
}

/// How to sign in, as configured: secrets by value or by file.
package enum SignInMethod: Sendable, Equatable {
    case none
    case basic(user: String, SecretSource)
    case apiKey(SecretSource)
    case bearer(SecretSource)
}

/// What all connections sign in with. Any thread may ask it.
///
/// A secret's file is looked at once a second at most while requests are made, and thoroughly
/// whenever the server refuses what it said.
package final class SignIn: Sendable {
    /// What to sign in with at this moment.
    package struct Current: Sendable {
        /// Changes with every new secret, upwards.
        package var generation: Int
        package var credentials: Credentials
        /// Of the client's key.
        package var passphrase: Secret?
    }

    fileprivate struct State {
        let method: SignInMethod
        var secret: WatchedSecret?
        var passphrase: WatchedSecret?
        var generation = 0
        var looked: Instant
    }

    private static let interval = Duration.seconds(1)

    private let state: Lock<State>
    private let clock: any Clock
    private let report: @Sendable (SignInNotice) -> Void

    /// Reads the files. `report` is called by whatever thread asks.
    package init(
        _ method: SignInMethod, passphrase: SecretSource? = nil, clock: any Clock = SystemClock(),
        report: @escaping @Sendable (SignInNotice) -> Void = { _ in }
    ) throws(SecretFileError) {
        self.clock = clock
        self.report = report
        var secret: WatchedSecret?
        switch method {
        case .none: break
        case .basic(_, let source): secret = try WatchedSecret(source, .password)
        case .apiKey(let source): secret = try WatchedSecret(source, .apiKey)
        case .bearer(let source): secret = try WatchedSecret(source, .bearerToken)
        }
        var phrase: WatchedSecret?
        if let passphrase { phrase = try WatchedSecret(passphrase, .passphrase) }
        state = Lock(
            State(method: method, secret: secret, passphrase: phrase, looked: clock.now()))
    }

    /// No credentials.
    package init() {
        clock = SystemClock()
        report = { _ in }
        state = Lock(State(method: .none, looked: .now()))
    }

    /// What to send with the next request.
    package func current() -> Current {
        look { state in
            let now = clock.now()
            guard now - state.looked >= SignIn.interval else { return nil }
            state.looked = now
            return false
        }
    }

    /// After the server refused what `generation` said: what to say instead, nil where nothing else
    /// is known.
    package func afterRefusal(of generation: Int) -> Current? {
        let current = look { _ in true }
        return current.generation == generation ? nil : current
    }

    /// `depth` says whether files are looked at now (not nil), and whether thoroughly.
    private func look(_ depth: (inout State) -> Bool?) -> Current {
        var notices: [SignInNotice] = []
        let current = state.withLock { state in
            if let thoroughly = depth(&state) {
                if let notice = state.secret?.look(thoroughly: thoroughly) {
                    notices.append(notice)
                }
                if let notice = state.passphrase?.look(thoroughly: thoroughly) {
                    notices.append(notice)
                }
                for case .reloaded in notices { state.generation += 1 }
            }
            return state.current
        }
        for notice in notices { report(notice) }
        return current
    }
}

extension SignIn.State {
    fileprivate var current: SignIn.Current {
        var credentials = Credentials.none
        if let secret = secret?.secret {
            switch method {
            case .none: break
            case .basic(let user, _): credentials = .basic(user: user, secret)
            case .apiKey: credentials = .apiKey(secret)
            case .bearer: credentials = .bearer(secret)
            }
        }
        return SignIn.Current(
            generation: generation, credentials: credentials, passphrase: passphrase?.secret)
    }
}
