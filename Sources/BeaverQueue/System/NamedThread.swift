internal import CBeaver

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// A thread of the engine's own, for work that blocks: Swift's pool of a few threads must never wait for a disk.
package enum NamedThread {
    /// Starts a detached thread; `name` is what `top -H` shows, at most 15 bytes.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) throws(QueueError) {
        let box = Unmanaged.passRetained(Body(name: name, run: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            &attributes,
            { argument in
                guard let argument else { return nil }
                let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
                cbeaver_name_thread(body.name)
                body.run()
                return nil
            },
            box.toOpaque()
        )
        guard code == 0 else {
            box.release()
            throw .systemCall("pthread_create", path: name, errorNumber: code, reason: SystemCall.text(of: code))
        }
    }

    private final class Body {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }
}
