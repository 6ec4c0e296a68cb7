import Glibc
import Logging
import NIOCore

/// Stops asking for connections for a moment when none can be taken, for want of descriptors or memory.
///
/// Whoever wants to connect waits in the kernel's line meanwhile. Without this the event loop is told of the same waiting
/// connection without end: NIO's own handler for it delays the next read, but the one that failed stays pending.
final class AcceptPause: ChannelInboundHandler {
    typealias InboundIn = any Channel

    static let pauseMilliseconds: Int64 = 200
    /// The same reason is not worth a line each time.
    private static let secondsBetweenLines: Int64 = 60

    private let logger: Logger
    private var isPaused = false
    private var lastLine: NIODeadline?

    init(_ logger: Logger) { self.logger = logger }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let failure = error as? IOError, Self.isShortage(failure.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        guard !self.isPaused else { return }
        self.isPaused = true
        self.say(failure)
        self.read(false, context)
        context.eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Self.pauseMilliseconds)) {
            self.isPaused = false
            self.read(true, context)
        }
    }

    /// A listener that is being closed has no options any more, and needs none.
    private func read(_ isOn: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: isOn)
    }

    private func say(_ failure: IOError) {
        let now = NIODeadline.now()
        if let lastLine, now - lastLine < .seconds(Self.secondsBetweenLines) { return }
        self.lastLine = now
        let reason = String(cString: strerror(failure.errnoCode))
        self.logger.warning("a connection cannot be taken: \(reason); it waits until that ends")
    }

    private static func isShortage(_ number: CInt) -> Bool {
        [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(number)
    }
}
