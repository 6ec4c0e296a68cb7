import BeaverTestSupport
import Testing

@testable import BeaverQueue

/// Whoever reads only the log hears of the dead, and is not drowned in them.
@Suite("Dead letters in the log", .timeLimit(.minutes(2)))
struct DeadLetterNoticeTests {
    @Test("the first is said at once, the others together, and nothing where nobody died")
    func rhythm() {
        var notice = DeadLetterNotice(totalBefore: 5)
        #expect(!notice.isDue(total: 5, now: 0))
        #expect(notice.isDue(total: 6, now: 1_000))
        let first = notice.sentence(total: 6, kept: 6, newest: .sample("a", error: "exit 1"), 1_000)
        #expect(first == "1 job died, `a`: exit 1. 6 are dead; `beaver-tui jobs errors` has them by kind")
        #expect(!notice.isDue(total: 7, now: 10_999))
        #expect(notice.isDue(total: 306, now: 11_000))
        let second = notice.sentence(total: 306, kept: 1, newest: .sample("b", error: ""), 11_000)
        #expect(second == "300 jobs died, the newest is `b`. 1 is dead; `beaver-tui jobs errors` has them by kind")
        #expect(!notice.isDue(total: 306, now: 99_000))
    }

    @Test("an event tells which job died and why, its secrets hidden")
    func event() async throws {
        try await withTemporaryDirectory { directory in
            let queue = Queue(QueueConfiguration(dataDirectory: directory + "/data"))
            queue.handle("mail") { _ in throw PermanentFailure("refused: token=hush") }
            let events = queue.events()
            try await queue.start()
            try await queue.enqueue("mail", 1, id: "one")
            let event = await events.first { $0.level == .warning }
            #expect(event?.message.hasPrefix("1 job died, `one`: refused: token=•••") == true)
            try await queue.stop()
        }
    }
}
