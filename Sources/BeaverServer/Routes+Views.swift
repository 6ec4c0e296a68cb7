import BeaverQueue
import HTTPTypes
import Hummingbird
import NIOCore

/// Answer to `POST /v1/selections`.
struct SelectionBody: Codable, Equatable {
    var selection: String
    var count: Int
    /// The log position at which the jobs matched.
    var sequence: UInt64

    init(_ selection: JobSelection) {
        self.selection = selection.token
        self.count = selection.count
        self.sequence = selection.sequence
    }

    var value: JobSelection { JobSelection(token: self.selection, count: self.count, sequence: self.sequence) }

    private enum CodingKeys: String, CodingKey {
        case selection, count
        case sequence = "seq"
    }
}

/// Answers that are lists, in an object so that fields can be added.
struct GroupsBody: Codable, Equatable {
    var groups: [FailureGroup]
}

struct RecordsBody: Codable, Equatable {
    var records: [Inspection.Line]
}

/// Body of `POST /v1/lookup`.
struct LookupQuestion: Codable, Equatable {
    /// An id has at most 255 bytes, of which each may be written as six.
    static let maxBytes = Self.maxIDs * (6 * 255 + 4) + 64
    static let maxIDs = 1_000

    var ids: [String]
}

/// Its answer: one entry an id, in the same order, null for one that is not known.
struct LookupAnswer: Codable, Equatable {
    var jobs: [KnownJob?]
}

extension Routes {
    func addViews(to router: Router<ServerContext>) {
        router.get("/v1/views") { request, _ in try await self.view(request) }
        router.get("/v1/groups") { request, _ in
            let filter = try JobQuery.filter(QueryParameters(request))
            return try JSONCoding.response(GroupsBody(groups: await self.queue.groups(matching: filter)))
        }
        router.post("/v1/lookup") { request, _ in
            try QueryParameters(request).refuseUnknown(besides: [])
            return try JSONCoding.response(LookupAnswer(jobs: await self.queue.known(Self.ids(in: request))))
        }
        router.post("/v1/selections") { request, _ in
            let filter = try JobQuery.filter(await QueryParameters.inBody(of: request))
            let selection = try await self.queue.select(matching: filter)
            return try JSONCoding.response(SelectionBody(selection), status: .created)
        }
    }

    private static func ids(in request: Request) async throws -> [String] {
        let bytes = try await RequestBytes.collect(request, upTo: LookupQuestion.maxBytes)
        guard let question = try? JSONCoding.decode(LookupQuestion.self, from: bytes),
            question.ids.count <= LookupQuestion.maxIDs
        else {
            let most = LookupQuestion.maxIDs
            throw QueueError.invalidInput(#"the body must be {"ids": ["…"]} with at most \#(most) ids"#)
        }
        return question.ids
    }

    /// One view, or with `Accept: text/event-stream` one each time something in it has changed, until the client goes.
    private func view(_ request: Request) async throws -> Response {
        let parameters = try QueryParameters(request)
        let wanted = try ViewQuery.request(parameters)
        let interval =
            try parameters.integer("interval_ms", in: Self.shortestInterval...60_000) ?? Self.shortestInterval
        let first = try await self.currentView(wanted)
        guard (request.headers[.accept] ?? "").lowercased().contains("text/event-stream") else {
            return try JSONCoding.response(first)
        }
        let body = ResponseBody { writer in
            try await self.stream(wanted, first, interval, &writer)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: body
        )
    }

    /// Until the client goes, which a failed write tells, or the queue has no more to say.
    private func stream(
        _ wanted: ViewRequest,
        _ first: QueueView,
        _ interval: Int,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        var request = wanted
        var last: QueueView?
        var view = first
        var quiet = 0
        while true {
            if view.isNews(after: last) {
                try await writer.write(Self.event("view", try JSONCoding.encode(view)))
                if let newest = view.events.last { request.eventsAfter = newest.number }
                last = view
                quiet = 0
            } else {
                quiet += interval
                // Something must be written now and then, or a client that left would never be noticed.
                if quiet >= Self.keepAliveMilliseconds {
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    quiet = 0
                }
            }
            try await Task.sleep(for: .milliseconds(interval))
            do {
                let next = request
                view = try await onPool { try await self.currentView(next) }
            } catch let error as QueueError {
                return try await writer.write(Self.event("problem", try JSONCoding.encode(ProblemDocument(error))))
            }
        }
    }

    private static let shortestInterval = 100
    private static let keepAliveMilliseconds = 10_000

    private func currentView(_ request: ViewRequest) async throws -> QueueView {
        var view = try await self.queue.view(request)
        view.status.http = self.tcpAddress()
        return view
    }

    private static func event(_ name: String, _ json: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\ndata: ")
        buffer.writeBytes(json)
        buffer.writeString("\n\n")
        return buffer
    }
}

extension QueueView {
    /// Anything but the passing of time.
    fileprivate func isNews(after last: QueueView?) -> Bool {
        guard var last else { return true }
        if !self.events.isEmpty { return true }
        last.events = []
        last.status.uptimeSeconds = self.status.uptimeSeconds
        last.status.snapshot.ageSeconds = self.status.snapshot.ageSeconds
        last.status.dedup.reachesBackSeconds = self.status.dedup.reachesBackSeconds
        last.status.jobs.oldestPendingSeconds = self.status.jobs.oldestPendingSeconds
        last.freeDiskBytes = self.freeDiskBytes
        return last != self
    }
}
