import BeaverQueue
import HTTPTypes
import Hummingbird
import NIOCore

/// An error on the wire, as RFC 9457 has it, with enough beside it to rebuild the `QueueError`: the exit code of a command
/// is then the same through the socket as it would be inside the server.
struct ProblemDocument: Codable, Equatable {
    var type = "about:blank"
    var title: String
    var status: Int
    /// The whole sentence.
    var detail: String
    /// `QueueError.Code` by name.
    var code: String
    var errorNumber: Int32?
    var path: String?
    var offset: Int64?

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code
        case errorNumber = "errno"
        case path, offset
    }

    init(_ error: QueueError) {
        let status = Self.status(of: error.code)
        self.init(status: status, code: error.code.description, detail: error.message)
        self.errorNumber = error.errorNumber
        self.path = error.path
        self.offset = error.offset
    }

    /// A problem of HTTP itself, which the queue knows nothing of.
    init(status: HTTPResponse.Status, code: String, detail: String) {
        self.title = status.reasonPhrase
        self.status = status.code
        self.detail = detail
        self.code = code
    }

    /// What the server's queue threw.
    ///
    /// A code of a newer server is read as a failure of the service.
    var error: QueueError {
        QueueError(
            Self.codes.first { $0.code.description == self.code }?.code ?? .unavailable,
            self.detail,
            errorNumber: self.errorNumber,
            path: self.path,
            offset: self.offset
        )
    }

    static func status(of code: QueueError.Code) -> HTTPResponse.Status {
        self.codes.first { $0.code == code }?.status ?? .internalServerError
    }

    /// The one place where codes become HTTP.
    static let codes: [(code: QueueError.Code, status: HTTPResponse.Status)] = [
        (.invalidInput, .badRequest),
        (.damaged, .internalServerError),
        (.inputMissing, .badRequest),
        (.unavailable, .serviceUnavailable),
        (.noSuchQueue, .serviceUnavailable),
        (.cannotCreate, .internalServerError),
        (.inputOutput, .internalServerError),
        (.outcomeUnknown, .internalServerError),
        (.locked, .serviceUnavailable),
        (.full, .serviceUnavailable),
        (.stopped, .serviceUnavailable),
        (.configuration, .unprocessableContent),
        (.notFound, .notFound),
        (.conflict, .conflict),
    ]

    func response() -> Response {
        // Encoding fixed fields of plain types cannot fail; an empty body would still carry the status.
        let bytes = (try? JSONCoding.encode(self)) ?? []
        var headers: HTTPFields = [.contentType: "application/problem+json", .cacheControl: "no-store"]
        if self.status == HTTPResponse.Status.unauthorized.code { headers[.wwwAuthenticate] = "Bearer" }
        if self.status == HTTPResponse.Status.serviceUnavailable.code { headers[.retryAfter] = "1" }
        return Response(
            status: HTTPResponse.Status(code: self.status, reasonPhrase: self.title),
            headers: headers,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        )
    }
}

/// A refusal that belongs to HTTP, not to the queue.
struct RequestRefused: Error, Equatable {
    var status: HTTPResponse.Status
    var code: String
    var detail: String
}

/// Turns whatever a route throws into a problem document, so that no answer is ever without one.
struct ProblemMiddleware: RouterMiddleware {
    typealias Context = ServerContext

    let methods: AllowedMethods

    func handle(
        _ request: Request,
        context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as QueueError {
            return ProblemDocument(error).response()
        } catch let refused as RequestRefused {
            return ProblemDocument(status: refused.status, code: refused.code, detail: refused.detail).response()
        } catch let error as HTTPError {
            if error.status == .notFound, let allowed = self.methods.ofPath(request.uri.path) {
                return Self.refusal(of: request, allowed)
            }
            return ProblemDocument(status: error.status, code: "http", detail: Self.sentence(error, request)).response()
        }
    }

    /// The path is known, the method is not.
    private static func refusal(of request: Request, _ allowed: [String]) -> Response {
        let names = allowed.joined(separator: ", ")
        var response = ProblemDocument(
            status: .methodNotAllowed,
            code: "http",
            detail: "\(request.uri.path) takes \(names), not \(request.method.rawValue)"
        ).response()
        response.headers[.allow] = names
        return response
    }

    private static func sentence(_ error: HTTPError, _ request: Request) -> String {
        switch error.status {
        case .notFound: "there is no \(request.method.rawValue) \(request.uri.path) here"
        case .contentTooLarge: "the body is larger than one request may be; send the jobs as application/x-ndjson"
        default: error.body ?? error.status.reasonPhrase
        }
    }
}
