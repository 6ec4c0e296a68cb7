import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Closes connections that hold on to the server without using it: no whole request head for too long, a body that
/// stands still while we wait for it, an answer nobody reads.
///
/// It never ends a request that the server itself is slow to answer.
final class ConnectionLimits: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// A body slower than this is standing still.
    static let bodyBytesPerWindow = 4_096

    private let idle: TimeAmount
    private let stall: TimeAmount
    private let longestBody: Int
    private var waitingSince: NIODeadline = .now()
    private var requestsOpen = 0
    private var isReadingBody = false
    private var bodyBytesInWindow = 0
    /// We asked for bytes and none have come: the delay is the client's, not ours.
    private var isReadPending = false
    private var wasWritableInWindow = true
    private var check: Scheduled<Void>?

    init(_ limits: RequestLimits) {
        self.idle = .seconds(limits.idleSeconds)
        self.stall = .seconds(limits.stallSeconds)
        self.longestBody = max(limits.bodyBytes, limits.frameBodyBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.waitingSince = .now()
        self.scheduleCheck(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.check?.cancel()
        self.check = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        self.isReadPending = false
        switch self.unwrapInboundIn(data) {
        case .head(let head):
            self.requestsOpen += 1
            self.askForBody(head, context)
            self.isReadingBody = true
            // The first window of a body is as long as any other.
            self.bodyBytesInWindow = Self.bodyBytesPerWindow
        case .body(let buffer): self.bodyBytesInWindow += buffer.readableBytes
        case .end: self.isReadingBody = false
        }
        context.fireChannelRead(data)
    }

    /// `Expect: 100-continue`: the client waits to be asked for the body, some for a second, some for ever.
    ///
    /// A request behind another one is not asked: its words would land in the answer before it.
    private func askForBody(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        guard self.requestsOpen == 1, head.headerFields[.expect]?.lowercased() == "100-continue",
            // What is too large is refused before the body comes.
            (head.headerFields[.contentLength].flatMap(Int.init) ?? 0) <= self.longestBody
        else { return }
        context.writeAndFlush(self.wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    func read(context: ChannelHandlerContext) {
        self.isReadPending = true
        context.read()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = self.unwrapOutboundIn(data) {
            // A head that could not be read is answered too, and never was a request.
            self.requestsOpen = max(0, self.requestsOpen - 1)
            self.waitingSince = .now()
        }
        context.write(data, promise: promise)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What came was no request; whoever sent it is to see the answer, however slow we are.
        self.waitingSince = .now()
        context.fireErrorCaught(error)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { self.wasWritableInWindow = true }
        context.fireChannelWritabilityChanged()
    }

    private func scheduleCheck(_ context: ChannelHandlerContext) {
        self.check = context.eventLoop.assumeIsolated().scheduleTask(in: min(self.idle, self.stall)) {
            guard !self.isOverdue(context) else {
                context.close(promise: nil)
                return
            }
            self.bodyBytesInWindow = 0
            self.wasWritableInWindow = context.channel.isWritable
            self.scheduleCheck(context)
        }
    }

    private func isOverdue(_ context: ChannelHandlerContext) -> Bool {
        if self.requestsOpen == 0 { return NIODeadline.now() - self.waitingSince >= self.idle }
        if !context.channel.isWritable { return !self.wasWritableInWindow }
        return self.isReadingBody && self.isReadPending && self.bodyBytesInWindow < Self.bodyBytesPerWindow
    }
}
