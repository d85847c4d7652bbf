// Posts requests by libcurl: one easy handle, one connection kept alive, one attempt a call.
import Bytes
import CCurl

/// A libcurl easy handle that posts one request at a time and blocks meanwhile. Owned by one
/// thread.
///
/// The body is handed over by a read function without a seek function: libcurl cannot send it a
/// second time by itself, which it does with a plain buffer when a kept-alive connection is dead.
@safe package struct CurlTransport: ~Copyable, @unchecked Sendable {
    let settings: TransportSettings
    let handle: UnsafeMutableRawPointer
    private var plainHeaders: UnsafeMutablePointer<curl_slist>
    private var gzipHeaders: UnsafeMutablePointer<curl_slist>
    /// Whose secrets the headers hold: `SignIn.Current`.
    private var generation: Int
    private let errorText: UnsafeMutablePointer<CChar>
    private let transfer: CurlTransfer

    /// Bytes of a reply buffer's memory that are kept for the next reply.
    private static let keptReply = 256 << 10

    /// Requests end soon after `abort` is raised.
    package init(settings: TransportSettings, abort: AbortSignal) {
        _ = initialiseLibrary
        guard let handle = unsafe curl_easy_init() else { fatalError("out of memory: curl handle") }
        self.settings = settings
        // Safety: all are owned by this value and freed in deinit; curl keeps the addresses of the
        // headers, the error text and the transfer, which all live as long as the handle.
        unsafe self.handle = handle
        let current = settings.signIn.current()
        generation = current.generation
        unsafe plainHeaders = makeHeaders(settings.contentType, gzip: false, current.credentials)
        unsafe gzipHeaders = makeHeaders(settings.contentType, gzip: true, current.credentials)
        unsafe errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        transfer = CurlTransfer(abort: abort, largestReply: settings.largestReply)
        setLimits()
        setFunctions()
        setEncryption()
        setPassphrase(current.passphrase)
    }

    deinit {
        // Safety: made in init, not used again; the handle goes first, for it refers to the others.
        unsafe curl_easy_cleanup(handle)
        unsafe freeHeaders(plainHeaders)
        unsafe freeHeaders(gzipHeaders)
        unsafe errorText.deallocate()
    }

    /// Posts the body and reads the reply into `reply`, which is emptied first. Blocks until there
    /// is an outcome. Once, but where the server refuses who we are (and so did nothing) and a
    /// secret's file has another secret meanwhile: then once more, with that one.
    package mutating func perform(
        _ request: BulkRequest, body: Span<UInt8>, reply: inout ByteBuffer
    ) -> BulkOutcome {
        let current = settings.signIn.current()
        if current.generation != generation { adopt(current) }
        let outcome = attempt(request, body: body, reply: &reply)
        guard case .reply(let status, _) = outcome, status == 401 || status == 403,
            let newer = settings.signIn.afterRefusal(of: generation)
        else { return outcome }
        adopt(newer)
        return attempt(request, body: body, reply: &reply)
    }

    /// Whether there is another secret than that of the last request.
    package var hasNewSecret: Bool { settings.signIn.current().generation != generation }

    private mutating func attempt(
        _ request: BulkRequest, body: Span<UInt8>, reply: inout ByteBuffer
    ) -> BulkOutcome {
        reply.clear(keeping: CurlTransport.keptReply)
        swap(&transfer.reply, &reply)
        defer { swap(&transfer.reply, &reply) }
        let url = settings.hosts[request.host] + request.path
        // Safety: curl copies the URL; the body's pointer is used during perform alone.
        let code = unsafe body.withUnsafeBytes { bytes in
            unsafe transfer.begin(body: bytes)
            defer { transfer.end() }
            setText(CURLOPT_URL, url)
            setText(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
            let headers = unsafe request.encoding == .gzip ? gzipHeaders : plainHeaders
            unsafe check(tp_curl_set_list(handle, CURLOPT_HTTPHEADER, headers))
            unsafe check(
                tp_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)))
            unsafe errorText.pointee = 0
            return unsafe curl_easy_perform(handle)
        }
        if code != CURLE_OK { return .failed(failure(code, bodyBytes: body.count)) }
        var status = 0
        unsafe check(tp_curl_get_long(handle, CURLINFO_RESPONSE_CODE, &status))
        return .reply(status: status, retryAfter: retryAfter())
    }

    /// Says from now on what these secrets say.
    private mutating func adopt(_ current: SignIn.Current) {
        generation = current.generation
        // Safety: the lists were made by makeHeaders and are in no transfer now.
        unsafe freeHeaders(plainHeaders)
        unsafe freeHeaders(gzipHeaders)
        unsafe plainHeaders = makeHeaders(settings.contentType, gzip: false, current.credentials)
        unsafe gzipHeaders = makeHeaders(settings.contentType, gzip: true, current.credentials)
        setPassphrase(current.passphrase)
    }

    private func setLimits() {
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_NETRC, 0)
        set(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        setText(CURLOPT_PROTOCOLS_STR, "http,https")
        // An empty text, not an absent one: proxies named in the environment are not used.
        setText(CURLOPT_PROXY, "")
        setText(CURLOPT_USERAGENT, settings.userAgent)
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectTimeout.curlMilliseconds))
        set(CURLOPT_TIMEOUT_MS, Int(settings.timeout.curlMilliseconds))
        // Silence is given up a little earlier than a reply that trickles in.
        let silence = max(1, settings.timeout.components.seconds * 5 / 6)
        set(CURLOPT_LOW_SPEED_LIMIT, 1)
        set(CURLOPT_LOW_SPEED_TIME, Int(silence))
        // Safety: the handle lives as long as self.
        unsafe check(
            tp_curl_set_offset(
                handle, CURLOPT_MAXFILESIZE_LARGE, curl_off_t(settings.largestReply)))
    }

    private func setFunctions() {
        // Safety: the transfer is kept alive by this value for as long as the handle may call with
        // it.
        let context = unsafe Unmanaged.passUnretained(transfer).toOpaque()
        set(CURLOPT_POST, 1)
        unsafe check(tp_curl_set_data(handle, CURLOPT_READFUNCTION, readBody))
        unsafe check(tp_curl_set_pointer(handle, CURLOPT_READDATA, context))
        unsafe check(tp_curl_set_data(handle, CURLOPT_WRITEFUNCTION, writeReply))
        unsafe check(tp_curl_set_pointer(handle, CURLOPT_WRITEDATA, context))
        unsafe check(tp_curl_set_progress(handle, reportProgress))
        unsafe check(tp_curl_set_pointer(handle, CURLOPT_XFERINFODATA, context))
        set(CURLOPT_NOPROGRESS, 0)
        unsafe check(tp_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText))
    }

    func set(_ option: CURLoption, _ value: Int) {
        // Safety: the handle lives as long as self.
        unsafe check(tp_curl_set_long(handle, option, value))
    }

    func setText(_ option: CURLoption, _ value: String) {
        // Safety: curl copies texts.
        unsafe value.withCString { unsafe check(tp_curl_set_text(handle, option, $0)) }
    }

    /// Setting an option fails only where memory is out or the library lacks what it was built for.
    func check(_ code: CURLcode) {
        precondition(code == CURLE_OK, "curl option refused")
    }

    private func retryAfter() -> String? {
        var header: UnsafeMutablePointer<curl_header>?
        // Safety: the header and its value belong to the handle until the next transfer; the value
        // is copied at once.
        let code = unsafe curl_easy_header(
            handle, "Retry-After", 0, UInt32(CURLH_HEADER), -1, &header)
        guard code == CURLHE_OK, let value = unsafe header?.pointee.value else { return nil }
        return unsafe String(cString: value)
    }
}

// MARK: - Failures

extension CurlTransport {
    private func failure(_ code: CURLcode, bodyBytes: Int) -> BulkFailure {
        var sent: curl_off_t = 0
        // Safety: the handle lives as long as self, the place for the answer is a local.
        unsafe check(tp_curl_get_offset(handle, CURLINFO_SIZE_UPLOAD_T, &sent))
        let uploaded = min(Int(sent), bodyBytes)
        var kind = kind(of: code)
        if kind == .replyReset, uploaded < bodyBytes { kind = .uploadReset }
        // Safety: both texts are terminated and copied at once.
        let detail = unsafe String(cString: errorText)
        let text = unsafe detail.isEmpty ? String(cString: curl_easy_strerror(code)) : detail
        return BulkFailure(kind: kind, description: text, uploaded: uploaded)
    }

    private func kind(of code: CURLcode) -> BulkFailure.Kind {
        switch code {
        case CURLE_COULDNT_CONNECT: .connect
        case CURLE_COULDNT_RESOLVE_HOST: .dns
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR:
            .tls
        case CURLE_OPERATION_TIMEDOUT: .timeout
        case CURLE_SEND_FAIL_REWIND: .stale
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING: .replyReset
        case CURLE_PARTIAL_FILE: .truncated
        case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED: .tooLarge
        case CURLE_ABORTED_BY_CALLBACK: .aborted
        default: .other
        }
    }
}

extension Duration {
    fileprivate var curlMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

/// curl_global_init, once in the process and before any handle.
private let initialiseLibrary: Void = {
    let everything = 3
    guard curl_global_init(everything) == CURLE_OK else {
        fatalError("libcurl cannot be initialised")
    }
}()
