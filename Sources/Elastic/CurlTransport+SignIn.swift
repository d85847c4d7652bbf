// What of a transport has to do with encryption and sign-in.
import Bytes
import CCurl
import Glibc
import Platform

extension CurlTransport {
    func setEncryption() {
        let tls = settings.tls
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        set(CURLOPT_SSL_VERIFYPEER, tls.isInsecure ? 0 : 1)
        set(CURLOPT_SSL_VERIFYHOST, tls.isInsecure ? 0 : 2)
        // A resumed session knows the files of the time when it began.
        set(CURLOPT_SSL_SESSIONID_CACHE, 0)
        if let caFile = tls.caFile {
            setPath(CURLOPT_CAINFO, caFile)
            // Without this the system's directory would be trusted besides.
            // Safety: no text stands for none.
            unsafe check(tp_curl_set_text(handle, CURLOPT_CAPATH, nil))
            // curl would keep what it read for a day.
            set(CURLOPT_CA_CACHE_TIMEOUT, 0)
        }
        if let certificate = tls.certificate {
            setPath(CURLOPT_SSLCERT, certificate)
            setPath(CURLOPT_SSLKEY, tls.key ?? certificate)
        }
    }

    func setPassphrase(_ passphrase: Secret?) {
        guard let passphrase else {
            // Without one OpenSSL would ask for it at the terminal.
            setText(CURLOPT_KEYPASSWD, "")
            return
        }
        // Safety: curl copies the text, which is terminated.
        unsafe withTerminated(passphrase) {
            unsafe check(tp_curl_set_text(handle, CURLOPT_KEYPASSWD, $0))
        }
    }

    private func setPath(_ option: CURLoption, _ path: Path) {
        // Safety: curl copies texts.
        unsafe path.withCString { unsafe check(tp_curl_set_text(handle, option, $0)) }
    }
}

/// The headers of every request. Without `Expect` an early refusal costs no second of waiting.
nonisolated func makeHeaders(
    _ type: String, gzip: Bool, _ credentials: Credentials
) -> UnsafeMutablePointer<curl_slist> {
    var list: UnsafeMutablePointer<curl_slist>?
    var headers = ["Content-Type: \(type)", "Expect:"]
    if gzip { headers.append("Content-Encoding: gzip") }
    for header in headers {
        // Safety: curl copies the text and returns the list's head, or nil without memory.
        unsafe list = curl_slist_append(list, header)
        if unsafe list == nil { fatalError("out of memory: headers") }
    }
    if let header = credentials.header {
        // Safety: as above; the text is terminated.
        unsafe withTerminated(header) { unsafe list = curl_slist_append(list, $0) }
        if unsafe list == nil { fatalError("out of memory: headers") }
    }
    return unsafe list!
}

/// Frees a list of `makeHeaders`, its texts wiped.
nonisolated func freeHeaders(_ list: UnsafeMutablePointer<curl_slist>) {
    var next: UnsafeMutablePointer<curl_slist>? = unsafe list
    while let item = unsafe next {
        // Safety: the texts of a list are terminated and its own.
        unsafe explicit_bzero(item.pointee.data, strlen(item.pointee.data))
        unsafe next = item.pointee.next
    }
    unsafe curl_slist_free_all(list)
}

/// Runs the body with the secret as a terminated text, which is wiped afterwards.
private func withTerminated(_ secret: Secret, _ body: (UnsafePointer<CChar>) -> Void) {
    secret.withBytes { bytes in
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        // Safety: there is room for every byte and the end; the memory is freed after its use.
        for index in bytes.indices { unsafe text[index] = CChar(bitPattern: bytes[index]) }
        unsafe text[bytes.count] = 0
        unsafe body(text)
        unsafe explicit_bzero(text, bytes.count)
        unsafe text.deallocate()
    }
}
