import BeaverQueue
import BeaverSimulation
import Foundation
import Testing

@Suite struct JSONTextTests {
    private static func text(_ bytes: some Sequence<UInt8>) -> String { String(decoding: Array(bytes), as: UTF8.self) }

    @Test func `escapes what JSON demands and nothing else`() {
        #expect(
            Self.text(JSONText.string("a\"b\\c\n\r\t\u{1}\u{1F}/ü€\u{7F}")) == #""a\"b\\c\n\r\t\u0001\u001f/ü€"#
                + "\u{7F}\""
        )
    }

    @Test func `a string comes back as it was written`() throws {
        var random = Seed(7)
        for _ in 0..<2_000 {
            var text = ""
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                let value =
                    UInt32.random(in: 0...0x11_0000, using: &random) >> UInt32.random(in: 0...14, using: &random)
                if let scalar = Unicode.Scalar(value) { text.unicodeScalars.append(scalar) }
            }
            let object = Array("{\"k\":".utf8) + JSONText.string(text) + Array("}".utf8)
            #expect(JSONText.fault(in: object) == nil)
            let decoded = try JSONDecoder().decode([String: String].self, from: Data(object))
            #expect(decoded["k"].map { Array($0.utf8) } == Array(text.utf8))
        }
    }

    @Test func `one line keeps the white space inside of strings`() {
        let text = Array("{ \"a b\" :\n [ 1 ,\t\"x \\\" y\\\\\" ] }\r\n".utf8)
        #expect(Self.text(JSONText.singleLine(text)) == #"{"a b":[1,"x \" y\\"]}"#)
    }

    @Test func `finds members of the top-level object only, the last one of a name`() {
        let text = Array(
            #" {"x":{"ms":1},"\u006ds": 250 ,"v":[1, 2],"s":"a\ud83d\ude00b","n":-5,"f":1.5,"ms":300} "#.utf8
        )
        #expect(JSONText.integerMember("ms", of: text) == 300)
        #expect(JSONText.integerMember("n", of: text) == -5)
        #expect(JSONText.integerMember("f", of: text) == nil)
        #expect(JSONText.member("v", of: text).map(Self.text) == "[1, 2]")
        #expect(JSONText.member("missing", of: text) == nil)
        #expect(JSONText.member("ms", of: Array("[1]".utf8)) == nil)
        #expect(JSONText.member("ms", of: Array("{\"ms\":1".utf8)) == nil)
        #expect(JSONText.member("ms", of: []) == nil)
    }
}
