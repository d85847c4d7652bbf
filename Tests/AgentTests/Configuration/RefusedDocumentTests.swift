// Configurations of which no documents can be made, and the exact words that answer them.
import Agent
import Testing

@Suite("Configurations without documents")
struct RefusedDocumentTests {
    @Test("a wrong target is answered with the rule it breaks", arguments: targetsCases)
    func targets(broken: Broken) {
        let text = "output: {elasticsearch: {index: \"\(broken.text)\"}}"
        #expect(findings(text) == broken.findings.map { "1:33: output.elasticsearch.index: " + $0 })
    }

    @Test("a field that no document can have is answered with why", arguments: fieldsCases)
    func fields(broken: Broken) {
        let text = "inputs: [{fields: {\(broken.text)}}]"
        #expect(findings(text) == broken.findings)
    }

    @Test("every input is held to the target, whatever else is wrong", arguments: inputsCases)
    func inputs(broken: Broken) { #expect(findings(broken.text) == broken.findings) }
}

private let targetsCases = [
    Broken("", "the name is empty"),
    Broken(
        "Access",
        "A at byte 0: a name is lower case and has none of \\ / * ? \" < > | , # : or space"),
    Broken("-access", "- at byte 0: a name does not begin with - _ or +"),
    Broken(
        "a b",
        "0x20 at byte 1: a name is lower case and has none of \\ / * ? \" < > | , # : or space"),
    Broken(
        "a,b",
        ", at byte 1: a name is lower case and has none of \\ / * ? \" < > | , # : or space"),
    Broken("a-%{yyyy.mm}", "%{yyyy.mm} at byte 2: \(allowed); did you mean %{yyyy.MM}?"),
    Broken("a-%{}", "%{} at byte 2: \(allowed)"),
    Broken("%{\\n\\e[31m}", "%{\\u{a}\\u{1b}[31m} at byte 0: \(allowed)"),
    Broken("%{datset}", "%{datset} at byte 0: \(allowed); did you mean %{dataset}?"),
    Broken("%{Namespace}", "%{Namespace} at byte 0: \(allowed); did you mean %{namespace}?"),
    Broken(
        "%{field.service.name}",
        "%{field.service.name} at byte 0: \(allowed); did you mean %{fields.service.name}?"),
    Broken("%{url.path}", "%{url.path} at byte 0: \(allowed)"),
    Broken(
        "a-%{dataset", "% at byte 2: write %{dataset}, %{namespace} or %{fields.NAME}"),
    Broken("a-%y", "% at byte 2: write %{dataset}, %{namespace} or %{fields.NAME}"),
    Broken("..", "the name is . or .."),
    Broken("aÉ", "the name has capital letters"),
    Broken(String(repeating: "a", count: 256), "the name is longer than 255 bytes"),
    Broken(
        String(repeating: "a", count: 243) + "%{dataset}",
        "the target's name with this dataset: the name is longer than 255 bytes"),
]

private let allowed =
    "allowed are %{dataset}, %{namespace}, %{fields.NAME} and dates of yyyy, MM, dd, HH with . - _ "
    + "between them; nothing of a line names a target"

private let fieldsCases = [
    Broken("a: null", "1:23: inputs[0].fields.a: no value; leave the field out"),
    Broken("a: ", "1:23: inputs[0].fields.a: no value; leave the field out"),
    Broken("a: {}", "1:20: inputs[0].fields.a: a mapping without members"),
    Broken("a: {b: [{c: 1}]}", "1:28: inputs[0].fields.a.b: a mapping inside a list"),
    Broken(
        "a: 99999999999999999999",
        "1:23: inputs[0].fields.a: the number is out of range; quote it to send it as text"),
    Broken(
        "a: 1e999",
        "1:23: inputs[0].fields.a: the number is out of range; quote it to send it as text"),
    Broken("a..b: 1", "1:20: inputs[0].fields.a..b: a name has no empty part"),
    Broken("\"\": 1", "1:20: inputs[0].fields.\"\": a name has no empty part"),
    Broken("\"a. \": 1", "1:20: inputs[0].fields.\"a. \": a name has no empty part"),
    Broken(
        "\"a\\n\": 1", "1:20: inputs[0].fields.\"a\\u{a}\": a name has no control characters"),
    Broken(
        String(repeating: "a", count: 256) + ": 1",
        "1:20: inputs[0].fields.\"\(String(repeating: "a", count: 40))…\": a name has at most "
            + "255 bytes"),
    Broken(
        "_id: x", "1:20: inputs[0].fields._id: names that begin with _ belong to Elasticsearch"),
    Broken(
        "a: 1, a.b: 2",
        "1:26: inputs[0].fields.a.b: type clash: a part of the name is a single value of the "
            + "document"),
    Broken(
        "a.b: 1, a: 2",
        "1:28: inputs[0].fields.a: type clash: an object of the document cannot be a single value"),
    Broken("a: {b: 1}, a.b: 2", "1:31: inputs[0].fields.a.b: given twice"),
    Broken(
        "host: x",
        "1:20: inputs[0].fields.host: type clash: an object of the document cannot be a single "
            + "value"),
    Broken(
        "event.category: {x: y}",
        "1:37: inputs[0].fields.event.category.x: type clash: a part of the name is a single value "
            + "of the document"),
    Broken(
        "host.name: 3",
        "1:31: inputs[0].fields.host.name: type clash: the document has text there"),
    Broken(
        "agent: {id: 7, type: [x, true]}, event.category: [web, 1], log.file.path: false",
        "1:32: inputs[0].fields.agent.id: type clash: the document has text there",
        "1:41: inputs[0].fields.agent.type: type clash: the document has text there",
        "1:69: inputs[0].fields.event.category: type clash: the document has text there",
        "1:94: inputs[0].fields.log.file.path: type clash: the document has text there"),
    Broken(
        "url: x, user.name.full: x, http.response.status_code: 3",
        "1:20: inputs[0].fields.url: comes from the log line and cannot be configured",
        "1:28: inputs[0].fields.user.name.full: comes from the log line and cannot be configured",
        "1:47: inputs[0].fields.http.response.status_code: comes from the log line and cannot be "
            + "configured"),
    Broken(
        "event.dataset: x, data_stream.type: x",
        "1:20: inputs[0].fields.event.dataset: comes from the name of the data stream and cannot "
            + "be configured",
        "1:38: inputs[0].fields.data_stream.type: comes from the name of the data stream and "
            + "cannot be configured"),
]

private let inputsCases = [
    Broken(
        "inputs: [x, {dataset: B, fields: {_a: 1}}, {dataset: C}]\n"
            + "output: {elasticsearch: {index: '%{dataset}'}}",
        "1:10: inputs[0]: expected a mapping, found a single value",
        "1:23: inputs[1].dataset: the target's name with this dataset: B at byte 0: a name is "
            + "lower case and has none of \\ / * ? \" < > | , # : or space",
        "1:35: inputs[1].fields._a: names that begin with _ belong to Elasticsearch",
        "1:54: inputs[2].dataset: the target's name with this dataset: C at byte 0: a name is "
            + "lower case and has none of \\ / * ? \" < > | , # : or space"),
    Broken(
        "inputs: [{fields: {tags: x, event.dataset: y}}, {fields: {tags: z}}]\n"
            + "output: {elasticsearch: {index: A}}",
        "1:20: inputs[0].fields.tags: comes from the log line and cannot be configured",
        "1:59: inputs[1].fields.tags: comes from the log line and cannot be configured",
        "2:33: output.elasticsearch.index: A at byte 0: a name is lower case and has none of "
            + "\\ / * ? \" < > | , # : or space"),
]
