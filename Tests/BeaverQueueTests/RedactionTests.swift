import BeaverQueue
import Testing

@Suite struct RedactionTests {
    private let redaction = Redaction(["password", "token", "Authorization"])

    private func json(_ text: String) -> String {
        String(decoding: self.redaction.json(Array(text.utf8)), as: UTF8.self)
    }

    @Test func valuesOfMatchingKeysBecomeDots() {
        #expect(self.json(#"{"password":"x","a":1}"#) == #"{"password":"•••","a":1}"#)
        #expect(self.json(#"{"a":{"API_TOKEN" : [1,{"b":"]"}]},"c":2}"#) == #"{"a":{"API_TOKEN" : "•••"},"c":2}"#)
        #expect(self.json(#"{"dbPassword":12.5}"#) == #"{"dbPassword":"•••"}"#)
        #expect(self.json(#"{"pass\u0077ord":"x"}"#).contains("x\"") == false)
        #expect(self.json(#"["password","x"]"#) == #"["password","x"]"#)
        #expect(self.json(#"{"tokens":1,"passwords":2}"#) == #"{"tokens":1,"passwords":2}"#)
        #expect(self.json(#"{"pass-word!":1,"word":2,"":3}"#) == #"{"pass-word!":"•••","word":2,"":3}"#)
    }

    /// A list shows the beginning of a payload only, cut at any byte.
    @Test(arguments: 1..<35) func noPrefixShowsASecret(_ count: Int) {
        let text = #"{"a":"\"","token":"hunter2","b":1}"#
        #expect(!self.json(String(text.prefix(count))).contains("hunter2"))
        #expect(!self.json(String(text.prefix(count))).contains("h"))
    }

    @Test func textHidesWhatFollowsAName() {
        #expect(self.redaction.text("curl --password hunter2 x") == "curl --password ••• x")
        #expect(self.redaction.text("DB_PASSWORD=hunter2 run") == "DB_PASSWORD=••• run")
        #expect(self.redaction.text("-H 'Authorization: Bearer abc.def' u") == "-H 'Authorization: •••' u")
        #expect(self.redaction.text(#"x "token": "a b" y"#) == #"x "token": ••• y"#)
        #expect(self.redaction.text("the token ring") == "the token ring")
        #expect(self.redaction.text("token=") == "token=")
        #expect(Redaction([]).text("token=a") == "token=a")
    }
}
