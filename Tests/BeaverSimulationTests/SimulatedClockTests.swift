import BeaverQueue
import BeaverSimulation
import Testing

@Suite struct SimulatedClockTests {
    @Test func timePassesForBothClocks() {
        let clock = SimulatedClock(bootNanoseconds: 5, wallMilliseconds: 1000)
        #expect(clock.time() == EngineTime(bootNanoseconds: 5, wallMilliseconds: 1000))
        for _ in 0..<4 { clock.advance(nanoseconds: 500_000) }
        #expect(clock.time() == EngineTime(bootNanoseconds: 2_000_005, wallMilliseconds: 1002))
        clock.advance(milliseconds: -10)
        clock.advance(toBootNanoseconds: 7)
        #expect(clock.time().bootNanoseconds == 2_000_005)
        clock.advance(toBootNanoseconds: 3_000_005)
        #expect(clock.time() == EngineTime(bootNanoseconds: 3_000_005, wallMilliseconds: 1003))
    }

    @Test func theWallClockJumpsAlone() {
        let clock = SimulatedClock(bootNanoseconds: 5, wallMilliseconds: 1000)
        clock.jumpWall(milliseconds: -3000)
        #expect(clock.time() == EngineTime(bootNanoseconds: 5, wallMilliseconds: -2000))
        clock.jumpWall(milliseconds: 86_400_000)
        #expect(clock.time() == EngineTime(bootNanoseconds: 5, wallMilliseconds: 86_398_000))
    }

    @Test func noJumpLeavesTheRange() {
        let clock = SimulatedClock()
        for jump in [Int64.max, .max, .min, .min, 1] { clock.jumpWall(milliseconds: jump) }
        clock.advance(milliseconds: 1000)
        #expect(clock.time().wallMilliseconds < 0)
    }

    @Test func theBootTimeClockBeginsAnewWithTheMachine() {
        let clock = SimulatedClock(bootNanoseconds: 77_000_000_000, wallMilliseconds: 1000)
        clock.restartMachine(offForMilliseconds: 5000)
        #expect(clock.time() == EngineTime(bootNanoseconds: 1_000_000_000, wallMilliseconds: 6000))
    }
}
