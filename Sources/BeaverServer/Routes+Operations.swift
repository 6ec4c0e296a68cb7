import BeaverQueue
import HTTPTypes
import Hummingbird
import NIOCore

/// What the routes need to answer.
///
/// One value for all, so that a route is a function of it and the request.
struct Routes: Sendable {
    let queue: any QueueControl
    let limits: RequestLimits
    let bodies: BodyBudget
    let metrics: @Sendable () -> QueueMetricsSnapshot
    /// `host:port` of the TCP listener, once it is known.
    let tcpAddress: @Sendable () -> String?
    let reload: Server.ReadAgain

    func responder(gate: Gate) -> RouterResponder<ServerContext> {
        // Twice: the middleware has to know all routes, and a router hands its middleware to routes that come after it.
        let methods = AllowedMethods(self.router([]).routes)
        return self.router([
            ProblemMiddleware(methods: methods), gate, BodyMiddleware(methods: methods), PoolMiddleware(),
        ]).buildResponder()
    }

    private func router(
        _ middlewares: [any MiddlewareProtocol<Request, Response, ServerContext>]
    ) -> Router<ServerContext> {
        let router = Router(context: ServerContext.self, options: .autoGenerateHeadEndpoints)
        for middleware in middlewares { router.add(middleware: middleware) }
        self.addOperations(to: router)
        self.addJobs(to: router)
        self.addViews(to: router)
        return router
    }
}

/// Answer to `POST /v1/snapshot`.
struct SnapshotTaken: Codable, Equatable {
    /// The last sequence number the snapshot covers.
    var lastSequence: UInt64

    private enum CodingKeys: String, CodingKey {
        case lastSequence = "last_seq"
    }
}

/// Answer to `POST /v1/reload`.
struct ConfigurationRead: Codable, Equatable {
    /// Changes that a running server cannot make, each in a sentence.
    var waitsForStart: [String]

    private enum CodingKeys: String, CodingKey {
        case waitsForStart = "waits_for_start"
    }
}

/// Body of `PUT /v1/workers`.
struct WorkerCount: Codable, Equatable {
    var count: Int
}

extension Routes {
    private func addOperations(to router: Router<ServerContext>) {
        router.get("/v1/status") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            return try JSONCoding.response(await self.status())
        }
        router.post("/v1/workers/pause") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            try await self.queue.pause()
            return Response(status: .noContent)
        }
        router.post("/v1/workers/resume") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            try await self.queue.resume()
            return Response(status: .noContent)
        }
        router.put("/v1/workers") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            try await self.queue.setWorkers(Self.workerCount(in: request))
            return Response(status: .noContent)
        }
        router.post("/v1/snapshot") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            return try JSONCoding.response(SnapshotTaken(lastSequence: await self.queue.snapshot()))
        }
        router.post("/v1/reload") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            return try JSONCoding.response(ConfigurationRead(waitsForStart: await self.reload()))
        }
        router.post("/v1/stop") { request, _ in
            let parameters = try await QueryParameters.inBody(of: request)
            try parameters.refuseUnknown(besides: ["now"])
            try await self.queue.stop(now: parameters.flag("now"))
            return Response(status: .accepted)
        }
        router.get("/openapi.yaml") { _, _ in
            Self.plainText(OpenAPIDocument.text, contentType: "application/yaml")
        }
        router.get("/metrics") { _, _ in
            let text = PrometheusText.render(try await self.status(), self.metrics())
            return Self.plainText(text, contentType: "text/plain; version=0.0.4; charset=utf-8")
        }
        router.get("/healthz") { _, _ in
            let status = try await self.status()
            return Self.plainText("\(status.state.rawValue)\n", isWell: status.state != .failed)
        }
        router.get("/readyz") { _, _ in
            let state = try await self.status().state
            return Self.plainText("\(state.rawValue)\n", isWell: [.running, .paused, .degraded].contains(state))
        }
    }

    /// The queue's status with the one field that only the server knows.
    private func status() async throws(QueueError) -> QueueStatus {
        var status = try await self.queue.status()
        status.http = self.tcpAddress()
        return status
    }

    private static func workerCount(in request: Request) async throws -> Int {
        let bytes = try await RequestBytes.collect(request, upTo: 4_096)
        do {
            return try JSONCoding.decode(WorkerCount.self, from: bytes).count
        } catch {
            throw QueueError.invalidInput(#"the body must be {"count": N}"#)
        }
    }

    private static func plainText(
        _ text: String,
        contentType: String = "text/plain; charset=utf-8",
        isWell: Bool = true
    ) -> Response {
        Response(
            status: isWell ? .ok : .serviceUnavailable,
            headers: [.contentType: contentType, .cacheControl: "no-store"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text))
        )
    }
}

/// A request's body as bytes, bounded.
enum RequestBytes {
    /// - Parameter lease: what is collected is counted there.
    static func collect(_ request: Request, upTo limit: Int, _ lease: BodyBudget.Lease? = nil) async throws -> [UInt8] {
        // Said before a byte is read, so that the client learns it without sending the rest.
        if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
            throw HTTPError(.contentTooLarge)
        }
        var bytes: [UInt8] = []
        var iterator = request.body.makeAsyncIterator()
        while let buffer = try await self.next(&iterator) {
            guard bytes.count + buffer.readableBytes <= limit else { throw HTTPError(.contentTooLarge) }
            try lease?.reach(bytes.count + buffer.readableBytes)
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }

    /// A client that goes away in the middle is no fault of ours, and nothing for the log.
    static func next(_ iterator: inout RequestBody.AsyncIterator) async throws -> ByteBuffer? {
        do {
            return try await iterator.next()
        } catch {
            throw RequestRefused(status: .badRequest, code: "http", detail: "the body broke off")
        }
    }
}
