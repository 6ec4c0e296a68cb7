import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix

/// Runs the tasks of a connection on the thread of its event loop.
///
/// Without it each request crosses to the pool of Swift's tasks and back, and each crossing wakes a thread. What takes
/// long in a task must leave it (`onPool`), because other connections wait behind it.
final class EventLoopTaskExecutor: TaskExecutor {
    private let loop: any EventLoop

    private init(_ loop: any EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        self.loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// They live as long as the loops of the singleton group, which is for ever.
    private static let ofLoops: [ObjectIdentifier: EventLoopTaskExecutor] = Dictionary(
        uniqueKeysWithValues: MultiThreadedEventLoopGroup.singleton.makeIterator().map { loop in
            (ObjectIdentifier(loop), EventLoopTaskExecutor(loop))
        }
    )

    /// Nil for a loop of another group: then Swift's own pool does.
    static func of(_ loop: any EventLoop) -> EventLoopTaskExecutor? { self.ofLoops[ObjectIdentifier(loop)] }
}

/// Runs work that may take long on the pool of Swift's tasks.
func onPool<Value: Sendable>(_ work: @Sendable () async throws -> Value) async rethrows -> Value {
    try await withTaskExecutorPreference(globalConcurrentExecutor) { try await work() }
}

/// Takes routes that read the store's files, or look through many jobs, off the event loop.
///
/// What the body of an answer does when it is written comes after this, and has to see to that itself.
struct PoolMiddleware: RouterMiddleware {
    typealias Context = ServerContext

    func handle(
        _ request: Request,
        context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard Self.readsFiles(request) else { return try await next(request, context) }
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { try await next(request, context) }
    }

    /// What stays is answered from memory, or waits for the log on threads of its own.
    private static func readsFiles(_ request: Request) -> Bool {
        switch request.uri.path {
        case "/v1/jobs": request.method != .post
        case "/v1/status", "/metrics", "/healthz", "/readyz": false
        default: true
        }
    }
}
