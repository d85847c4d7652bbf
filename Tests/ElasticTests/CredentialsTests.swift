// What is sent for each way to sign in, and that nothing of it is ever printed.
import Bytes
import Elastic
import Foundation
import Platform
import TestKit
import Testing

@Suite("Credentials")
struct CredentialsTests {
    private func header(_ credentials: Credentials) -> String? {
        credentials.header?.withBytes { String(decoding: $0.array, as: UTF8.self) }
    }

    @Test func `each way to sign in has its header`() {
        #expect(header(.none) == nil)
        #expect(
            header(.basic(user: "Aladdin", Secret("open sesame")))
                == "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        #expect(
            header(.basic(user: "é", Secret("a:b"))) == "Authorization: Basic w6k6YTpi")
        #expect(header(.bearer(Secret("AAEAAWVs"))) == "Authorization: Bearer AAEAAWVs")
    }

    @Test func `both spellings of an API key are the same key`() {
        let encoded = Data("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw".utf8)
            .base64EncodedString()
        let expected = "Authorization: ApiKey " + encoded
        #expect(
            header(.apiKey(Secret("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"))) == expected)
        #expect(header(.apiKey(Secret(encoded))) == expected)
    }

    @Test func `base64 is Foundation's, there and back`() {
        var random = Seed.generator(71)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Data(bytes).base64EncodedString()
            #expect(String(decoding: base64(bytes), as: UTF8.self) == text)
            #expect(fromBase64(Array(text.utf8)) == bytes)
            #expect(fromBase64(Array(text.utf8.filter { $0 != 0x3D })) == bytes)
        }
        for broken in ["A", "AA=A", "A===", "AB==C", "A_==", "AA==A", "é", "AAAA=", "AB"] {
            #expect(fromBase64(Array(broken.utf8)) == nil, "\(broken)")
        }
    }

    @Test func `what a secret cannot be is said without a byte of it`() {
        let cases: [(SecretKind, String, String?)] = [
            (.password, "", "is empty"), (.password, "a b:ü€!", nil),
            (.password, "one\ntwo", "has more than one line"),
            (.password, "a\u{0}b", "has a control character"),
            (.apiKey, "id:key", nil), (.apiKey, "aWQ6a2V5", nil), (.apiKey, "aWQ6a2U=", nil),
            (.apiKey, "ApiKey aWQ6a2V5", "has a character that an API key never has"),
            (.apiKey, "{\"id\":\"x\"}", "has a character that an API key never has"),
            (.apiKey, "a:b:c", "is neither id:key nor the encoded key"),
            (.apiKey, ":b", "is neither id:key nor the encoded key"),
            (.apiKey, "a:", "is neither id:key nor the encoded key"),
            (.bearerToken, "a.b-c_d~e+f/g==", nil),
            (.bearerToken, "a:b", "has a character that a bearer token never has"),
            (.passphrase, "open, please", nil),
        ]
        for (kind, text, expected) in cases {
            #expect(kind.problem(Secret(text)) == expected, "\(kind) \(text)")
        }
    }

    @Test func `no printed form of anything that holds a secret has a byte of it`() throws {
        let word = "swordfish"
        let secret = Secret(word)
        var settings = TransportSettings(hosts: ["https://h"], version: "1")
        settings.signIn = try SignIn(
            .basic(user: "u", .given(secret)), passphrase: .given(secret))
        let values: [Any] = [
            secret, [secret], Optional(secret) as Any, ["k": secret],
            Credentials.basic(user: "u", secret), Credentials.apiKey(secret),
            Credentials.bearer(secret), SecretSource.given(secret),
            SignInMethod.apiKey(.given(secret)), settings.signIn, settings.signIn.current(),
            settings, Credentials.apiKey(secret).header as Any,
        ]
        for value in values {
            var dumped = ""
            dump(value, to: &dumped)
            for text in ["\(value)", String(reflecting: value), dumped] {
                #expect(!text.contains(word), "\(type(of: value))")
                #expect(!text.contains("115, 119"), "\(type(of: value))")
            }
        }
        #expect("\(secret)" == "****" && String(reflecting: secret) == "****")
    }

    @Test func `secrets are equal where their bytes are`() {
        #expect(Secret("a") == Secret("a"))
        #expect(Secret("a") != Secret("b") && Secret("a") != Secret("aa"))
        #expect(Secret("").isEmpty && Secret("ab").count == 2)
    }
}
