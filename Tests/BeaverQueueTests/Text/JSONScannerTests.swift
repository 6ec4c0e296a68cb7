import BeaverQueue
import BeaverSimulation
import Testing

/// What is JSON and what is not, in the manner of JSONTestSuite: `y_` must be accepted, `n_` refused.
@Suite struct JSONScannerTests {
    private static func fault(_ text: String) -> JSONFault? { JSONText.fault(in: Array(text.utf8)) }

    @Test(arguments: [
        "[]", "{}", " [ ] ", "[[]   ]", "[\"\"]", "[\"a\"]", "[false]", "[null, 1, \"1\", {}]", "[null]", "[1\n]",
        " [1]", "[1,null,null,null,2]", "[2] ", "[123e65]", "[0e+1]", "[0e1]", "[ 4]", "[-0.00000000000000000001]",
        "[20e1]", "[-0]", "[-123]", "[-1]", "[1E22]", "[1E-2]", "[1E+2]", "[123e45]", "[123.456e78]", "[1e-2]",
        "[1e+2]", "[123]", "[123.456789]", "{\"asd\":\"sdf\", \"dfg\":\"fgh\"}", "{\"asd\":\"sdf\"}",
        "{\"a\":\"b\",\"a\":\"c\"}", "{\"\":0}", "{\"foo\\u0000bar\": 42}",
        "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }", "{\"a\":[]}", "{\n\"a\": \"b\"\n}", "[\"\\u0060\\u012a\\u12AB\"]",
        "[\"\\uD801\\udc37\"]", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
        "[\"\\\\u0000\"]", "[\"\\\"\"]", "[\"a/*b*/c/*d//e\"]", "[\"\\\\a\"]", "[\"\\u0012\"]", "[\"\\uFFFF\"]",
        "[\"asd\"]", "[ \"asd\"]", "[\"\\uDBFF\\uDFFF\"]", "[\"new\\u00A0line\"]", "[\"\u{10FFFF}\"]",
        "[\"\u{FFFF}\"]", "[\"\\u0000\"]", "[\"π\"]", "[\"\u{1BFFF}\"]", "[\"asd \"]", "\" \"",
        "[\"\\uD834\\uDd1e\"]", "[\"\\u0821\"]", "[\"\u{2028}\u{2029}\"]", "[\"\\u0061\\u30af\\u30EA\\u30b9\"]",
        "[\"\u{7F}\"]", "[\"\\u0022\"]", "[\"€𝄞\"]", "false", "42", "-0.1", "null", "\"asd\"", "true", "[true]",
        "[\"a\"]\n", "\t\r\n{} ",
    ])
    func `y: accepts what RFC 8259 calls JSON`(text: String) {
        #expect(Self.fault(text) == nil)
    }

    @Test(arguments: [
        ("", 0, JSONFault.Reason.ended), (" ", 1, .ended), ("[1 true]", 3, .expectedCommaOrBracket),
        ("[\"\": 1]", 3, .expectedCommaOrBracket), ("[\"\"],", 4, .moreAfterValue), ("[,1]", 1, .expectedValue),
        ("[1,,2]", 3, .expectedValue), ("[\"x\",,]", 5, .expectedValue), ("[\"x\"]]", 5, .moreAfterValue),
        ("[\"\",]", 4, .trailingComma), ("[\"x\"", 4, .ended), ("[x", 1, .expectedValue),
        ("[3[4]]", 2, .expectedCommaOrBracket), ("[1:2]", 2, .expectedCommaOrBracket), ("[,]", 1, .expectedValue),
        ("[-]", 2, .expectedDigit), ("[   , \"\"]", 4, .expectedValue), ("[1,", 3, .ended),
        ("[1,]", 3, .trailingComma), ("[*]", 1, .expectedValue), ("[\"\"", 3, .ended), ("[1,\n1\n,1", 8, .ended),
        ("[{}", 3, .ended), ("[fals]", 1, .misspeltLiteral), ("[nul]", 1, .misspeltLiteral),
        ("[tru]", 1, .misspeltLiteral), ("[True]", 1, .expectedValue), ("[++1]", 1, .expectedValue),
        ("[+1]", 1, .expectedValue), ("[+Inf]", 1, .expectedValue), ("[-01]", 2, .leadingZero),
        ("[-1.0.]", 5, .expectedCommaOrBracket), ("[-2.]", 4, .expectedDigit), ("[-NaN]", 2, .expectedDigit),
        ("[.-1]", 1, .expectedValue), ("[.2e-3]", 1, .expectedValue), ("[0.1.2]", 4, .expectedCommaOrBracket),
        ("[0.3e+]", 6, .expectedDigit), ("[0.3e]", 5, .expectedDigit), ("[0.e1]", 3, .expectedDigit),
        ("[0E+]", 4, .expectedDigit), ("[0E]", 3, .expectedDigit), ("[1.0e-]", 6, .expectedDigit),
        ("[1 000.0]", 3, .expectedCommaOrBracket), ("[1eE2]", 3, .expectedDigit), ("[2.e+3]", 3, .expectedDigit),
        ("[9.e+]", 3, .expectedDigit), ("[Inf]", 1, .expectedValue), ("[NaN]", 1, .expectedValue),
        ("[1+2]", 2, .expectedCommaOrBracket), ("[0x1]", 2, .expectedCommaOrBracket),
        ("[-Infinity]", 2, .expectedDigit), ("[012]", 1, .leadingZero), ("[-foo]", 2, .expectedDigit),
        ("[- 1]", 2, .expectedDigit), ("[1ea]", 3, .expectedDigit), ("[1.]", 3, .expectedDigit),
        ("[.123]", 1, .expectedValue), ("[1.2a-3]", 4, .expectedCommaOrBracket),
        ("[\"x\", truth]", 6, .misspeltLiteral), ("{[: \"x\"}", 1, .expectedName),
        ("{\"x\", null}", 4, .expectedColon), ("{\"x\"::\"b\"}", 5, .expectedValue),
        ("{\"a\":\"a\" 123}", 9, .expectedCommaOrBrace), ("{key: 'value'}", 1, .expectedName),
        ("{\"a\" b}", 5, .expectedColon), ("{:\"b\"}", 1, .expectedName), ("{\"a\" \"b\"}", 5, .expectedColon),
        ("{\"a\":", 5, .ended), ("{\"a\"", 4, .ended), ("{1:1}", 1, .expectedName),
        ("{null:null}", 1, .expectedName), ("{\"id\":0,,,}", 8, .expectedName), ("{'a':0}", 1, .expectedName),
        ("{\"id\":0,}", 8, .trailingComma), ("{\"a\":\"b\"}/**/", 9, .moreAfterValue),
        ("{\"a\":\"b\"}//", 9, .moreAfterValue), ("{\"a\":\"b\",,\"c\":\"d\"}", 9, .expectedName),
        ("{a: \"b\"}", 1, .expectedName), ("{\"a\":\"a", 7, .ended),
        ("{ \"foo\" : \"bar\", \"a\" }", 21, .expectedColon), ("{\"a\":\"b\"}#", 9, .moreAfterValue),
        ("[\"\\uD800\\\"]", 2, .loneSurrogate), ("[\"\\uD800\\u\"]", 10, .expectedHexDigits),
        ("[\"\\uD800\\u1\"]", 11, .expectedHexDigits), ("[\"\\uD800\\u1x\"]", 11, .expectedHexDigits),
        ("[\"\\uD800\"]", 2, .loneSurrogate), ("[\"\\uDC00\"]", 2, .loneSurrogate),
        ("[\"\\uD800\\uD800\"]", 2, .loneSurrogate), ("[\"\\uD800abc\"]", 2, .loneSurrogate),
        ("[\"\\u00A\"]", 7, .expectedHexDigits), ("[\"\\x00\"]", 2, .unknownEscape), ("[\"\\\\\\\"]", 7, .ended),
        ("[\"\\\t\"]", 2, .unknownEscape), ("[\"\\a\"]", 2, .unknownEscape),
        ("[\"\\uqqqq\"]", 4, .expectedHexDigits), ("[\u{201C}a\u{201D}]", 1, .expectedValue),
        ("[\"new\nline\"]", 5, .controlCharacter), ("[\"\t\"]", 2, .controlCharacter),
        ("['single']", 1, .expectedValue), ("abc", 0, .expectedValue), ("\"\\UA66D\"", 1, .unknownEscape),
        ("[\"a\u{0}a\"]", 3, .controlCharacter), ("<.>", 0, .expectedValue), ("[<null>]", 1, .expectedValue),
        ("[1]x", 3, .moreAfterValue), ("aå", 0, .expectedValue), ("[a", 1, .expectedValue),
        ("2@", 1, .moreAfterValue), ("{}}", 2, .moreAfterValue), ("{\"\":", 4, .ended), ("[\"a", 3, .ended),
        ("{,", 1, .expectedName), ("{[", 1, .expectedName), ("{]", 1, .expectedName), ("[}", 1, .expectedValue),
        ("{\"a\"]", 4, .expectedColon), ("[\u{C}]", 1, .expectedValue), ("[\u{2060}]", 1, .expectedValue),
        ("\u{FEFF}[]", 0, .byteOrderMark), ("[1}", 2, .expectedCommaOrBracket),
        ("{\"a\":1]", 6, .expectedCommaOrBrace), ("tru", 3, .ended), ("-", 1, .ended), ("1.", 2, .ended),
    ])
    func `n: refuses everything else, at the first byte that does not fit`(
        text: String,
        offset: Int,
        reason: JSONFault.Reason
    ) {
        #expect(Self.fault(text) == JSONFault(reason, at: offset))
    }

    /// Overlong forms, surrogates, stray and cut-off bytes: each is found at the sequence's first byte.
    @Test(
        arguments: [
            [0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xe0, 0x9f, 0xbf], [0xed, 0xa0, 0x80],
            [0xed, 0xbf, 0xbf], [0xf0, 0x80, 0x80, 0x80], [0xf0, 0x8f, 0xbf, 0xbf], [0xf4, 0x90, 0x80, 0x80],
            [0xf5, 0x80, 0x80, 0x80], [0xff], [0xfe], [0xe9], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98],
            [0xfc, 0x80, 0x80, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `n: refuses bytes that are not UTF-8`(sequence: [UInt8]) {
        for padding in 0..<9 {
            let text = [0x22] + Array(repeating: 0x61, count: padding) + sequence + [0x22]
            #expect(JSONText.fault(in: text) == JSONFault(.invalidUTF8, at: 1 + padding))
        }
    }

    /// A string is looked at eight bytes at a time: its end must be found at each distance, whatever stands before it.
    @Test func `finds the end of a string at each distance`() {
        for length in 0..<40 {
            let plain = String(repeating: "~", count: length)
            #expect(Self.fault("\"\(plain)\"") == nil)
            #expect(Self.fault("[\"\(plain)\",\"!\"]") == nil)
            #expect(Self.fault("\"\(plain)\\n\"") == nil)
            #expect(Self.fault("\"\(plain)\u{1F}\(plain)\"") == JSONFault(.controlCharacter, at: 1 + length))
            #expect(Self.fault("\"\(plain)") == JSONFault(.ended, at: 1 + length))
        }
    }

    @Test func `accepts 512 levels and refuses the 513th at its bracket`() {
        func nested(_ levels: Int) -> String {
            String(repeating: "[", count: levels) + String(repeating: "]", count: levels)
        }
        #expect(Self.fault(nested(512)) == nil)
        #expect(Self.fault(nested(513)) == JSONFault(.tooDeep, at: 512))
        let objects = String(repeating: "{\"a\":", count: 512) + "1" + String(repeating: "}", count: 512)
        #expect(Self.fault(objects) == nil)
        #expect(Self.fault("[" + objects + "]") == JSONFault(.tooDeep, at: 1 + 511 * 5))
    }

    @Test func `refuses 100,000 brackets with a clear sentence`() {
        let fault = Self.fault(String(repeating: "[", count: 100_000))
        #expect(fault == JSONFault(.tooDeep, at: 512))
        #expect(fault?.sentence == "the value is nested more than 512 levels deep")
        #expect(Self.fault(String(repeating: "[{\"\":", count: 100_000))?.reason == .tooDeep)
    }

    /// The property that reading in pieces rests on: only `ended` can be cured by more input.
    @Test func `a prefix of JSON is never refused for another reason than its end`() {
        let text = Array(#" {"a\u00e9\ud83d\ude00":[1,-2.5e+3,"ü€𝄞\n",true,false,null,{"b":{}}],"c":[[],0]} "#.utf8)
        for length in 0..<text.count - 2 {
            #expect(JSONText.fault(in: Array(text[..<length])) == JSONFault(.ended, at: length))
        }
        #expect(JSONText.fault(in: text) == nil)
    }

    @Test func `random changes never trap, and what is accepted stays accepted on one line`() {
        var random = Seed(20_261_124)
        let text = Array(#"{"a":[1,-2.5e+3,"ü€\n\ud83d\ude00",true,null,{"b":{}}],"c":"x"}"#.utf8)
        for _ in 0..<20_000 {
            var changed = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<changed.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: changed[index] = UInt8.random(in: 0...255, using: &random)
                case 1: changed.remove(at: index)
                case 2: changed.insert(changed[Int.random(in: 0..<changed.count, using: &random)], at: index)
                default: changed.removeSubrange(index...)
                }
                if changed.isEmpty { changed = [0x20] }
            }
            if JSONText.fault(in: changed) == nil {
                #expect(JSONText.fault(in: JSONText.singleLine(changed)) == nil)
            }
        }
    }

    @Test func `places count lines and characters from 1`() {
        let text = Array("{\n  \"ü\": 1,\r\n\"€𝄞x\":2}".utf8)
        func place(_ offset: Int) -> TextPosition {
            var place = TextPosition()
            place.advance(over: text.span, 0..<offset)
            return place
        }
        #expect(place(0) == TextPosition(line: 1, column: 1))
        #expect(place(1) == TextPosition(line: 1, column: 2))
        #expect(place(2) == TextPosition(line: 2, column: 1))
        #expect(place(7) == TextPosition(line: 2, column: 5))
        #expect(place(14) == TextPosition(line: 3, column: 1))
        #expect(place(22) == TextPosition(line: 3, column: 4))
        #expect(place(text.count) == TextPosition(line: 3, column: 9))
    }
}
