import BeaverQueue
import HTTPTypes
import Hummingbird

extension QueryParameters {
    /// The largest body of parameters; a filter is never longer.
    private static let bodyBytes = 64 << 10

    /// The parameters in the URI, or in their place those in the body: a JSON object with the same names and values.
    ///
    /// A list of strings is a name that stands more than once.
    static func inBody(of request: Request) async throws -> QueryParameters {
        let inURI = try QueryParameters(request)
        let bytes = try await RequestBytes.collect(request, upTo: Self.bodyBytes)
        guard !bytes.isEmpty else { return inURI }
        guard inURI.isEmpty else {
            throw QueueError.invalidInput("there are parameters in the URL and in the body; name all in one of them")
        }
        guard let values = try? JSONCoding.decode([String: BodyParameter].self, from: bytes) else {
            throw QueueError.invalidInput(
                #"the body must be a JSON object of parameters, such as {"state": ["dead"], "error": "timed out"}"#
            )
        }
        return QueryParameters(
            try values.sorted { $0.key < $1.key }.flatMap { name, value in
                try value.texts(of: name).map { (name, $0) }
            }
        )
    }
}

/// A parameter's value as JSON has it.
private enum BodyParameter: Decodable {
    case text(String)
    case flag(Bool)
    case number(Int64)
    case list([String])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self) {
            self = .text(text)
        } else if let isOn = try? container.decode(Bool.self) {
            self = .flag(isOn)
        } else if let number = try? container.decode(Int64.self) {
            self = .number(number)
        } else {
            self = .list(try container.decode([String].self))
        }
    }

    /// As they would stand in a URI.
    ///
    /// A name that no route knows is refused by the route.
    func texts(of name: String) throws(QueueError) -> [String] {
        switch (self, name) {
        case (_, "simulated"), (_, "reveal"), (_, "now"):
            guard case .flag(let isOn) = self else { throw .invalidInput("\(name) must be true or false") }
            return [String(isOn)]
        case (.text(let text), _): return [text]
        case (.number(let number), "older"), (.number(let number), "confirm"): return [String(number)]
        // An empty list would select everything.
        case (.list(let texts), "state"): return texts.isEmpty ? [""] : texts
        default: throw .invalidInput("\(name) must be a string")
        }
    }
}

/// Refuses a body where none is read: a filter in it would be passed over, and everything be selected.
struct BodyMiddleware: RouterMiddleware {
    typealias Context = ServerContext

    private static let takers: Set<String> = [
        "POST /v1/jobs", "POST /v1/jobs/retry", "POST /v1/jobs/cancel", "POST /v1/jobs/purge", "POST /v1/selections",
        "PUT /v1/workers", "POST /v1/stop", "POST /v1/lookup",
    ]

    let methods: AllowedMethods

    func handle(
        _ request: Request,
        context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        // The routes that take jobs are asked the most: they are found as they are written.
        if !Self.takers.contains("\(request.method.rawValue) \(request.uri.path)"), Self.announcesBody(request) {
            try await self.refuseBody(of: request)
        }
        return try await next(request, context)
    }

    private func refuseBody(of request: Request) async throws {
        let path = "/" + request.uri.path.split(separator: "/").joined(separator: "/")
        let method = request.method.rawValue
        guard !Self.takers.contains("\(method) \(path)") else { return }
        // What is no route at all is told so.
        let isRoute = self.methods.ofPath(path)?.contains(method) == true
        if isRoute, try await Self.hasBody(request) {
            throw QueueError.invalidInput("\(method) \(path) takes no body; its parameters go into the URL")
        }
    }

    /// Most requests have none, and cost no more than this look.
    private static func announcesBody(_ request: Request) -> Bool {
        request.headers[.transferEncoding] != nil || request.headers[.contentLength] ?? "0" != "0"
    }

    private static func hasBody(_ request: Request) async throws -> Bool {
        if request.headers[.contentLength] != nil { return true }
        var iterator = request.body.makeAsyncIterator()
        while let buffer = try await RequestBytes.next(&iterator) {
            if buffer.readableBytes > 0 { return true }
        }
        return false
    }
}
