import BeaverQueue
import HTTPTypes
import Hummingbird
import NIOCore

/// One page of `GET /v1/jobs`.
struct JobPageBody: Codable, Equatable {
    var jobs: [JobSummary]
    /// Passed back as `cursor` it continues the list; absent at the end.
    var next: String?

    init(_ page: JobPage) {
        self.jobs = page.jobs
        self.next = page.next.map(\.text)
    }

    var page: JobPage {
        JobPage(jobs: self.jobs, next: self.next.flatMap(JobCursor.init(text:)))
    }
}

/// Answer to a cancel: the state the job has now.
struct JobStateBody: Codable, Equatable {
    var state: JobState
}

/// Answer to a bulk request without `confirm`: what it would have done.
struct JobCountBody: Codable, Equatable {
    var matched: Int
}

extension HTTPField.Name {
    /// Where the next read of an output goes on.
    static let nextOffset = Self.named("X-Beaver-Next-Offset")
    /// `true` once the run has ended and everything was read.
    static let outputComplete = Self.named("X-Beaver-Complete")

    private static func named(_ name: String) -> Self {
        guard let field = Self(name) else { preconditionFailure("\(name) is no valid header name") }
        return field
    }
}

extension Routes {
    func addJobs(to router: Router<ServerContext>) {
        router.post("/v1/jobs") { request, context in
            try await EnqueueRoute(request, queue: self.queue, limits: self.limits, bodies: self.bodies)
                .respond(to: request, door: context.door)
        }
        router.get("/v1/jobs") { request, _ in try await self.list(request) }
        router.get("/v1/jobs/{id}") { request, context in try await self.details(request, Self.id(in: context)) }
        router.delete("/v1/jobs/{id}") { request, context in try await self.delete(request, Self.id(in: context)) }
        router.get("/v1/jobs/{id}/output") { request, context in
            try await self.output(request, Self.id(in: context))
        }
        router.post("/v1/jobs/{id}/retry") { request, context in
            try QueryParameters(request).refuseUnknown(besides: [])
            try await self.queue.retry(Self.id(in: context))
            return Response(status: .noContent)
        }
        router.get("/v1/jobs/{id}/records") { request, context in
            try QueryParameters(request).refuseUnknown(besides: [])
            return try JSONCoding.response(RecordsBody(records: await self.queue.records(of: Self.id(in: context))))
        }
        for action in BulkAction.allCases {
            router.post("/v1/jobs/\(action.rawValue)") { request, _ in try await self.bulk(request, action) }
        }
    }

    private static func id(in context: ServerContext) throws -> String {
        try PercentEncoding.decode(context.parameters.require("id")[...])
    }

    private func list(_ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request)
        let filter = try JobQuery.filter(parameters, besides: ["cursor", "limit"])
        let cursor = try parameters.cursor()
        let limit = try parameters.integer("limit", in: 1...self.limits.pageJobs) ?? min(100, self.limits.pageJobs)
        let page = try await self.queue.jobs(matching: filter, after: cursor, limit: limit)
        return try JSONCoding.response(JobPageBody(page))
    }

    private func details(_ request: Request, _ id: String) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.refuseUnknown(besides: ["reveal"])
        return try JSONCoding.response(await self.queue.job(id, reveals: parameters.flag("reveal")))
    }

    private func delete(_ request: Request, _ id: String) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.refuseUnknown(besides: ["purge"])
        guard try parameters.flag("purge") else {
            return try JSONCoding.response(JobStateBody(state: await self.queue.cancel(id)))
        }
        try await self.queue.purge(id)
        return Response(status: .noContent)
    }

    private func output(_ request: Request, _ id: String) async throws -> Response {
        let parameters = try QueryParameters(request)
        try parameters.refuseUnknown(besides: ["run", "offset", "follow"])
        let run = try parameters.integer("run", in: 1...Int.max)
        let offset = try parameters.integer("offset", in: 0...Int64.max) ?? 0
        let follows = try parameters.flag("follow")
        var output = try await self.queue.output(of: id, run: run, from: offset)
        if follows { return self.following(output, id, run) }
        if output.bytes.count > self.limits.outputBytes {
            output.nextOffset -= Int64(output.bytes.count - self.limits.outputBytes)
            output.bytes.removeSubrange(self.limits.outputBytes...)
            output.isComplete = false
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream",
                .cacheControl: "no-store",
                .nextOffset: String(output.nextOffset),
                .outputComplete: String(output.isComplete),
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: output.bytes))
        )
    }

    /// Goes on with what the run writes until it has ended; the client may leave at any time.
    private func following(_ first: JobOutput, _ id: String, _ run: Int?) -> Response {
        let body = ResponseBody { writer in
            var output = first
            while true {
                if !output.bytes.isEmpty { try await writer.write(ByteBuffer(bytes: output.bytes)) }
                if output.isComplete { break }
                if output.bytes.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
                let offset = output.nextOffset
                output = try await onPool { try await self.queue.output(of: id, run: run, from: offset) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/octet-stream", .cacheControl: "no-store"],
            body: body
        )
    }

    /// With `selection` acts on exactly those jobs.
    ///
    /// With a filter counts, or acts if the client repeats the count it was told: `confirm=COUNT`, or `confirm=all` for
    /// whatever matches now.
    private func bulk(_ request: Request, _ action: BulkAction) async throws -> Response {
        let parameters = try await QueryParameters.inBody(of: request)
        if let token = parameters.value("selection") {
            try parameters.refuseUnknown(besides: ["selection"])
            let selection = JobSelection(token: token, count: 0, sequence: 0)
            return try JSONCoding.response(await self.queue.act(action, on: selection))
        }
        let filter = try JobQuery.filter(parameters, besides: ["confirm"])
        guard let confirmed = parameters.value("confirm") else {
            return try JSONCoding.response(JobCountBody(matched: await self.queue.count(matching: filter)))
        }
        if confirmed != "all" {
            let matched = try await self.queue.count(matching: filter)
            guard Int(confirmed) == matched else {
                throw QueueError(
                    .conflict,
                    "\(matched) jobs match now, not \(confirmed); nothing was changed. Count again and confirm that"
                )
            }
        }
        switch action {
        case .retry: return try JSONCoding.response(await self.queue.retry(matching: filter))
        case .cancel: return try JSONCoding.response(await self.queue.cancel(matching: filter))
        case .purge: return try JSONCoding.response(await self.queue.purge(matching: filter))
        }
    }
}
