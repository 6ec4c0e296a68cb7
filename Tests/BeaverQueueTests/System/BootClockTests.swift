import Testing

@testable import BeaverQueue

@Suite("BootClock")
struct BootClockTests {
    @Test("the boot-time clock never goes back and the wall clock is of this century")
    func readings() {
        let first = BootClock.now()
        let second = BootClock.now()
        #expect(second.bootNanoseconds >= first.bootNanoseconds)
        #expect(first.wallMilliseconds > 1_700_000_000_000)
    }
}
