// TLS before a scripted server: what is forwarded was sent by someone who trusted us.
import Foundation
import ScriptedServer
import Testing

/// An authority and what it signs, made by openssl.
struct Authority {
    let directory: String
    var certificate: String { "\(directory)/ca.crt" }

    static let programs = ["/usr/bin/openssl", "/usr/bin/python3"]
    static let isUsable = programs.allSatisfy { FileManager.default.isExecutableFile(atPath: $0) }
    static let absence: Comment = "needs openssl and python3"

    /// The one that is in the directory already: `ca.crt`, `ca.key`.
    init(at directory: String) { self.directory = directory }

    init(_ directory: String) throws {
        self.directory = directory
        try Authority.openssl(
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-days", "30",
            ]
                + ["-subj", "/CN=\(UUID().uuidString)"]
                + ["-keyout", "\(directory)/ca.key", "-out", "\(directory)/ca.crt"])
    }

    /// Signs a certificate for a name (as openssl writes it, such as `IP:127.0.0.1`) and puts it
    /// with its key into `target`.crt and `target`.key.
    func sign(_ name: String, days: Int = 30, subject: String = "e2e", to target: String) throws {
        let names = "\(directory)/names"
        try "subjectAltName=\(name)\n".write(toFile: names, atomically: true, encoding: .utf8)
        try Authority.openssl(
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                "/CN=\(subject)",
            ]
                + ["-keyout", target + ".key", "-out", "\(directory)/request"])
        try Authority.openssl(
            ["x509", "-req", "-in", "\(directory)/request", "-days", "\(days)"]
                + ["-CA", certificate, "-CAkey", "\(directory)/ca.key", "-CAcreateserial"]
                + ["-extfile", names, "-out", target + ".crt"])
    }

    static func openssl(_ arguments: [String]) throws {
        _ = try ChildProcess.output(of: [programs[0]] + arguments)
    }
}

/// Speaks TLS on 127.0.0.1 and forwards to a plain server, from the first byte on that was
/// encrypted for it. Reads what is in its directory for each connection: `server.crt`,
/// `server.key`; `clients.crt`, the authority of clients, who then must have a certificate; `old`:
/// TLS 1.1 alone.
final class TLSFront {
    private let process: ChildProcess
    let url: String

    init(_ directory: String, before server: ScriptedElasticsearch) throws {
        process = try ChildProcess(
            [Authority.programs[1], "-c", TLSFront.program, directory, "\(server.port)"])
        guard process.wait(for: "\n", on: .out, atMost: patience) else {
            throw ProcessFailure(arguments: ["python3"], errors: process.text(.error))
        }
        let port = process.text(.out).prefix { $0 != "\n" }
        url = "https://127.0.0.1:\(port)"
    }

    deinit { process.end() }

    private static let program = """
        import os, select, socket, ssl, sys, threading, warnings
        warnings.simplefilter("ignore")
        directory, backend = sys.argv[1], int(sys.argv[2])
        def serve(raw):
            onward = None
            try:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                if os.path.exists(directory + "/old"):
                    context.set_ciphers("DEFAULT@SECLEVEL=0")
                    context.minimum_version = ssl.TLSVersion.TLSv1_1
                    context.maximum_version = ssl.TLSVersion.TLSv1_1
                context.load_cert_chain(directory + "/server.crt", directory + "/server.key")
                if os.path.exists(directory + "/clients.crt"):
                    context.load_verify_locations(directory + "/clients.crt")
                    context.verify_mode = ssl.CERT_REQUIRED
                secure = context.wrap_socket(raw, server_side=True)
                raw = secure
                data = raw.recv(65536)
                if not data: return
                onward = socket.create_connection(("127.0.0.1", backend))
                onward.sendall(data)
                while True:
                    ready = [raw] if raw.pending() else select.select([raw, onward], [], [])[0]
                    for source in ready:
                        data = source.recv(65536)
                        if not data: return
                        (onward if source is raw else raw).sendall(data)
            except OSError: pass
            finally:
                raw.close()
                if onward: onward.close()
        listener = socket.create_server(("127.0.0.1", 0))
        print(listener.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
        """
}
