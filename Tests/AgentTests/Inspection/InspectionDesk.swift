// Files that the real pump has shipped, the commands on them, and a server that answers by script.
import Bytes
import Elastic
import Foundation
import Platform
import Tail
import Testing

@testable import Agent

/// Used by one thread.
final class InspectionDesk {
    let pumping: Pumping
    var configuration = Configuration()
    var output: [UInt8] = []
    var errors = ""
    /// Paths and bodies of the requests.
    var requests: [(path: String, body: String)] = []
    /// Ids that the server has, with the index of each.
    var stored: [String: [String]] = [:]
    /// Answers `_bulk` instead of the store.
    var refusal: (Int) -> String? = { _ in nil }
    /// Called before an inquiry is answered.
    var beforeAnswer: () -> Void = {}
    var pauses: [Duration] = []

    init(_ configure: (inout Configuration) -> Void = { _ in }) throws {
        configuration.state = "/state"
        configuration.inputs[0].paths = ["/logs/*.log"]
        configuration.output = .elasticsearch(Configuration.Elasticsearch())
        configure(&configuration)
        let configuration = configuration
        pumping = try Pumping { $0 = configuration }
    }

    var text: String { String(decoding: output, as: UTF8.self) }

    var objects: [[String: Any]] {
        text.split(separator: "\n").map {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) ?? [:]
        }
    }

    /// What the pump has posted, by its ids, in order.
    var posted: [PostedAction] {
        pumping.cut.flatMap { batch in
            batch.body.split(separator: "\n").enumerated().filter { $0.offset % 2 == 0 }
                .map { PostedAction((Array($0.element.utf8) + [0x0a]).span) }
        }
    }

    /// The server has everything that was posted.
    func storeAll() {
        for action in posted {
            stored[String(decoding: action.id, as: UTF8.self)] = [".ds-" + action.index + "-1"]
        }
    }

    /// Runs a command; what it printed before is forgotten.
    @discardableResult
    func run(_ body: (inout Inspection) -> ExitCode) -> ExitCode {
        output = []
        errors = ""
        var surroundings = CommandSurroundings(
            output: { bytes in self.output += bytes.array },
            errors: { self.errors += $0 },
            post: { request, body, reply in
                let text = String(decoding: body.array, as: UTF8.self)
                self.requests.append((request.path, text))
                reply.clear()
                reply.append(text: self.answer(request, text))
                return .reply(status: 200, retryAfter: nil)
            })
        let world = pumping.world
        surroundings.disk = world
        surroundings.logDisk = { _ in world }
        surroundings.pause = { self.pauses.append($0) }
        return Inspection.run(configuration, surroundings, body)
    }

    private func answer(_ request: BulkRequest, _ body: String) -> String {
        let lines = body.split(separator: "\n")
        guard request.path.hasPrefix("/_msearch") else {
            let items = stride(from: 0, to: lines.count, by: 2).map { index in
                let action = PostedAction((Array(lines[index].utf8) + [0x0a]).span)
                let id = String(decoding: action.id, as: UTF8.self)
                if let refusal = refusal(index / 2) { return refusal }
                let status = stored.updateValue([action.index], forKey: id) == nil ? 201 : 409
                return #"{"create":{"status":\#(status)}}"#
            }
            return #"{"items":[\#(items.joined(separator: ","))]}"#
        }
        beforeAnswer()
        let asked = stored.filter { body.contains("\"\($0.key)\"") }
        let hits = asked.flatMap { id, indices in
            indices.map { #"{"_index":"\#($0)","_id":"\#(id)"}"# }
        }
        return
            #"{"responses":[{"_shards":{"failed":0},"hits":{"hits":[\#(hits.joined(separator: ","))]},"status":200}]}"#
    }
}
