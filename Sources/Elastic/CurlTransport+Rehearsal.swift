// Whether certificates and keys can be used, found out before a server is asked.
import CCurl
import Glibc

extension TransportSettings {
    /// What is wrong with the files of `tls`, said without a secret; nil where nothing is, or
    /// nothing is encrypted. Asks no server.
    package var tlsProblem: String? {
        guard hosts.contains(where: { $0.hasPrefix("https://") }) else { return nil }
        let transport = CurlTransport(settings: self, abort: AbortSignal())
        return transport.rehearse()
    }
}

extension CurlTransport {
    /// Begins a handshake with ourselves, for which curl reads every file, and which fails. The
    /// handle is of no use afterwards.
    fileprivate consuming func rehearse() -> String? {
        var nobody = tp_curl_nobody()
        // Safety: the place outlives its use, which ends with the transfer.
        let code = unsafe withUnsafeMutablePointer(to: &nobody) { place in
            guard unsafe tp_curl_open_nobody(place) == 0 else { return CURLE_OK }
            defer { unsafe tp_curl_close_nobody(place) }
            setText(CURLOPT_URL, "https://127.0.0.1:\(unsafe place.pointee.port)")
            unsafe check(tp_curl_set_nobody(handle, place))
            return unsafe curl_easy_perform(handle)
        }
        switch code {
        case CURLE_SSL_CACERT_BADFILE:
            if let caFile = settings.tls.caFile {
                return "tls.ca_file: no certificate can be read from \(caFile)"
            }
            return "the system has no certificate authorities: install ca-certificates, "
                + "or name a file of them in tls.ca_file"
        case CURLE_SSL_CERTPROBLEM:
            let files = settings.tls.certificate.map { "\($0)" } ?? ""
            let key = settings.tls.key.map { " and \($0)" } ?? ""
            return "tls.certificate, tls.key: no certificate with its key can be read from "
                + files + key + "; both are PEM, and tls.key_passphrase_file has the passphrase"
        default: return nil
        }
    }
}
