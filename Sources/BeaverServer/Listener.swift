import BeaverQueue
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

/// One listening socket, its connections, and their orderly end.
final class Listener: Sendable {
    private let limits: RequestLimits
    private let logger: Logger
    private let child: HTTP1Channel
    private let state = Mutex(State())

    private struct State {
        var listening: (any Channel)?
        var connections: [ObjectIdentifier: any Channel] = [:]
        var isStopping = false
    }

    init(
        door: Door,
        responder: RouterResponder<ServerContext>,
        limits: RequestLimits,
        logger: Logger
    ) {
        self.limits = limits
        self.logger = logger
        self.child = HTTP1Channel(
            responder: { request, writer, _ in
                let context = ServerContext(source: ServerContext.Source(logger: logger, door: door))
                let response = await Self.respond(to: request, context: context, responder: responder)
                try await writer.write(response: response.head, body: response.body)
            },
            configuration: HTTP1Channel.Configuration(
                additionalChannelHandlers: [ConnectionLimits(limits)],
                httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                    maxHeaderFieldSize: limits.headerBytes,
                    maxHeaderListSize: limits.headerBytes,
                    maxHeaderFieldCount: limits.headerCount
                )
            )
        )
    }

    /// Serves a socket that is bound and listening already.
    func serve(descriptor: CInt) async throws {
        let channel = try await self.bootstrap().withBoundSocket(descriptor).get()
        self.state.withLock { $0.listening = channel }
    }

    /// Binds and serves an address; returns the port, which the system chooses for port 0.
    func serve(host: String, port: Int) async throws -> Int {
        let channel = try await self.bootstrap().bind(host: host, port: port).get()
        self.state.withLock { $0.listening = channel }
        return channel.localAddress?.port ?? port
    }

    /// Takes no more connections, closes those at rest, lets the others answer what they were asked, and returns when
    /// all are closed.
    func stop() async {
        let (listening, connections) = self.state.withLock { state in
            state.isStopping = true
            return (state.listening, Array(state.connections.values))
        }
        try? await listening?.close().get()
        for connection in connections {
            connection.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
            // A request that is not answered by then is cut off: a server that stops must stop.
            connection.eventLoop.scheduleTask(in: .seconds(self.limits.stopSeconds)) { connection.close(promise: nil) }
        }
        for connection in connections { try? await connection.closeFuture.get() }
    }

    private func bootstrap() -> ServerBootstrap {
        ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 128)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptPause(self.logger))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                guard self.admit(channel) else { return channel.close() }
                return self.child.setup(channel: channel, logger: self.logger).map { value in
                    // A connection lives as long as its client wants, beyond any scope of ours; `stop` closes its
                    // channel, which ends the task.
                    Task(executorPreference: EventLoopTaskExecutor.of(channel.eventLoop)) {
                        await self.child.handle(value: value, logger: self.logger)
                    }
                }
            }
    }

    /// False when there are as many connections as there may be, or the listener is stopping.
    private func admit(_ channel: any Channel) -> Bool {
        let key = ObjectIdentifier(channel)
        let isAdmitted = self.state.withLock { state in
            guard !state.isStopping, state.connections.count < self.limits.connections else { return false }
            state.connections[key] = channel
            return true
        }
        guard isAdmitted else { return false }
        channel.closeFuture.whenComplete { _ in
            self.state.withLock { _ = $0.connections.removeValue(forKey: key) }
        }
        return true
    }

    private static func respond(
        to request: Request,
        context: ServerContext,
        responder: RouterResponder<ServerContext>
    ) async -> Response {
        do {
            return try await responder.respond(to: request, context: context)
        } catch {
            // Nothing of an unforeseen error reaches the client; the log has it.
            context.logger.error("request failed", metadata: ["uri": "\(request.uri.path)", "error": "\(error)"])
            return ProblemDocument(
                status: .internalServerError,
                code: "internal",
                detail: "the server could not answer this request; its log says why"
            ).response()
        }
    }
}
