package import BeaverQueue
import Glibc
package import Logging
import NIOCore
import Synchronization

/// Serves a queue on its control socket and, where wanted, on TCP.
///
/// It knows nothing of signals and never ends the process: whoever starts it decides how long it lives. Any queue will
/// do, also one that is still recovering; its answers are the queue's.
package final class Server: Sendable {
    package let configuration: ServerConfiguration
    private let queue: any QueueControl
    private let logger: Logger
    private let metrics: @Sendable () -> QueueMetricsSnapshot
    private let state = Mutex(State())
    private let tokens: Mutex<AccessTokens>

    private struct State {
        var listeners: [Listener] = []
        var socketIdentity: FileIdentity?
        var tcpAddress: String?
    }

    package typealias ReadAgain = @Sendable () async throws(QueueError) -> [String]
    private let readAgain = Mutex<ReadAgain?>(nil)

    /// Nothing is opened yet.
    package init(
        _ configuration: ServerConfiguration,
        queue: any QueueControl,
        logger: Logger,
        metrics: @escaping @Sendable () -> QueueMetricsSnapshot = { QueueMetricsSnapshot() }
    ) {
        self.configuration = configuration
        self.queue = queue
        self.logger = logger
        self.metrics = metrics
        self.tokens = Mutex(configuration.tokens)
    }

    /// Replaces the tokens while the server runs; refuses to open an address that others can reach.
    ///
    /// Everything else of a configuration holds from the next start.
    package func replaceTokens(_ tokens: AccessTokens) throws(QueueError) {
        var next = self.configuration
        next.tokens = tokens
        try next.check()
        self.tokens.withLock { $0 = tokens }
    }

    /// What `POST /v1/reload` does: reads the configuration again, which whoever starts the server can, and returns a sentence
    /// for each change that holds only from the next start.
    package func onReload(_ readAgain: @escaping ReadAgain) { self.readAgain.withLock { $0 = readAgain } }

    private func reload() async throws(QueueError) -> [String] {
        guard let readAgain = self.readAgain.withLock({ $0 }) else {
            throw QueueError(.conflict, "this queue was started without a configuration that could be read again")
        }
        self.logger.info("a client asked for the configuration to be read again")
        return try await readAgain()
    }

    /// `host:port` of the TCP listener; nil if there is none.
    package var tcpAddress: String? { self.state.withLock { $0.tcpAddress } }

    /// Binds both doors and returns once they are open.
    ///
    /// Throws `.locked` if another server answers on the socket, `.unavailable` if an address that was asked for is
    /// taken; then nothing stays open.
    package func start() async throws(QueueError) {
        try self.configuration.check()
        await Self.openTimers()
        let gate = Gate(tokens: { self.tokens.withLock { $0 } }, machineName: Self.machineName())
        let routes = Routes(
            queue: self.queue,
            limits: self.configuration.limits,
            bodies: BodyBudget(limitBytes: self.configuration.limits.allBodiesBytes),
            metrics: self.metrics,
            tcpAddress: { self.tcpAddress },
            reload: { () async throws(QueueError) in try await self.reload() }
        )
        let responder = routes.responder(gate: gate)
        func listener(_ door: Door) -> Listener {
            Listener(door: door, responder: responder, limits: self.configuration.limits, logger: self.logger)
        }
        try await self.openControlSocket(listener(.controlSocket))
        do {
            if let address = self.configuration.listen {
                try await self.openTCP(listener(.tcp(host: address.host)), address)
            }
        } catch {
            await self.stop()
            throw error
        }
    }

    /// Closes both doors: open requests are answered first, within `RequestLimits.stopSeconds`.
    package func stop() async {
        let (listeners, identity) = self.state.withLock { state in
            defer { state = State() }
            return (state.listeners, state.socketIdentity)
        }
        // The file goes first: a client that comes now is told at once that no server runs.
        ControlSocket.remove(in: self.configuration.dataDirectory, identity: identity)
        for listener in listeners { await listener.stop() }
    }

    /// The runtime opens the descriptors of its timers at the first sleep of the process, and ends the process where it gets
    /// none: so not in some later hour, in which all are used up.
    private static func openTimers() async { try? await Task.sleep(for: .milliseconds(1)) }

    private func openControlSocket(_ listener: Listener) async throws(QueueError) {
        let directory = self.configuration.dataDirectory
        let descriptor = try ControlSocket.bind(in: directory)
        let identity = ControlSocket.identity(in: directory)
        do {
            try await listener.serve(descriptor: descriptor)
        } catch {
            throw QueueError(.unavailable, "the control socket in \(directory) cannot be served: \(error)")
        }
        self.state.withLock { state in
            state.listeners.append(listener)
            state.socketIdentity = identity
        }
    }

    private func openTCP(_ listener: Listener, _ address: ListenAddress) async throws(QueueError) {
        do {
            let port = try await listener.serve(host: address.host, port: address.port)
            let bound = ListenAddress(host: address.host, port: port).description
            self.state.withLock { state in
                state.listeners.append(listener)
                state.tcpAddress = bound
            }
        } catch {
            let reason = Self.reason(error)
            guard address.isExplicit else {
                self.logger.warning(
                    "no HTTP on \(address): \(reason); the queue runs without it. Name another address with --http, or off"
                )
                return
            }
            throw QueueError(
                .unavailable,
                "cannot listen on \(address): \(reason). Name another address with --http, or `--http off`"
            )
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE: "another process listens there"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        default: "the address cannot be used"
        }
    }

    private static func machineName() -> String {
        var bytes = [CChar](repeating: 0, count: 256)
        guard gethostname(&bytes, bytes.count - 1) == 0 else { return "" }
        return String(decoding: bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
