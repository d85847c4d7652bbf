// What the agent was told to do: plain values, as checked and complete as the decoder leaves them.
import AccessLog
import Platform

/// The effective configuration. Every key of the file has its place here and its default in one of
/// these initial values.
package struct Configuration: Sendable, Equatable {
    /// The directory on a volume that survives the container.
    package var state: Path = "/var/lib/tailproof"
    /// Never empty. Of two that match one file the first wins.
    package var inputs: [Input] = [Input()]
    package var output: Output = .stdout(.pretty)
    /// What printed documents are addressed to: no key, but kept where `run --output` replaces
    /// the output, so that what is printed is what would be posted.
    package var printedTarget = Target.dataStream("logs-%{dataset}-%{namespace}")
    /// The pipeline that printed documents name, kept in the same way.
    package var printedPipeline = Pipeline.ofTarget
    package var batch = BatchLimits()
    /// Bytes for everything in flight, all inputs together.
    package var memory = 8 << 20
    /// Bytes of a line that are kept whole; of a longer one the head is sent.
    package var maxLine = 256 << 10
    package var held = Held()
    package var gzip = Gzip()
    package var park = Park()
    package var shutdown = Shutdown()
    package var log = LogSettings()

    package init() {}

    /// Files of one kind and what their lines become.
    package struct Input: Sendable, Equatable {
        /// Absolute glob patterns; `*`, `?` and `[…]` match within one path component.
        package var paths: [Path] = ["/usr/local/tomcat/logs/localhost_access_log.*.txt"]
        /// Patterns of names (or, with a slash, of whole paths) that are left alone.
        package var exclude: [Path] = []
        /// Directories that links may lead to, besides those that the patterns begin with.
        package var roots: [Path] = []
        package var format = LineFormat.auto
        /// Names the data stream and `event.dataset`.
        package var dataset = "tomcat.access"
        /// What `%{namespace}` stands for.
        package var namespace = Input.defaultNamespace
        /// Merged into every document, in the order written; a dotted name nests.
        package var fields: [Field] = []
        package var start = Start.beginning
        /// Goes before the output's; nil: the output's.
        package var pipeline: Pipeline?

        package static let defaultNamespace = "default"

        package init() {}
    }

    /// One member of `fields`: its dotted name and its value.
    package struct Field: Sendable, Equatable {
        package var name: String
        package var value: FieldValue
        package init(name: String, value: FieldValue) {
            self.name = name
            self.value = value
        }
    }

    package indirect enum FieldValue: Sendable, Equatable {
        case text(String)
        /// A number, as JSON writes it.
        case number(String)
        case boolean(Bool)
        case list([FieldValue])
    }

    /// Where a file found at the very first start is read from.
    package enum Start: String, Sendable, CaseIterable { case beginning, end }

    package enum Output: Sendable, Equatable {
        case stdout(Style)
        case elasticsearch(Elasticsearch)
    }

    /// How documents are printed: as people read them, one JSON a line, or as they would be posted.
    package enum Style: String, Sendable, CaseIterable { case pretty, json, bulk }

    package struct Elasticsearch: Sendable, Equatable {
        /// `https://host:port` or `http://host:port`, with an optional path, without user, query or
        /// final slash. Never empty.
        package var hosts: [String] = ["http://127.0.0.1:9200"]
        /// What `hosts` was made of, where it was.
        package var cloudID: CloudID?
        /// nil: requests do not say who they are from.
        package var auth: Auth?
        package var tls = TLS()
        package var target = Target.dataStream("logs-%{dataset}-default")
        /// Ask the server to refuse what would not go to a data stream. For data streams only.
        package var requireDataStream = false
        package var pipeline = Pipeline.ofTarget
        package var compression = Compression.gzip
        /// Shippers, each with one connection.
        package var connections = 2
        /// A request's, from its first byte sent to the last byte of its reply.
        package var timeout = Duration.seconds(90)
        /// How documents are printed beside, for people to look at; nil: they are not.
        package var copy: Style?
        package init() {}
    }

    /// A data stream's name or an index's, as `TargetPattern` reads them.
    package enum Target: Sendable, Equatable {
        case dataStream(String)
        case index(String)
    }

    /// The ingest pipeline that requests name.
    package enum Pipeline: Sendable, Equatable {
        /// None, so that the target's own default applies.
        case ofTarget
        /// As `TargetPattern` reads it.
        case named(String)
    }

    package enum Compression: String, Sendable, CaseIterable { case gzip, none }

    /// When a batch is cut: whichever comes first.
    package struct BatchLimits: Sendable, Equatable {
        package var bytes = 1 << 20
        package var lines = 5000
        package var age = Duration.seconds(1)
        package init() {}
    }

    /// Deleted files that are kept open for what is unread.
    package struct Held: Sendable, Equatable {
        /// Unread bytes of all of them together; 0: without limit.
        package var bytes = 0
        package init() {}
    }

    /// Rotated files that were compressed.
    package struct Gzip: Sendable, Equatable {
        /// Text that is read of one of them; 0: without limit.
        package var bytes = 16 << 30
        package init() {}
    }

    /// Where lines go that the server can never take.
    package struct Park: Sendable, Equatable {
        /// Of all of them together, on the state volume.
        package var bytes = 64 << 20
        package init() {}
    }

    package struct Shutdown: Sendable, Equatable {
        package var drain = Drain.files
        package var quiet = Duration.seconds(2)
        package var deadline = Duration.seconds(25)
        package var fragments = Fragments.keep
        package init() {}
    }

    /// What SIGTERM waits for: every file at its end and silent, or only what is in flight.
    package enum Drain: String, Sendable, CaseIterable { case files, batches }

    /// What becomes of an unterminated last line at shutdown.
    package enum Fragments: String, Sendable, CaseIterable { case keep, ship }

    package struct LogSettings: Sendable, Equatable {
        package var level = LogLevel.info
        package var format = LogFormat.auto
        package init() {}
    }
}
