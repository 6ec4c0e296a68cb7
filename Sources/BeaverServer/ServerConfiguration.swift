import BeaverQueue

/// Where a server listens and whom it lets in.
package struct ServerConfiguration: Sendable, Equatable {
    /// Holds the control socket; must exist.
    package var dataDirectory: String
    /// nil: the control socket alone.
    package var listen: ListenAddress?
    package var tokens = AccessTokens()
    package var limits = RequestLimits()

    package init(dataDirectory: String, listen: ListenAddress? = nil, tokens: AccessTokens = AccessTokens()) {
        self.dataDirectory = dataDirectory
        self.listen = listen
        self.tokens = tokens
    }

    /// Throws what must not be served: an address that others can reach, without a token that keeps them out.
    func check() throws(QueueError) {
        guard let listen, !HostCheck.isLoopback(listen.host), self.tokens.isEmpty else { return }
        throw QueueError(
            .configuration,
            "http.listen is \(listen), which other machines can reach, and no token is configured; "
                + "set http.token_file, or listen on 127.0.0.1"
        )
    }
}

/// `host:port` of a TCP listener.
package struct ListenAddress: Sendable, Equatable, CustomStringConvertible {
    /// What a server listens on when nothing was said.
    ///
    /// It is nobody's wish, so it may be given up.
    package static let standard = ListenAddress(host: "127.0.0.1", port: 9_090, isExplicit: false)

    /// An IPv6 address stands without its brackets.
    package var host: String
    /// 0 lets the system choose.
    package var port: Int
    /// Asked for: then it is an error if it is taken, not a warning.
    package var isExplicit: Bool

    package init(host: String, port: Int, isExplicit: Bool = true) {
        self.host = host
        self.port = port
        self.isExplicit = isExplicit
    }

    /// Reads `127.0.0.1:9090`, `[::1]:9090` or `:9090` (all addresses); nil if it is none of these.
    package init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...])
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = String(host.dropFirst().dropLast())
        } else if host.contains(":") {
            return nil
        }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }

    package var description: String {
        self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)"
    }
}
