// What shippers have to say, in the agent's own log.
import Elastic
import Platform

/// Writes a shipper's notices to the log. Used by every shipper's thread.
package struct NoticeReport: Sendable {
    private let log: Log
    private let hosts: [String]

    package init(log: Log, hosts: [String]) {
        self.log = log
        self.hosts = hosts
    }

    package func callAsFunction(_ notice: ShipperNotice) {
        switch notice {
        case .unreachable(let host, let failure):
            log(
                .outputUnreachable, .text("host", hosts[host]),
                .text("kind", failure.kind.rawValue), .text("reason", failure.description))
        case .unreadable(let status, let sent, let items):
            log(
                .outputUnknownOutcome, .number("status", status), .number("sent", sent),
                .number("items", items ?? -1))
        case .busy(let status, let type, let wait):
            log(
                .outputBusy, .number("status", status), .text("type", type),
                .duration("wait", wait))
        case .credentials(let status, let type):
            log(.outputCredentials, .number("status", status), .text("type", type))
        case .configuration(let status, let type):
            log(.outputConfiguration, .number("status", status), .text("type", type))
        case .refused(let status, let type, let events):
            log(
                .batchRefused, .number("status", status), .text("type", type),
                .number("events", events))
        case .tooLarge(let status, let bytes, let events):
            log(
                .outputTooLarge, .number("status", status), .size("body", bytes),
                .number("events", events))
        case .rejected(let rejection):
            log(
                .batchRefused, .number("status", rejection.status), .text("type", rejection.type),
                .number("events", rejection.events), .text("target", rejection.name),
                .text("fault", rejection.isParkable ? "line" : "target"))
        case .diverted(_, let name, let events):
            log(.batchDiverted, .text("target", name), .number("events", events))
        case .possiblyDuplicate(let events, let id):
            log(.batchPossiblyDuplicate, .number("events", events), .text("id", id))
        case .foreignIDs(let events): log(.outputForeignIDs, .number("events", events))
        case .reason(let text): log(.batchReason, .detail("reason", text))
        case .recovered(let attempts): log(.outputRecovered, .number("attempts", attempts))
        }
    }
}
