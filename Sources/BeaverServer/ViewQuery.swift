import BeaverQueue

/// A `ViewRequest` as query parameters, in both directions.
///
/// A pane is `LIST,COUNT`, `LIST,COUNT,end`, or `LIST,COUNT,BEFORE,ANCHOR`; the anchor is the rest, commas included.
enum ViewQuery {
    static let names: Set<String> = ["pane", "events_after", "reveal", "interval_ms"]

    static func parameters(of request: ViewRequest) -> [(name: String, value: String)] {
        var parameters = request.panes.map { (name: "pane", value: Self.text($0)) }
        if request.eventsAfter > 0 { parameters.append(("events_after", String(request.eventsAfter))) }
        if request.reveals { parameters.append(("reveal", "true")) }
        return parameters
    }

    private static func text(_ pane: ViewRequest.Pane) -> String {
        let head = "\(pane.list.rawValue),\(pane.count)"
        if let anchor = pane.anchor { return "\(head),\(pane.before),\(anchor)" }
        return pane.fromEnd ? head + ",end" : head
    }

    static func request(_ parameters: QueryParameters) throws -> ViewRequest {
        try parameters.refuseUnknown(besides: Self.names)
        var request = ViewRequest(panes: try parameters.values("pane").map(Self.pane))
        request.eventsAfter = try parameters.integer("events_after", in: 0...UInt64.max) ?? 0
        request.reveals = try parameters.flag("reveal")
        return request
    }

    private static func pane(_ text: String) throws -> ViewRequest.Pane {
        let parts = text.split(separator: ",", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard let list = ViewRequest.List(rawValue: parts[0]), parts.count >= 2,
            let count = Int(parts[1]), (0...ViewRequest.maxRows).contains(count)
        else { throw Self.refusal(text) }
        switch parts.count {
        case 2: return ViewRequest.Pane(list, count: count)
        case 3 where parts[2] == "end": return ViewRequest.Pane(list, count: count, fromEnd: true)
        case 4:
            guard let before = Int(parts[2]), (0...ViewRequest.maxRows).contains(before) else {
                throw Self.refusal(text)
            }
            return ViewRequest.Pane(list, anchor: parts[3], before: before, count: count)
        default: throw Self.refusal(text)
        }
    }

    private static func refusal(_ text: String) -> QueueError {
        let lists = ViewRequest.List.allCases.map(\.rawValue).joined(separator: ", ")
        return .invalidInput(
            "pane is '\(text)'; it must be LIST,COUNT or LIST,COUNT,end or LIST,COUNT,BEFORE,ID with a list of \(lists)"
        )
    }
}
