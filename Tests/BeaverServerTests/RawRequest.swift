/// A request written by hand over TCP: what a browser, a scraper or an attacker would send.
struct RawRequest: Sendable {
    var line: String
    var headers: [String]
    var body = ""

    /// The whole answer, head and body.
    func send(to address: String) async throws -> String { try await self.send(to: address) { _ in false } }

    /// As above, but goes away as soon as what has come is enough.
    func send(to address: String, until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
        let connection = try RawConnection(address)
        var lines = [self.line + " HTTP/1.1"] + self.headers + ["Connection: close"]
        if !self.body.isEmpty { lines.append("Content-Length: \(self.body.utf8.count)") }
        connection.write((lines + ["", self.body]).joined(separator: "\r\n"))
        return await connection.read(isEnough)
    }

    func status(from address: String) async throws -> Int {
        let words = try await self.send(to: address).split(separator: " ", maxSplits: 2)
        return words.count > 1 ? Int(words[1]) ?? 0 : 0
    }
}
