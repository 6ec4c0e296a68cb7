import BeaverQueue
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// `POST /v1/jobs`: a JSON array in one commit, or one object a line in as many commits as it takes.
struct EnqueueRoute: Sendable {
    let queue: any QueueControl
    let limits: RequestLimits
    let bodies: BodyBudget

    /// Nothing is taken: the answer says what would be.
    private let isDryRun: Bool

    init(_ request: Request, queue: any QueueControl, limits: RequestLimits, bodies: BodyBudget) throws {
        let parameters = try QueryParameters(request)
        // A misspelt one must not take what was only to be compared.
        try parameters.refuseUnknown(besides: ["dry_run"])
        self.isDryRun = try parameters.flag("dry_run")
        self.queue = queue
        self.limits = limits
        self.bodies = bodies
    }

    func respond(to request: Request, door: Door) async throws -> Response {
        switch Self.mediaType(of: request) {
        case "application/json": return try await self.enqueueArray(request)
        case "application/x-ndjson", "application/jsonl", "application/x-jsonlines":
            return try await self.enqueueLines(request)
        case JobFrames.contentType where door == .controlSocket:
            return try await self.enqueueFrames(request)
        default:
            throw HTTPError(
                .unsupportedMediaType,
                message: "Content-Type must be application/json (an array) or application/x-ndjson (one job a line)"
            )
        }
    }

    /// A body that is read in less than a millisecond needs no other thread.
    private static let quickBytes = 64 << 10
    /// A job without a payload is work too: as much as so many bytes.
    private static let bytesAround = 100

    private static func reading<Value: Sendable>(
        _ bytes: [UInt8],
        _ work: @Sendable () throws -> Value
    ) async rethrows -> Value {
        if bytes.count <= Self.quickBytes { return try work() }
        return try await onPool(work)
    }

    private var options: JobsFileOptions {
        var options = JobsFileOptions()
        options.maxPayloadBytes = self.limits.payloadBytes
        return options
    }

    private func enqueueFrames(_ request: Request) async throws -> Response {
        let lease = self.bodies.lease()
        defer { withExtendedLifetime(lease) {} }
        let bytes = try await RequestBytes.collect(request, upTo: self.limits.frameBodyBytes, lease)
        let jobs = try await Self.reading(bytes) { try JobFrames.decode(ByteBuffer(bytes: bytes)) }
        return try await self.answer(jobs)
    }

    /// All or nothing: the whole body is checked before the queue sees any of it.
    private func enqueueArray(_ request: Request) async throws -> Response {
        let lease = self.bodies.lease()
        defer { withExtendedLifetime(lease) {} }
        let bytes = try await RequestBytes.collect(request, upTo: self.limits.bodyBytes, lease)
        let options = self.options
        let check = await Self.reading(bytes) { JobsFileReader.check(bytes, options: options) }
        guard check.faultCount == 0 else { throw Self.refusal(check.faults, count: check.faultCount) }
        return try await self.answer(check.jobs)
    }

    /// Who sends many jobs gave them their ids, or does not ask for them.
    private func answer(_ jobs: [NewJob]) async throws -> Response {
        var result = try await self.submit(jobs)
        if result.ids.count > 1_000 { result.ids = [] }
        return JSONCoding.response(bytes: try Self.json(result))
    }

    /// What `JSONCoding.encode` makes of it: the answer that is given most often by far, for which the encoder took a
    /// tenth of the server's time.
    static func json(_ result: EnqueueResult) throws -> [UInt8] {
        // Of a comparison, which nobody makes thousands of times a second.
        guard result.unhandled == nil else { return try JSONCoding.encode(result) }
        var text = Array(#"{"differing_ids":"#.utf8)
        Self.append(result.differingIDs, to: &text)
        text += #","differs":\#(result.differs),"duplicates":\#(result.duplicates),"enqueued":\#(result.enqueued)"#.utf8
        text += #","ids":"#.utf8
        Self.append(result.ids, to: &text)
        text.append(UInt8(ascii: "}"))
        return text
    }

    private static func append(_ ids: [String], to text: inout [UInt8]) {
        text.append(UInt8(ascii: "["))
        for (place, id) in ids.enumerated() {
            if place > 0 { text.append(UInt8(ascii: ",")) }
            JSONText.appendString(id, to: &text)
        }
        text.append(UInt8(ascii: "]"))
    }

    /// Answers each batch with a line once it is on disk, and reads on only then: memory holds one batch.
    ///
    /// The first bad line ends the request with a problem as its last line; what was answered before stays taken. If
    /// nothing was, the whole answer is that problem, with its status.
    private func enqueueLines(_ request: Request) async throws -> Response {
        let batches = JobBatches(options: self.options, limits: self.limits)
        let reader = BatchReader(request.body, batches, self.bodies.lease())
        var first: EnqueueResult?
        if let jobs = try await reader.next() { first = try await self.take(jobs) }
        let body = ResponseBody { [first] writer in
            do {
                if let first {
                    try await writer.write(Self.line(Self.json(first)))
                    while let jobs = try await reader.next() {
                        try await writer.write(Self.line(Self.json(self.take(jobs))))
                    }
                }
            } catch let error as QueueError {
                try await writer.write(Self.line(JSONCoding.encode(ProblemDocument(error))))
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "application/x-ndjson", .cacheControl: "no-store"],
            body: body
        )
    }

    /// The queue checks and hashes each job before it waits for anything.
    private func submit(_ jobs: [NewJob]) async throws -> EnqueueResult {
        let isQuick = jobs.reduce(0) { $0 + $1.payload.count + Self.bytesAround } <= Self.quickBytes
        return try await isQuick ? self.hand(jobs) : onPool { try await self.hand(jobs) }
    }

    private func hand(_ jobs: [NewJob]) async throws -> EnqueueResult {
        try await self.isDryRun ? self.queue.compare(jobs) : self.queue.enqueue(jobs)
    }

    private func take(_ jobs: [NewJob]) async throws -> EnqueueResult {
        var result = try await self.submit(jobs)
        // Many clients read no answer before they have sent everything, so that answers must stay small.
        result.ids = []
        return result
    }

    private static func line(_ text: [UInt8]) -> ByteBuffer {
        var buffer = ByteBuffer(bytes: text)
        buffer.writeInteger(UInt8(ascii: "\n"))
        return buffer
    }

    /// One sentence and the places, as `enqueue --file` prints them.
    static func refusal(_ faults: [JobsFault], count: Int) -> QueueError {
        let places = faults.map { "\n  \($0)" }.joined()
        let more = count > faults.count ? "\n  and \(count - faults.count) more" : ""
        let faultsText = count == 1 ? "1 fault" : "\(count) faults"
        return .invalidInput("\(faultsText), so nothing of it was taken:\(places)\(more)")
    }

    private static func mediaType(of request: Request) -> String {
        let field = request.headers[.contentType] ?? ""
        return field.prefix { $0 != ";" && $0 != " " }.lowercased()
    }
}

/// Reads a body as far as one commit takes, and goes on there when it is asked again.
// A body has one iterator, which is no Sendable; it is used by the route first and then by its answer, in one task, one
// after the other.
private final class BatchReader: @unchecked Sendable {
    private var iterator: RequestBody.AsyncIterator
    private var batches: JobBatches
    private let lease: BodyBudget.Lease

    init(_ body: RequestBody, _ batches: JobBatches, _ lease: BodyBudget.Lease) {
        self.iterator = body.makeAsyncIterator()
        self.batches = batches
        self.lease = lease
    }

    /// Nil at the end.
    func next() async throws -> [NewJob]? {
        while true {
            if let jobs = try self.batches.next() { return jobs }
            guard !self.batches.isFinished else { return nil }
            if let buffer = try await RequestBytes.next(&self.iterator) {
                try self.lease.reach(self.batches.bytesFed + buffer.readableBytes)
                self.batches.feed(buffer)
            } else {
                self.batches.finish()
            }
        }
    }
}

/// Cuts a stream of jobs into commits of bounded size.
struct JobBatches {
    private var stream: JobsStream
    private let limits: RequestLimits
    /// Since the last commit.
    private(set) var bytesFed = 0
    private var jobsTaken = 0
    private(set) var isFinished = false

    init(options: JobsFileOptions, limits: RequestLimits) {
        var options = options
        // A stream is never checked as a whole; the queue finds them.
        options.comparedIDs = 0
        self.stream = JobsStream(options: options)
        self.limits = limits
    }

    mutating func feed(_ buffer: ByteBuffer) {
        self.stream.feed(Array(buffer.readableBytesView))
        self.bytesFed += buffer.readableBytes
    }

    mutating func finish() {
        self.stream.finish()
        self.isFinished = true
    }

    /// The jobs to commit next; nil while it is better to read on.
    ///
    /// Throws the input's first fault once the jobs before it were handed out.
    mutating func next() throws -> [NewJob]? {
        if let fault = self.stream.faults.first {
            let before = fault.entry > 0 ? fault.entry - 1 - self.jobsTaken : self.stream.jobs.count
            let jobs = Array(self.stream.takeJobs().prefix(max(0, before)))
            self.jobsTaken += jobs.count
            if !jobs.isEmpty { return jobs }
            throw QueueError.invalidInput("\(fault). The jobs before it were taken, none after it")
        }
        let isEnough = self.stream.jobs.count >= self.limits.batchJobs || self.bytesFed >= self.limits.batchBytes
        guard !self.stream.jobs.isEmpty, isEnough || self.isFinished else { return nil }
        self.bytesFed = 0
        self.jobsTaken += self.stream.jobs.count
        return self.stream.takeJobs()
    }
}
