import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A whole answer.
struct ClientResponse: Sendable {
    var status: HTTPResponseStatus
    var headers: HTTPHeaders
    var body: ByteBuffer
}

/// One open connection to the control socket; one request at a time.
final class ClientConnection: Sendable {
    /// The server had closed the connection before a byte of the request was written: it may be sent again.
    struct NotSent: Error {}

    private let channel: any Channel
    private let exchanges: NIOLoopBound<ClientExchangeHandler>
    private let lastUse = Mutex(NIODeadline.now())

    private init(channel: any Channel, exchanges: NIOLoopBound<ClientExchangeHandler>) {
        self.channel = channel
        self.exchanges = exchanges
    }

    static func open(_ path: String) async throws -> ClientConnection {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(unixDomainSocketPath: path)
            .flatMap { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    let handler = ClientExchangeHandler()
                    try channel.pipeline.syncOperations.addHandler(handler)
                    let exchanges = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    return ClientConnection(channel: channel, exchanges: exchanges)
                }
            }
            .get()
    }

    /// Whether the next request may go over it.
    ///
    /// The server closes connections at rest; one that rested for almost as long is not worth the risk of meeting that
    /// moment.
    var isUsable: Bool {
        self.channel.isActive && NIODeadline.now() - self.lastUse.withLock { $0 } < .seconds(30)
    }

    func send(_ head: HTTPRequestHead, body: ByteBuffer?) async throws -> ClientResponse {
        let promise = self.channel.eventLoop.makePromise(of: ClientResponse.self)
        self.channel.eventLoop.execute {
            // Of a channel that is closed already no event would ever come to complete the promise.
            guard self.channel.isActive else { return promise.fail(NotSent()) }
            self.exchanges.value.begin(promise)
            self.channel.write(HTTPClientRequestPart.head(head), promise: nil)
            if let body { self.channel.write(HTTPClientRequestPart.body(.byteBuffer(body)), promise: nil) }
            self.channel.writeAndFlush(HTTPClientRequestPart.end(nil)).whenFailure { self.exchanges.value.fail($0) }
        }
        defer { self.lastUse.withLock { $0 = .now() } }
        return try await promise.futureResult.get()
    }

    func close() { self.channel.close(promise: nil) }
}

/// Gathers the parts of the one answer that is awaited.
private final class ClientExchangeHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private var promise: EventLoopPromise<ClientResponse>?
    private var response: ClientResponse?

    func begin(_ promise: EventLoopPromise<ClientResponse>) {
        self.response = nil
        self.promise = promise
    }

    func fail(_ error: any Error) { self.finish(.failure(error)) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.response = ClientResponse(status: head.status, headers: head.headers, body: ByteBuffer())
        case .body(var buffer):
            self.response?.body.writeBuffer(&buffer)
        case .end:
            guard let response else { return }
            self.finish(.success(response))
            if response.headers[canonicalForm: "connection"].contains("close") { context.close(promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.finish(.failure(error))
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish(.failure(ChannelError.eof))
        context.fireChannelInactive()
    }

    private func finish(_ result: Result<ClientResponse, any Error>) {
        self.promise?.completeWith(result)
        self.promise = nil
    }
}
