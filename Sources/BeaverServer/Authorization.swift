import HTTPTypes
import Hummingbird
import NIOCore

/// The tokens that open the TCP door.
///
/// On the control socket none is asked for: the file's mode has decided.
package struct AccessTokens: Sendable, Equatable {
    package var all: [String]
    /// These may look, not touch.
    package var readOnly: [String]

    package init(all: [String] = [], readOnly: [String] = []) {
        self.all = all
        self.readOnly = readOnly
    }

    package var isEmpty: Bool { self.all.isEmpty && self.readOnly.isEmpty }

    /// Compares with every token and every byte, so that the time taken says nothing about how much was right.
    static func isAny(_ offered: String, of tokens: [String]) -> Bool {
        let offeredBytes = Array(offered.utf8)
        var found: UInt8 = 0
        for token in tokens {
            let tokenBytes = Array(token.utf8)
            var difference: UInt8 = tokenBytes.count == offeredBytes.count && !tokenBytes.isEmpty ? 0 : 1
            for (index, byte) in offeredBytes.enumerated() {
                difference |= byte ^ (tokenBytes.isEmpty ? 0xFF : tokenBytes[index % tokenBytes.count])
            }
            found |= difference == 0 ? 1 : 0
        }
        return found == 1
    }
}

/// Decides who may ask what, before any route sees the request.
///
/// A browser is never a legitimate client: it sends `Origin` with whatever changes something, and a name of the
/// attacker's in `Host` when its DNS answer was rebound to this machine. Both are refused on either door.
struct Gate: RouterMiddleware {
    typealias Context = ServerContext

    /// Those of this moment: they can be replaced while the server runs.
    let tokens: @Sendable () -> AccessTokens
    /// This machine's own name, which a scraper may use.
    let machineName: String

    func handle(
        _ request: Request,
        context: ServerContext,
        next: (Request, ServerContext) async throws -> Response
    ) async throws -> Response {
        guard request.headers[.origin] == nil else {
            throw RequestRefused(
                status: .forbidden,
                code: "foreignOrigin",
                detail: "requests of web pages (with an Origin header) are not taken"
            )
        }
        guard case .tcp(let boundHost) = context.door else { return try await next(request, context) }
        guard HostCheck.allows(request.head.authority, boundHost: boundHost, machineName: self.machineName) else {
            throw RequestRefused(
                status: .misdirectedRequest,
                code: "foreignHost",
                detail: "the Host header names another machine than this server"
            )
        }
        if !Self.isPublic(request) { try self.authorize(request) }
        return try await next(request, context)
    }

    static func isPublic(_ request: Request) -> Bool {
        Self.onlyReads(request) && ["/metrics", "/healthz", "/readyz"].contains(request.uri.path)
    }

    private func authorize(_ request: Request) throws {
        let tokens = self.tokens()
        guard !tokens.isEmpty else {
            throw RequestRefused(
                status: .forbidden,
                code: "noTokens",
                detail: "only /metrics, /healthz and /readyz are served here; set http.token_file to open the rest, "
                    + "or use the control socket"
            )
        }
        let offered = Self.bearer(request.headers[.authorization])
        let isOwner = AccessTokens.isAny(offered, of: tokens.all)
        let isReader = AccessTokens.isAny(offered, of: tokens.readOnly)
        guard isOwner || isReader else {
            throw RequestRefused(
                status: .unauthorized,
                code: "unauthorized",
                detail: "a token is needed: Authorization: Bearer TOKEN"
            )
        }
        guard isOwner || Self.onlyReads(request) else {
            throw RequestRefused(status: .forbidden, code: "readOnly", detail: "this token may only read")
        }
        guard isOwner || !Self.reveals(request) else {
            throw RequestRefused(
                status: .forbidden,
                code: "readOnly",
                detail: "this token may not read the values of redacted keys"
            )
        }
    }

    private static func onlyReads(_ request: Request) -> Bool { request.method == .get || request.method == .head }

    /// Also where the query cannot be read: the route refuses that then.
    private static func reveals(_ request: Request) -> Bool {
        guard let parameters = try? QueryParameters(request) else { return false }
        return parameters.value("reveal").map { !["false", "0"].contains($0) } ?? false
    }

    private static func bearer(_ header: String?) -> String {
        guard let header, header.count > 7, header.prefix(7).lowercased() == "bearer " else { return "" }
        return String(header.dropFirst(7))
    }
}

/// Which `Host` a request may name.
enum HostCheck {
    static func allows(_ authority: String?, boundHost: String, machineName: String) -> Bool {
        guard let authority, !authority.isEmpty else { return false }
        let host = Self.hostPart(of: authority).lowercased()
        if host == "localhost" || host == boundHost.lowercased() { return true }
        let isLiteral = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        if Self.isLoopback(boundHost) { return isLiteral && Self.isLoopback(host) }
        // An address cannot be rebound, and the machine's own name is not an attacker's.
        let name = machineName.lowercased()
        return isLiteral || !name.isEmpty && (host == name || host.hasPrefix(name + "."))
    }

    static func isLoopback(_ host: String) -> Bool {
        host == "::1" || host.lowercased() == "localhost"
            || host.hasPrefix("127.") && (try? SocketAddress(ipAddress: host, port: 0)) != nil
    }

    private static func hostPart(of authority: String) -> String {
        if authority.hasPrefix("[") { return String(authority.dropFirst().prefix { $0 != "]" }) }
        return String(authority.prefix { $0 != ":" })
    }
}
