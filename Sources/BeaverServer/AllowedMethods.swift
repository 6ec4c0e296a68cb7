import Hummingbird

/// Which methods a path takes, so that a wrong one is told from a path that does not exist.
struct AllowedMethods: Sendable {
    private struct Route: Sendable {
        var parts: [Substring]
        var method: String
    }

    private let routes: [Route]

    init(_ routes: [Router<ServerContext>.RouteDescription]) {
        self.routes = routes.map { route in
            Route(parts: route.path.description.split(separator: "/"), method: route.method.rawValue)
        }
    }

    /// Nil if no route has this path.
    func ofPath(_ path: String) -> [String]? {
        let parts = path.split(separator: "/")
        let matching = self.routes.filter { route in
            route.parts.count == parts.count
                && zip(route.parts, parts).allSatisfy { $0.hasPrefix("{") || $0.hasPrefix(":") || $0 == $1 }
        }
        guard !matching.isEmpty else { return nil }
        // The router prefers a name to a placeholder, whatever the method.
        let named = matching.filter { $0.parts == parts }
        var methods = (named.isEmpty ? matching : named).map(\.method)
        if methods.contains("GET") { methods.append("HEAD") }
        return Set(methods).sorted()
    }
}
