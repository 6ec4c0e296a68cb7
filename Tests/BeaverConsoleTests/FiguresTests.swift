import BeaverConsole
import Testing

@Suite struct FiguresTests {
    @Test(
        arguments: [(-3, "0ms"), (46, "46ms"), (999, "999ms"), (1_200, "1.2s"), (61_000, "1:01")] as [(Int64, String)]
    )
    func whatTookLessThanASecondIsSaidInMilliseconds(milliseconds: Int64, text: String) {
        #expect(Figures.took(milliseconds: milliseconds) == text)
    }

    @Test func numbersAreGrouped() {
        let known = [(0, "0"), (999, "999"), (1_000, "1,000"), (12_345_678, "12,345,678"), (-1_860, "-1,860")]
        for (number, text) in known { #expect(Figures.grouped(number) == text) }
        #expect(Figures.grouped(Int.min) == "-9,223,372,036,854,775,808")
        #expect(Figures.grouped(UInt64.max) == "9,223,372,036,854,775,807")
    }

    @Test func nounsAgree() {
        #expect(Figures.count(0, "job") == "0 jobs")
        #expect(Figures.count(1, "job") == "1 job")
        #expect(Figures.count(1_204, "entry") == "1,204 entries")
        #expect(Figures.count(1, "entry") == "1 entry")
    }

    @Test func places() {
        let known = [
            (1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
            (112, "112th"), (1_022, "1,022nd"),
        ]
        for (number, text) in known { #expect(Figures.ordinal(number) == text) }
    }

    @Test func sizes() {
        let known: [(Int64, String)] = [
            (0, "0 B"), (1_023, "1,023 B"), (1_024, "1.0 KiB"), (10_188, "9.9 KiB"), (10_240, "10 KiB"),
            (1_023_999, "1,000 KiB"), (1_048_576, "1.0 MiB"), (1_363_149, "1.3 MiB"), (77 << 30, "77 GiB"),
            (5 << 40, "5.0 TiB"), (.max, "8388608.0 TiB"),
        ]
        for (count, text) in known { #expect(Figures.bytes(count) == text) }
    }

    @Test func times() {
        let elapsed: [(Int64, String)] = [
            (-5, "0.0s"), (0, "0.0s"), (199, "0.1s"), (28_100, "28.1s"), (59_999, "59.9s"), (60_000, "1:00"),
            (504_799, "8:24"), (3_787_000, "1:03:07"), (273_600_000, "3d 4h"),
        ]
        for (milliseconds, text) in elapsed { #expect(Figures.elapsed(milliseconds: milliseconds) == text) }
        let lengths: [(Int64, String, String)] = [
            (0, "0ms", "0 ms"), (999, "999ms", "999 ms"), (30_000, "30s", "30 s"), (600_000, "10m", "10 min"),
            (7_200_000, "2h", "2 h"), (172_800_000, "2d", "2 d"),
        ]
        for (milliseconds, short, spaced) in lengths {
            #expect(Figures.length(milliseconds: milliseconds) == short)
            #expect(Figures.length(milliseconds: milliseconds, spaced: true) == spaced)
        }
        let measured: [(Double, String)] = [
            (0.000_01, "< 0.1 ms"), (0.000_4, "0.4 ms"), (0.021, "21.0 ms"), (0.25, "250 ms"), (1.24, "1.2 s"),
            (242, "4:02"),
        ]
        for (seconds, text) in measured { #expect(Figures.seconds(seconds) == text) }
        #expect(Figures.precise(0.021) == "0.021 s")
        #expect(Figures.precise(12.000_4) == "12.000 s")
        #expect(Figures.precise(-0.123) == "0.000 s")
        for (seconds, text) in [(0.0, "0.01 s"), (0.021, "0.02 s"), (0.999, "1.00 s"), (2.9, "2.9 s"), (75.0, "1:15")] {
            #expect(Figures.about(seconds) == text)
        }
    }

    @Test func rates() {
        for (rate, text) in [(0.0, "0/s"), (0.04, "0/s"), (0.05, "0.1/s"), (6.1, "6.1/s"), (1_204.4, "1,204/s")] {
            #expect(Figures.rate(rate) == text)
        }
    }

    /// Whatever the share, the bar is as long as it should be.
    @Test func barsAreAsLongAsTheirColumns() {
        for columns in [1, 6, 16, 66] {
            for thousandth in -50...1_050 {
                let (done, rest) = Figures.bar(Double(thousandth) / 1_000, columns: columns)
                #expect(TextWidth.of(done + rest) == columns)
            }
        }
        #expect(Figures.bar(0.5, columns: 4).done == "██")
        #expect(Figures.bar(0.3, columns: 4) == ("█▏", "░░"))
        #expect(Figures.bar(1, columns: 2) == ("██", ""))
        #expect(Figures.bar(.nan, columns: 2).rest == "░░")
    }

    @Test func sparklines() {
        #expect(Figures.sparkline([0, 3, 6], columns: 3) == "▁▄▇")
        #expect(Figures.sparkline([6], columns: 3) == "▁▁▇")
        #expect(Figures.sparkline([1, 2, 3, 6], columns: 2) == "▄▇")
        #expect(Figures.sparkline([], columns: 2) == "▁▁")
        // One failure among many runs can still be seen.
        #expect(Figures.sparkline([0, 1], columns: 2, top: 12_000) == "▁▂")
        #expect(Figures.sparkline([1], columns: 0) == "")
    }

    @Test func timesOfDay() {
        let moment = Scene.moment
        #expect(moment.time(Scene.wall) == "14:04:05")
        #expect(moment.preciseTime(Scene.wall + 7) == "14:04:05.007")
        #expect(moment.time(Scene.wall - 86_400_000) == "yesterd.")
        #expect(moment.time(Scene.wall - 3 * 86_400_000) == "3d ago")
        #expect(moment.time(Scene.wall + 86_400_000) == "tomorrow")
        #expect(moment.time(Scene.wall + 20 * 86_400_000) == "in 20d")
        #expect(moment.time(0).utf8.count <= 9)
        var west = moment
        west.zoneOffsetSeconds = -8 * 3_600
        #expect(west.time(Scene.wall) == "05:04:05")
    }
}
