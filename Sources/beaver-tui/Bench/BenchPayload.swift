/// The payload of every job, in this queue and in the others: 120 bytes of JSON, most of them text that does not repeat.
///
/// Redis compresses what it rewrites: with the same text in every job it would keep next to nothing of it, which no real jobs
/// allow.
struct BenchPayload: Sendable {
    static let byteCount = 120
    static let noop = BenchPayload(action: "noop")

    private let head: [UInt8]
    private static let tail = Array(#""}"#.utf8)
    private static let pool = Self.text(count: 1 << 16)

    /// Of four letters.
    init(action: String) { self.head = Array(#"{"action":"\#(action)","value":42,"text":""#.utf8) }

    func append(_ number: Int, to bytes: inout [UInt8]) {
        let count = Self.byteCount - self.head.count - Self.tail.count
        // Neighbours have nothing in common, and a text comes back after hundreds of jobs.
        let start = number &* (count + 7) % (Self.pool.count - count)
        bytes += self.head
        bytes += Self.pool[start..<start + count]
        bytes += Self.tail
    }

    /// The same in every run.
    private static func text(count: Int) -> [UInt8] {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var state: UInt64 = 7
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return letters[Int(state >> 58)]
        }
    }
}
