// Configured targets, namespaces and pipelines: what they lead to, and the words that refuse them.
import Agent
import Testing

@Suite("Configured targets")
struct TargetConfigurationTests {
    @Test("a wrong name or namespace is answered with what to do", arguments: namesCases)
    func names(broken: Broken) { #expect(findings(broken.text) == broken.findings) }

    @Test("a field in a name is there, a text, and fits", arguments: valuesCases)
    func values(broken: Broken) { #expect(findings(broken.text) == broken.findings) }

    @Test(
        "these are legal",
        arguments: [
            "inputs: [{namespace: prod}]\noutput: {stdout: {}}", "inputs: [{namespace: prod}]",
            "inputs: [{namespace: default}]\noutput: {elasticsearch: {index: a}}",
            "inputs: [{namespace: a.b_c}]\n"
                + "output: {elasticsearch: {data_stream: 'logs-x-%{namespace}'}}",
            "inputs: [{namespace: prod}]\noutput: {elasticsearch: {pipeline: 'p-%{namespace}'}}",
            "inputs: [{namespace: prod, pipeline: '%{namespace}'}]\noutput: {elasticsearch: {}}",
            "inputs: [{fields: {service: {name: shop}}}]\n"
                + "output: {elasticsearch: {data_stream: 'logs-%{fields.service.name}-x'}}",
            "inputs: [{fields: {team: a-b}}]\n"
                + "output: {elasticsearch: {index: '%{fields.team}-%{yyyy}'}}",
            "inputs: [{pipeline: none}, {pipeline: _none}, {pipeline: My Pipeline}]",
            "output: {elasticsearch: {pipeline: _none, require_data_stream: true}}",
            "output: {elasticsearch: {index: a, require_data_stream: false}}",
            // The pipeline of the output is used by no input that has not the field.
            "inputs: [{pipeline: none}]\noutput: {elasticsearch: {pipeline: '%{fields.a}'}}",
        ])
    func legal(text: String) { #expect(findings(text) == []) }

    @Test("an input's pipeline, or none, goes before the output's")
    func pipelines() throws {
        let text = """
            inputs: [{}, {pipeline: none}, {pipeline: own}]
            output: {elasticsearch: {pipeline: out, require_data_stream: true}}
            """
        let configuration = try ConfigurationFile.decode(Array(text.utf8), name: "f")
        #expect(configuration.inputs.map(\.pipeline) == [nil, .ofTarget, .named("own")])
        #expect(configuration.pipeline == .named("out"))
        guard case .elasticsearch(let settings) = configuration.output else {
            Issue.record("no elasticsearch")
            return
        }
        #expect(settings.requireDataStream)
    }
}

private let part = "it separates the parts of a data stream's name"

private let namesCases = [
    Broken(
        "inputs: [{namespace: prod}]\noutput: {elasticsearch: {}}",
        "1:22: inputs[0].namespace: names nothing: write %{namespace} into "
            + "output.elasticsearch.data_stream, as in \"logs-%{dataset}-%{namespace}\""),
    Broken(
        "inputs: [{}, {namespace: prod}]\noutput: {elasticsearch: {index: a, pipeline: p}}",
        "1:26: inputs[1].namespace: names nothing: write %{namespace} into "
            + "output.elasticsearch.index"),
    Broken("inputs: [{namespace: ''}]", "1:22: inputs[0].namespace: a name must not be empty"),
    Broken(
        "inputs: [{namespace: a-b}]",
        "1:22: inputs[0].namespace: a namespace has no \"-\": \(part)"),
    Broken(
        "inputs: [{namespace: Prod}, {namespace: a/b}, {namespace: É}, {namespace: a b}]",
        "1:22: inputs[0].namespace: \(namespace)", "1:41: inputs[1].namespace: \(namespace)",
        "1:59: inputs[2].namespace: \(namespace)", "1:75: inputs[3].namespace: \(namespace)"),
    Broken(
        "inputs: [{namespace: \(String(repeating: "a", count: 101))}]",
        "1:22: inputs[0].namespace: longer than the 100 bytes of a namespace"),
    Broken(
        "inputs: [{name_space: a}]",
        "1:11: inputs[0].name_space: unknown key; did you mean \"namespace\"?"),
    Broken(
        "output: {elasticsearch: {pipelin: a}}",
        "1:26: output.elasticsearch.pipelin: unknown key; did you mean \"pipeline\"?"),
    Broken(
        "output: {elasticsearch: {pipeline: ''}}",
        "1:36: output.elasticsearch.pipeline: the name is empty"),
    Broken(
        "output: {elasticsearch: {pipeline: 'a-%{yyyy}'}}",
        "1:36: output.elasticsearch.pipeline: a date at byte 2: a pipeline has no date in its name"),
    Broken(
        "inputs: [{pipeline: \"a\\nb\"}]",
        "1:21: inputs[0].pipeline: 0x0a at byte 1: a name has no control characters"),
    Broken(
        "inputs: [{pipeline: '%{url.path}'}]",
        "1:21: inputs[0].pipeline: %{url.path} at byte 0: allowed are %{dataset}, %{namespace}, "
            + "%{fields.NAME}; nothing of a line names a target"),
    Broken(
        "output: {elasticsearch: {data_stream: 'logs-%{namspace}-x'}}",
        "1:39: output.elasticsearch.data_stream: %{namspace} at byte 5: allowed are %{dataset}, "
            + "%{namespace}, %{fields.NAME}; nothing of a line names a target; did you mean "
            + "%{namespace}?"),
    Broken(
        "output: {elasticsearch: {require_data_stream: yes}}",
        "1:47: output.elasticsearch.require_data_stream: expected true or false, found \"yes\"; "
            + "did you mean \"true\"?"),
    Broken(
        "output: {elasticsearch: {index: a, require_data_stream: true}}",
        "1:36: output.elasticsearch.require_data_stream: an index is no data stream; use "
            + "data_stream, or leave this out"),
]

private let namespace = "a namespace is lower case and has none of \\ / * ? \" < > | , # : or space"

private func stream(_ name: String) -> String {
    "\noutput: {elasticsearch: {data_stream: '\(name)'}}"
}

private let valuesCases = [
    Broken(
        "inputs: [{fields: {service.name: shop}}]" + stream("logs-%{fields.service.nam}-x"),
        "2:39: output.elasticsearch.data_stream: %{fields.service.nam}: the input has no field "
            + "\"service.nam\"; did you mean %{fields.service.name}?"),
    Broken(
        "inputs: [{}, {}]" + stream("logs-%{fields.a}-x"),
        "2:39: output.elasticsearch.data_stream: %{fields.a}: no input has a field \"a\""),
    Broken(
        "inputs: [{fields: {team: x}}, {fields: {tema: x}}, {}]" + stream("a-%{fields.team}-x"),
        "1:32: inputs[1].fields: no field \"team\", which output.elasticsearch.data_stream puts "
            + "into the name; did you mean %{fields.tema}?",
        "1:52: inputs[2].fields: no field \"team\", which output.elasticsearch.data_stream puts "
            + "into the name"),
    Broken(
        "inputs: [{fields: {a: 1, b: [x]}}]\n"
            + "output: {elasticsearch: {index: '%{fields.a}', pipeline: '%{fields.b}'}}",
        "1:23: inputs[0].fields.a: a value that names something (output.elasticsearch.index) is a "
            + "single text; put it in quotes",
        "1:29: inputs[0].fields.b: a value that names something (output.elasticsearch.pipeline) is "
            + "a single text"),
    Broken(
        "inputs: [{fields: {a: x-y}}]" + stream("logs-%{fields.a}-x"),
        "1:23: inputs[0].fields.a: the target's name with this value: - at byte 6: \(part)"),
    Broken(
        "inputs: [{fields: {a: Shop}}, {fields: {a: ''}}]" + stream("logs-%{fields.a}-x"),
        "1:23: inputs[0].fields.a: the target's name with this value: S at byte 5: a name is lower "
            + "case and has none of \\ / * ? \" < > | , # : or space",
        "1:44: inputs[1].fields.a: the target's name with this value: the value is empty"),
    Broken(
        "inputs: [{namespace: _a}]" + stream("%{namespace}"),
        "1:22: inputs[0].namespace: the target's name with this namespace: _ at byte 0: a name "
            + "does not begin with - _ or +"),
    Broken(
        "inputs: [{pipeline: '%{fields.b}', fields: {a: x}}, {fields: {b: x}}]",
        "1:21: inputs[0].pipeline: %{fields.b}: the input has no field \"b\"; did you mean "
            + "%{fields.a}?"),
    Broken(
        "inputs: [{pipeline: '%{fields.p}', fields: {p: none}}]",
        "1:48: inputs[0].fields.p: the pipeline's name with this value: none is not a name; write "
            + "\"pipeline: none\" in the input"),
    // A field that was given wrongly is not called absent as well.
    Broken(
        "inputs: [{fields: {a: null}}]" + stream("logs-%{fields.a}-x"),
        "1:23: inputs[0].fields.a: no value; leave the field out"),
    Broken(
        "inputs: [{fields: {_a: x}}]" + stream("logs-%{fields._a}-x"),
        "1:20: inputs[0].fields._a: names that begin with _ belong to Elasticsearch"),
]
