import Glibc
import Testing

@testable import BeaverQueue

/// Which ids a search for what a run left behind passes over, and up to which it goes.
@Suite struct RecentLeadersTests {
    @Test func `leaders since a moment are no strangers`() {
        let leaders = RecentLeaders()
        #expect(leaders.strangers(among: 5...7, since: 0) == [5, 6, 7])
        leaders.note(5, startedNanoseconds: 100)
        leaders.note(7, startedNanoseconds: 200)
        #expect(leaders.strangers(among: 5...8, since: 100) == [6, 8])
        #expect(leaders.strangers(among: 5...8, since: 101) == [5, 6, 8])
    }

    /// Ids come round: what had this one before says nothing about what has it now.
    @Test func `an id is told from those that share its place`() {
        let leaders = RecentLeaders()
        let other = 5 + Int32(RecentLeaders.capacity)
        leaders.note(5, startedNanoseconds: 100)
        #expect(leaders.strangers(among: other...other, since: 0) == [other])
        leaders.note(other, startedNanoseconds: 200)
        #expect(leaders.strangers(among: 5...5, since: 0) == [5])
        #expect(leaders.strangers(among: other...other, since: 0) == [])
    }

    @Test func `the newest process is the one just started`() throws {
        let newest = NewestProcess()
        defer { newest.close() }
        let before = try #require(newest.id())
        #expect(before > 0)
        var processID: pid_t = 0
        var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("true"), nil]
        defer { free(arguments[0]) }
        #expect(posix_spawn(&processID, "/bin/true", nil, nil, &arguments, nil) == 0)
        // Others may start processes meanwhile, so that it need not be this one.
        #expect(newest.id() != before)
        waitpid(processID, nil, 0)
    }

    @Test(
        arguments: [
            ("0.20 0.18 0.12 1/80 11206\n", 11_206), ("0.20 0.18 0.12 1/80 4194303\n", 4_194_303), ("", nil),
            ("0.20 0.18 0.12 1/80 11", nil), ("0.20 0.18 0.12 1/80 \n", nil), ("7\n", nil), (" x\n", nil),
            (" 99999999999999999999\n", nil),
        ] as [(String, Int32?)]
    )
    func `its id is the last word of the line`(text: String, id: Int32?) {
        #expect(NewestProcess.lastNumber(in: Array(text.utf8)) == id)
    }
}
