import Hummingbird
import Logging
import NIOCore

/// Through which door a request came in; it decides what it may ask.
enum Door: Sendable, Equatable {
    /// Whoever can open the socket file owns the queue.
    case controlSocket
    /// Anyone who can reach the address. `host` is what it was bound to.
    case tcp(host: String)
}

/// What travels with a request through middleware and routes.
struct ServerContext: RequestContext {
    struct Source: RequestContextSource {
        var logger: Logger
        var door: Door
    }

    var coreContext: CoreRequestContextStorage
    let door: Door

    init(source: Source) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.door = source.door
    }
}
