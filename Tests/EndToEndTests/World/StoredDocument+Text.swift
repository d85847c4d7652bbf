// Values of stored documents, as tests ask for them.
import ScriptedServer

extension StoredDocument {
    /// Its members, by a reader that is not the agent's; none where it is no JSON.
    var members: [String: Any] { (try? StrictJSON.object(source[...])) ?? [:] }

    /// The text under these names; empty where there is none.
    func text(_ path: String...) -> String { text(path) }

    func text(_ path: [String]) -> String {
        var value: Any? = members
        for name in path { value = (value as? [String: Any])?[name] }
        return value as? String ?? ""
    }
}
