import BeaverSimulation
import Testing

@Suite struct SeedTests {
    /// Pinned: a seed written down in a bug report must mean the same for ever.
    @Test func theNumbersOfASeedNeverChange() {
        var seed = Seed(42)
        #expect(
            [seed.next(), seed.next(), seed.next()] == [
                1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009,
            ]
        )
        var stream = Seed(42).stream("file", 7)
        #expect([stream.next(), stream.next()] == [14_454_514_023_287_709_147, 11_064_518_479_215_417_668])
    }

    @Test func streamsDoNotDependOnWhatWasDrawn() {
        let untouched = Seed(7)
        var drawn = untouched
        for _ in 0..<10 { _ = drawn.next() }
        var first = untouched.stream("a")
        var second = drawn.stream("a")
        #expect(first.next() == second.next())
    }

    @Test func streamsDiffer() {
        let seed = Seed(7)
        var streams = [seed, seed.stream("a"), seed.stream("b"), seed.stream("a", 1), Seed(8), Seed(8).stream("a")]
        let firsts = Set(streams.indices.map { streams[$0].next() })
        #expect(firsts.count == streams.count)
    }

    @Test func numbersStayInTheirRangeAndReachItsEnds() {
        var seed = Seed(1)
        #expect(Set((0..<200).map { _ in seed.range(-2...2) }) == [-2, -1, 0, 1, 2])
        #expect(Set((0..<200).map { _ in seed.below(3) }) == [0, 1, 2])
        #expect(seed.below(1) == 0)
        #expect(seed.below(0) == 0)
        #expect(seed.pick([Int]()) == nil)
        #expect(Set((0..<100).compactMap { _ in seed.pick(["a", "b", "c"]) }) == ["a", "b", "c"])
    }

    @Test func chanceIsAboutRight() {
        var seed = Seed(1)
        let hits = (0..<10_000).count { _ in seed.chance(1, in: 4) }
        #expect((2300...2700).contains(hits))
        #expect(!(0..<100).contains { _ in seed.chance(0, in: 4) })
        #expect((0..<100).allSatisfy { _ in seed.chance(4, in: 4) })
    }

    @Test func aShuffleKeepsTheElements() {
        var seed = Seed(3)
        var elements = Array(0..<50)
        seed.shuffle(&elements)
        #expect(elements != Array(0..<50))
        #expect(elements.sorted() == Array(0..<50))
        #expect(seed.bytes(13).count == 13)
    }
}
