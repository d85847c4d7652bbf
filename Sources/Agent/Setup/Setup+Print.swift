// `tailproof setup --print`: the same requests, for a console, with no server asked.
import Platform

extension Setup {
    /// Prints the requests as they can be pasted into a console, or as objects for programs.
    package mutating func printRequests(isOpenSearch: Bool, withKey: Bool, json: Bool) -> ExitCode {
        let offer = ServerOffer.everything(isOpenSearch: isOpenSearch)
        let plan = SetupPlan(destinations, choices, offer)
        for part in plan.parts { append("PUT", part.path, part.body, json) }
        if withKey, !isOpenSearch {
            append("POST", Setup.keyPath, Setup.key(choices.name, plan.role), json)
        }
        print.flush()
        return print.result
    }

    private mutating func append(
        _ method: String, _ path: String, _ body: JSONValue, _ json: Bool
    ) {
        if json {
            let line: JSONValue = ["method": .text(method), "path": .text(path), "body": body]
            print.out.append(text: line.line + "\n")
        } else {
            print.out.append(text: "\(method) \(path.dropFirst())\n\(body.page)\n\n")
        }
    }
}
