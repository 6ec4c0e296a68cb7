package import BeaverQueue
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization

/// A queue in another process, through its control socket.
///
/// Connections are kept open and used again. An error of the queue arrives as the same `QueueError` that the queue threw
/// over there.
package final class QueueClient: QueueControl {
    private let dataDirectory: String
    private let idle = Mutex<[ClientConnection]>([])

    /// Connects with the first request.
    package init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
    }

    deinit {
        for connection in self.idle.withLock({ $0 }) { connection.close() }
    }

    package func status() async throws(QueueError) -> QueueStatus { try await self.get("/v1/status") }

    package func enqueue(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        try await self.send(jobs, "/v1/jobs")
    }

    package func compare(_ jobs: [NewJob]) async throws(QueueError) -> EnqueueResult {
        try await self.send(jobs, "/v1/jobs?dry_run=true")
    }

    private func send(_ jobs: [NewJob], _ path: String) async throws(QueueError) -> EnqueueResult {
        let body = ClientBody(JobFrames.encode(jobs), type: JobFrames.contentType)
        return try Self.decode(try await self.send(.POST, path, body: body))
    }

    package func jobs(
        matching filter: JobFilter,
        after cursor: JobCursor?,
        limit: Int
    ) async throws(QueueError) -> JobPage {
        var parameters = JobQuery.parameters(of: filter)
        if let cursor { parameters.append(("cursor", cursor.text)) }
        parameters.append(("limit", String(limit)))
        let body: JobPageBody = try await self.get("/v1/jobs" + Self.query(parameters))
        return body.page
    }

    package func job(_ id: String) async throws(QueueError) -> JobDetails { try await self.job(id, reveals: true) }

    package func job(_ id: String, reveals: Bool) async throws(QueueError) -> JobDetails {
        try await self.get(Self.path(id) + (reveals ? "?reveal=true" : ""))
    }

    package func output(of id: String, run: Int?, from offset: Int64) async throws(QueueError) -> JobOutput {
        var parameters = [(name: "offset", value: String(offset))]
        if let run { parameters.append(("run", String(run))) }
        let response = try await self.send(.GET, Self.path(id) + "/output" + Self.query(parameters))
        guard let next = response.headers.first(name: "X-Beaver-Next-Offset").flatMap(Int64.init) else {
            throw Self.unreadable
        }
        return JobOutput(
            bytes: Array(response.body.readableBytesView),
            nextOffset: next,
            isComplete: response.headers.first(name: "X-Beaver-Complete") == "true"
        )
    }

    package func retry(_ id: String) async throws(QueueError) {
        _ = try await self.send(.POST, Self.path(id) + "/retry")
    }

    package func cancel(_ id: String) async throws(QueueError) -> JobState {
        let body: JobStateBody = try Self.decode(try await self.send(.DELETE, Self.path(id)))
        return body.state
    }

    package func purge(_ id: String) async throws(QueueError) {
        _ = try await self.send(.DELETE, Self.path(id) + "?purge=true")
    }

    package func retry(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.bulk("retry", filter)
    }

    package func cancel(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.bulk("cancel", filter)
    }

    package func purge(matching filter: JobFilter) async throws(QueueError) -> BulkResult {
        try await self.bulk("purge", filter)
    }

    package func count(matching filter: JobFilter) async throws(QueueError) -> Int {
        let path = "/v1/jobs/retry" + Self.query(JobQuery.parameters(of: filter))
        let body: JobCountBody = try Self.decode(try await self.send(.POST, path))
        return body.matched
    }

    package func pause() async throws(QueueError) { _ = try await self.send(.POST, "/v1/workers/pause") }

    package func resume() async throws(QueueError) { _ = try await self.send(.POST, "/v1/workers/resume") }

    package func setWorkers(_ count: Int) async throws(QueueError) {
        let bytes = (try? JSONCoding.encode(WorkerCount(count: count))) ?? []
        let body = ClientBody(ByteBuffer(bytes: bytes), type: "application/json")
        _ = try await self.send(.PUT, "/v1/workers", body: body)
    }

    package func snapshot() async throws(QueueError) -> UInt64 {
        let taken: SnapshotTaken = try Self.decode(try await self.send(.POST, "/v1/snapshot"))
        return taken.lastSequence
    }

    /// Has the server read its configuration again; returns what holds only from its next start.
    package func reload() async throws(QueueError) -> [String] {
        let read: ConfigurationRead = try Self.decode(try await self.send(.POST, "/v1/reload"))
        return read.waitsForStart
    }

    package func stop(now: Bool) async throws(QueueError) {
        _ = try await self.send(.POST, now ? "/v1/stop?now=true" : "/v1/stop")
    }

    package func view(_ request: ViewRequest) async throws(QueueError) -> QueueView {
        try await self.get("/v1/views" + Self.query(ViewQuery.parameters(of: request)))
    }

    package func groups(matching filter: JobFilter) async throws(QueueError) -> [FailureGroup] {
        let body: GroupsBody = try await self.get("/v1/groups" + Self.query(JobQuery.parameters(of: filter)))
        return body.groups
    }

    package func select(matching filter: JobFilter) async throws(QueueError) -> JobSelection {
        let path = "/v1/selections" + Self.query(JobQuery.parameters(of: filter))
        let body: SelectionBody = try Self.decode(try await self.send(.POST, path))
        return body.value
    }

    package func act(_ action: BulkAction, on selection: JobSelection) async throws(QueueError) -> BulkResult {
        let path = "/v1/jobs/\(action.rawValue)" + Self.query([("selection", selection.token)])
        return try Self.decode(try await self.send(.POST, path))
    }

    package func known(_ ids: [String]) async throws(QueueError) -> [KnownJob?] {
        let bytes = (try? JSONCoding.encode(LookupQuestion(ids: ids))) ?? []
        let body = ClientBody(ByteBuffer(bytes: bytes), type: "application/json")
        let answer: LookupAnswer = try Self.decode(try await self.send(.POST, "/v1/lookup", body: body))
        guard answer.jobs.count == ids.count else { throw Self.unreadable }
        return answer.jobs
    }

    package func records(of id: String) async throws(QueueError) -> [Inspection.Line] {
        let body: RecordsBody = try await self.get(Self.path(id) + "/records")
        return body.records
    }

    private func bulk(_ action: String, _ filter: JobFilter) async throws(QueueError) -> BulkResult {
        let parameters = JobQuery.parameters(of: filter) + [("confirm", "all")]
        return try Self.decode(try await self.send(.POST, "/v1/jobs/\(action)" + Self.query(parameters)))
    }

    private func get<Value: Decodable>(_ path: String) async throws(QueueError) -> Value {
        try Self.decode(try await self.send(.GET, path))
    }
}

/// A request's body and what it is.
private struct ClientBody: Sendable {
    let bytes: ByteBuffer
    let type: String

    init(_ bytes: ByteBuffer, type: String) {
        self.bytes = bytes
        self.type = type
    }
}

extension QueueClient {
    /// One request and its answer; throws the queue's own error if the answer is one.
    private func send(
        _ method: HTTPMethod,
        _ path: String,
        body: ClientBody? = nil
    ) async throws(QueueError) -> ClientResponse {
        var headers: HTTPHeaders = ["host": "localhost", "content-length": String(body?.bytes.readableBytes ?? 0)]
        if let body { headers.add(name: "content-type", value: body.type) }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
        let response = try await self.exchange(head, body?.bytes)
        guard response.status.code >= 400 else { return response }
        guard let problem = try? JSONCoding.decode(ProblemDocument.self, from: Array(response.body.readableBytesView))
        else { throw Self.unreadable }
        throw problem.error
    }

    private func exchange(_ head: HTTPRequestHead, _ body: ByteBuffer?) async throws(QueueError) -> ClientResponse {
        for _ in 1...Self.maxTries {
            let connection = try await self.connection()
            do {
                let response = try await connection.send(head, body: body)
                self.idle.withLock { $0.append(connection) }
                return response
            } catch is ClientConnection.NotSent {
                // Again over another one; when the server is gone, opening it says so.
                connection.close()
            } catch {
                connection.close()
                // What only reads is asked again: a kept connection may meet its server's end at this moment.
                guard head.method == .GET else { throw self.lostConnection }
            }
        }
        throw self.noRoom
    }

    private var noRoom: QueueError {
        QueueError(
            .unavailable,
            "the server at \(self.dataDirectory) closes every connection at once; it has as many as it takes. Try again",
            path: self.dataDirectory
        )
    }

    private static var maxTries: Int { 3 }

    private func connection() async throws(QueueError) -> ClientConnection {
        while let connection = self.idle.withLock({ $0.popLast() }) {
            if connection.isUsable { return connection }
            connection.close()
        }
        for _ in 1...Self.maxTries {
            if let connection = try await self.open() { return connection }
        }
        throw self.noRoom
    }

    /// Nil where none came to stand although a server listens: it closed it at once, or has come since.
    private func open() async throws(QueueError) -> ClientConnection? {
        let socket = try ControlSocket.connectable(in: self.dataDirectory)
        // It holds the directory open until the connection stands.
        defer { withExtendedLifetime(socket) {} }
        do {
            while true {
                do {
                    return try await ClientConnection.open(socket.path)
                } catch let error as IOError where error.errnoCode == EAGAIN {
                    // It is there: so many wait to be let in that no more can.
                    try await Task.sleep(for: .milliseconds(50))
                }
            }
        } catch let error as IOError where [EACCES, EPERM].contains(error.errnoCode) {
            let reason = String(cString: strerror(error.errnoCode))
            throw QueueError(
                .unavailable,
                "\(ControlSocket.path(in: self.dataDirectory)) cannot be opened: \(reason); is the queue another user's?",
                path: self.dataDirectory
            )
        } catch {
            if ControlSocket.isServed(in: self.dataDirectory) { return nil }
            throw QueueError(
                .unavailable,
                "no server answers at \(self.dataDirectory); start one with `beaver-tui run`",
                path: self.dataDirectory
            )
        }
    }

    /// The server went away in the middle of a change, which may have been made.
    private var lostConnection: QueueError {
        QueueError(
            .outcomeUnknown,
            "the server at \(self.dataDirectory) went away before it answered: the outcome of this request is unknown. "
                + "Repeat it with the same ids once the server is back",
            path: self.dataDirectory
        )
    }

    private static var unreadable: QueueError {
        QueueError(.unavailable, "the server's answer cannot be read; is it another version of beaver-tui?")
    }

    private static func decode<Value: Decodable>(_ response: ClientResponse) throws(QueueError) -> Value {
        do {
            return try JSONCoding.decode(Value.self, from: Array(response.body.readableBytesView))
        } catch {
            throw Self.unreadable
        }
    }

    /// A job that is called like a bulk action is told from it by its first letter, encoded.
    private static func path(_ id: String) throws(QueueError) -> String {
        // Without an id the path would be another one.
        guard !id.isEmpty else { throw QueueError(.notFound, "no job has an empty id") }
        guard BulkAction(rawValue: id) != nil, let first = id.utf8.first else {
            return "/v1/jobs/" + PercentEncoding.encode(id)
        }
        return "/v1/jobs/%" + String(first, radix: 16, uppercase: true) + id.dropFirst()
    }

    private static func query(_ parameters: [(name: String, value: String)]) -> String {
        if parameters.isEmpty { return "" }
        return "?" + parameters.map { "\($0.name)=\(PercentEncoding.encode($0.value))" }.joined(separator: "&")
    }
}
