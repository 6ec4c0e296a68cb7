import BeaverQueue
import Testing

@Suite struct LeaderMailboxTests {
    private typealias Parking = LeaderMailbox<Int>.Parking

    private static func mailbox() -> LeaderMailbox<Int> {
        LeaderMailbox { BootClock.now().bootNanoseconds }
    }

    private static func lead(_ mailbox: LeaderMailbox<Int>, after last: Int? = nil, _ parking: Parking) -> [Int]? {
        var taken = [99]
        return mailbox.lead(after: last, &taken, parking) ? taken : nil
    }

    private static func leadOn(_ mailbox: LeaderMailbox<Int>, wake: Int64?, _ parking: Parking) -> [Int]? {
        var taken = [99]
        return mailbox.leadOn(wake: wake, &taken, parking) ? taken : nil
    }

    private static func time(inMilliseconds milliseconds: Int64) -> Int64 {
        BootClock.now().bootNanoseconds + milliseconds * 1_000_000
    }

    @Test func theLeaderGetsAllThatCame() {
        let mailbox = Self.mailbox()
        mailbox.post(1)
        mailbox.post([2, 3])
        #expect(Self.lead(mailbox, Parking()) == [1, 2, 3])
    }

    @Test func whatTheLeaderDidMeanwhileComesLast() {
        let (mailbox, parking) = (Self.mailbox(), Parking())
        mailbox.post(1)
        #expect(Self.lead(mailbox, parking) == [1])
        mailbox.resign(wake: nil)
        mailbox.post(2)
        #expect(Self.lead(mailbox, after: 3, parking) == [2, 3])
    }

    @Test func someoneLeadsWhenItsTimeHasCome() {
        let (mailbox, parking) = (Self.mailbox(), Parking())
        mailbox.post(1)
        #expect(Self.lead(mailbox, parking) == [1])
        let wake = Self.time(inMilliseconds: 20)
        #expect(Self.leadOn(mailbox, wake: wake, parking) == [])
        #expect(BootClock.now().bootNanoseconds >= wake)
    }

    @Test func whatIsThereIsHandedOutBeforeTheEnd() {
        let (mailbox, parking) = (Self.mailbox(), Parking())
        mailbox.post(1)
        mailbox.close()
        #expect(Self.lead(mailbox, parking) == [1])
        #expect(Self.leadOn(mailbox, wake: nil, parking) == nil)
        #expect(Self.lead(mailbox, parking) == nil)
    }

    /// The follower sleeps until the leader blocks, then takes what comes.
    @Test func aFollowerTakesOverFromOneThatBlocks() throws {
        let (mailbox, parking) = (Self.mailbox(), Parking())
        let follower = Lock<[[Int]]>([])
        mailbox.post(1)
        #expect(Self.lead(mailbox, parking) == [1])
        try Self.follow(mailbox, follower)
        mailbox.post(2)
        #expect(follower.withLock { $0.isEmpty })
        mailbox.resign(wake: nil)
        // Without the leader: this would wait for ever if nobody was woken.
        try Self.wait(for: follower) { $0 == [[2]] }
        mailbox.post(3)
        try Self.wait(for: follower) { $0 == [[2], [3]] }
        mailbox.close()
        try Self.wait(for: follower) { $0.last == [] }
    }

    /// A time that the follower did not know when it fell asleep: nothing else may come while the disk hangs.
    @Test func aFollowerKeepsTheTimeOfOneThatBlocks() throws {
        let (mailbox, parking) = (Self.mailbox(), Parking())
        let follower = Lock<[[Int]]>([])
        mailbox.post(1)
        #expect(Self.lead(mailbox, parking) == [1])
        try Self.follow(mailbox, follower)
        // Long enough to fall asleep on any machine but a very busy one, where this test then proves less.
        _ = Lock(()).wait(nanoseconds: 20_000_000) { _ in Bool?.none }
        mailbox.resign(wake: Self.time(inMilliseconds: 20))
        try Self.wait(for: follower) { $0 == [[]] }
        mailbox.close()
        try Self.wait(for: follower) { $0 == [[], []] }
    }

    /// The time that made somebody lead has passed: whoever waits for that leader sleeps, and does not look again and again.
    @Test func nobodySpinsBehindALeaderWhoseTimeHasCome() throws {
        let looks = Lock(0)
        let mailbox = LeaderMailbox<Int> {
            looks.withLock { $0 += 1 }
            looks.broadcast()
            return BootClock.now().bootNanoseconds
        }
        let (parking, follower) = (Parking(), Lock<[[Int]]>([]))
        mailbox.post(1)
        #expect(Self.lead(mailbox, parking) == [1])
        #expect(Self.leadOn(mailbox, wake: BootClock.now().bootNanoseconds, parking) == [])
        let before = looks.withLock { $0 }
        try Self.follow(mailbox, follower)
        try Self.wait(for: looks) { $0 > before }
        // Thousands in that time, if it did.
        #expect(looks.wait(nanoseconds: 50_000_000) { $0 > before + 100 ? true : nil } == nil)
        mailbox.close()
        mailbox.resign(wake: nil)
        try Self.wait(for: follower) { $0.last == [] }
    }

    /// Threads that block half of the time, posts from others: nothing is lost, nothing comes twice, one leads at a time.
    @Test(arguments: [2, 3]) func nothingIsLostOrTakenTwice(threads: Int) throws {
        let mailbox = Self.mailbox()
        let posters = 4
        let each = 20_000
        let state = Lock((leaders: 0, most: 0, seen: [Int](repeating: 0, count: posters), done: 0))
        for _ in 0..<threads {
            try SystemThread.start("leader") {
                let parking = Parking()
                var own = 0
                var taken = Self.lead(mailbox, parking)
                while let inputs = taken {
                    state.withLock { state in
                        state.leaders += 1
                        state.most = max(state.most, state.leaders)
                        for input in inputs where input >= 0 {
                            // In the order in which each was posted.
                            if state.seen[input % posters] == input / posters { state.seen[input % posters] += 1 }
                        }
                    }
                    own += 1
                    let mustBlock = own % 2 == 0
                    state.withLock { $0.leaders -= 1 }
                    state.broadcast()
                    if mustBlock {
                        mailbox.resign(wake: BootClock.now().bootNanoseconds + 1_000_000)
                        taken = Self.lead(mailbox, after: -1, parking)
                    } else {
                        taken = Self.leadOn(mailbox, wake: nil, parking)
                    }
                }
                state.withLock { $0.done += 1 }
                state.broadcast()
            }
        }
        for poster in 0..<posters {
            try SystemThread.start("poster") {
                for number in 0..<each { mailbox.post(number * posters + poster) }
            }
        }
        // Nothing is posted after the last one: if a wake was lost, this waits for ever.
        try Self.wait(for: state) { $0.seen.allSatisfy { $0 == each } }
        mailbox.close()
        try Self.wait(for: state) { $0.done == threads }
        #expect(state.withLock { $0.most } == 1)
    }

    private static func wait<State>(for lock: Lock<State>, _ condition: (State) -> Bool) throws {
        try #require(lock.wait(nanoseconds: 60_000_000_000) { condition($0) ? true : nil } != nil)
    }

    /// Keeps what it was given each time it led; an empty one at the end or when its time came.
    private static func follow(_ mailbox: LeaderMailbox<Int>, _ seen: Lock<[[Int]]>) throws {
        try SystemThread.start("follower") {
            let parking = Parking()
            var taken = Self.lead(mailbox, parking)
            while let inputs = taken {
                seen.withLock { $0.append(inputs) }
                seen.broadcast()
                taken = Self.leadOn(mailbox, wake: nil, parking)
            }
            seen.withLock { $0.append([]) }
            seen.broadcast()
        }
    }
}
