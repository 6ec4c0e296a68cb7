package import BeaverQueue

/// A console on the terminal of this process, from its opening until someone quits it.
package final class Console: Sendable {
    /// How it may draw.
    package struct Look: Sendable {
        package var allowsColor: Bool
        /// nil: not told; the terminal is asked.
        package var isLight: Bool?

        package init(allowsColor: Bool, isLight: Bool?) {
            self.allowsColor = allowsColor
            self.isLight = isLight
        }
    }

    /// Why nothing can be drawn on a terminal of the type in TERM; nil if it can.
    package static var whyUnfit: String? { Terminal.whyUnfit }

    let settings: Model.Settings
    let look: Look
    let host: any ConsoleHost
    let isEmbedded: Bool
    /// An open file to which standard error goes meanwhile.
    let errorDescriptor: Int32?
    private let mail = Lock<[Message]>([])

    package init(
        settings: Model.Settings,
        look: Look,
        host: any ConsoleHost,
        isEmbedded: Bool,
        errorDescriptor: Int32?
    ) {
        self.settings = settings
        self.look = look
        self.host = host
        self.isEmbedded = isEmbedded
        self.errorDescriptor = errorDescriptor
    }

    /// Returns when the console has ended and the terminal is as it was; what the frames took, in a sentence.
    ///
    /// Throws if the terminal cannot be drawn on; then nothing was drawn.
    package func run() async throws(QueueError) -> String {
        let result: Result<String, QueueError> = await withCheckedContinuation { continuation in
            do throws(QueueError) {
                // The terminal belongs to one thread, which waits in the kernel and costs nothing meanwhile.
                try SystemThread.start("beaver-console") {
                    SystemThread.takeShortTurns()
                    do throws(QueueError) {
                        let loop = try ConsoleLoop(self)
                        continuation.resume(returning: .success(loop.run()))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        return try result.get()
    }

    /// Tells the console something, from anywhere.
    package func post(_ message: Message) {
        self.mail.withLock { $0.append(message) }
        Terminal.wake()
    }

    func takeMail() -> [Message] {
        self.mail.withLock { mail in
            defer { mail = [] }
            return mail
        }
    }
}
