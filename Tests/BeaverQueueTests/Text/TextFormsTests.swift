import BeaverQueue
import Testing

/// The small text forms: durations, sizes, instants, patterns, names, and what is safe on a terminal.
@Suite struct TextFormsTests {
    @Test(
        arguments: [
            ("10s", 10_000), ("5m", 300_000), ("1h30m", 5_400_000), ("250ms", 250), ("7d", 604_800_000), ("0", 0),
            ("0s", 0), ("1d2h3m4s5ms", 93_784_005), ("36500d", 3_153_600_000_000),
        ] as [(String, Int64)]
    )
    func `reads lengths of time`(text: String, milliseconds: Int64) throws {
        #expect(try DurationText.milliseconds(text) == milliseconds)
        #expect(try DurationText.milliseconds(DurationText.text(milliseconds: milliseconds)) == milliseconds)
    }

    @Test(arguments: [
        ("10", "\"10\" has no unit; write 10s for seconds or 10ms for milliseconds"),
        ("", "\"\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d"),
        ("-5s", "\"-5s\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d"),
        ("1.5s", "\"1.5s\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d"),
        ("5m1h", "\"5m1h\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d"),
        ("1s1s", "\"1s1s\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d"),
        ("5 m", "\"5 m\" is not a length of time; write 250ms, 10s, 5m, 1h30m or 7d"),
        ("36501d", "\"36501d\" is longer than a hundred years"),
        ("99999999999999999999s", "\"99999999999999999999s\" is longer than a hundred years"),
    ])
    func `refuses other lengths of time with a sentence`(text: String, message: String) {
        #expect(throws: QueueError.invalidInput(message)) { try DurationText.milliseconds(text) }
    }

    @Test func `reads sizes`() throws {
        #expect(try ByteText.bytes("64MiB") == 64 << 20)
        #expect(try ByteText.bytes("1GiB") == 1 << 30)
        #expect(try ByteText.bytes("512KiB") == 512 << 10)
        #expect(try ByteText.bytes("4096") == 4096)
        #expect(try ByteText.bytes("7B") == 7)
        for text in [
            "", "MiB", "64MB", "64M", "-1B", "1.5GiB", "60%", "9999999999GiB", "99999999999999999999", "1 KiB",
        ] {
            #expect(throws: QueueError.self) { try ByteText.bytes(text) }
        }
    }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:59:59.999Z", -1),
            ("2026-11-24T02:47:23.5Z", 1_795_488_443_500), ("2000-02-29T12:00:00-05:30", 951_845_400_000),
            ("2024-02-29t23:59:60.1234567z", 1_709_251_200_123), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("2026-01-31 18:00:00+02:00", 1_769_875_200_000),
        ] as [(String, Int64)]
    )
    func `reads instants with an offset`(text: String, milliseconds: Int64) throws {
        #expect(try Rfc3339.wallMilliseconds(text) == milliseconds)
        #expect(try Rfc3339.wallMilliseconds(Rfc3339.text(wallMilliseconds: milliseconds)) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-11-24", "2026-11-24T02:47:23", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01T00:00:61Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00+0200",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00Zx", "26-01-01T00:00:00Z", "2026-1-01T00:00:00Z",
        "２026-01-01T00:00:00Z", "2026-01-01T00:00Z", "tomorrow",
    ])
    func `refuses other instants`(text: String) {
        #expect(throws: QueueError.self) { try Rfc3339.wallMilliseconds(text) }
    }

    @Test func `names the missing offset`() {
        #expect(
            throws: QueueError.invalidInput(
                "\"2026-11-24T02:47:23\" has no offset from UTC; add Z, or one such as +02:00"
            )
        ) { try Rfc3339.wallMilliseconds("2026-11-24T02:47:23") }
    }

    @Test func `writes instants in UTC with milliseconds, and every day comes back`() throws {
        #expect(Rfc3339.text(wallMilliseconds: 0) == "1970-01-01T00:00:00.000Z")
        #expect(Rfc3339.text(wallMilliseconds: -1) == "1969-12-31T23:59:59.999Z")
        #expect(Rfc3339.text(wallMilliseconds: 1_795_488_443_500) == "2026-11-24T02:47:23.500Z")
        for day in stride(from: Int64(-719_000), through: 2_900_000, by: 13) {
            let instant = day * 86_400_000 + 45_296_789
            #expect(try Rfc3339.wallMilliseconds(Rfc3339.text(wallMilliseconds: instant)) == instant)
        }
    }

    @Test(arguments: [
        ("*", "", true), ("*", "abc", true), ("a*c", "abbbc", true), ("a*c", "abbbd", false), ("?", "ü", true),
        ("?", "", false), ("a?c", "a€c", true), ("task-*-0?", "task-x-y-07", true), ("", "", true), ("", "a", false),
        ("*a*b*", "xxaxxbxx", true), ("*a*b*", "xxbxxaxx", false), ("abc", "abc", true), ("abc", "ABC", false),
        ("a**", "a", true), ("??", "𝄞", false),
    ])
    func `matches whole texts`(pattern: String, text: String, isMatch: Bool) {
        #expect(Glob(pattern).matches(text) == isMatch)
    }

    @Test func `a hostile pattern costs no more than pattern times text`() {
        let pattern = Glob(String(repeating: "a*", count: 200) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 5_000)))
        #expect(Glob("task-1").isLiteral)
        #expect(!Glob("task-?").isLiteral)
    }

    @Test(
        arguments: [
            ("timout_ms", "timeout_ms"), ("timeout", "timeout_ms"), ("Priority", "priority"),
            ("max-retry", "max_retry"),
            ("payolad", "payload"), ("idd", "id"), ("dealy_ms", "delay_ms"), ("zzz", nil), ("", nil),
            (String(repeating: "x", count: 10_000), nil),
        ] as [(String, String?)]
    )
    func `offers the name that was probably meant`(name: String, expected: String?) {
        let names = ["id", "payload", "timeout_ms", "max_retry", "priority", "delay_ms"]
        #expect(ClosestName.of(name, among: names) == expected)
    }

    @Test func `nothing raw reaches a terminal`() {
        #expect(TerminalText.visible("plain") == "plain")
        #expect(TerminalText.visible("a\u{1B}[31mb\n\t\u{7F}") == "a␛[31mb␊␉␡")
        #expect(
            TerminalText.visible("\u{9B}\u{202E}\u{2066}\u{FEFF}\u{E0041}")
                == "<U+009B><U+202E><U+2066><U+FEFF><U+E0041>"
        )
        #expect(TerminalText.visible("Größe 👩‍💻 日本") == "Größe 👩‍💻 日本")
        #expect(TerminalText.visible([0x61, 0xff, 0x1b]) == "a\u{FFFD}␛")
        #expect(TerminalText.visibleLines("a\r\nb\u{1B}") == "a␍\nb␛")
        #expect(TerminalText.excerpt(String(repeating: "x", count: 50)) == String(repeating: "x", count: 40) + "…")
    }
}
