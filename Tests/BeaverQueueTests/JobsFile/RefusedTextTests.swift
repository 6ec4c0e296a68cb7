import BeaverQueue
import Testing

/// What of an input became no job can be cut out of it, wherever the pieces of the input end.
@Suite struct RefusedTextTests {
    private static let long = String(repeating: "x", count: 140_000)

    /// The refused texts of a file of jobs.
    @Test(
        arguments: [
            (#"[{"payload":1},{"payload":2}]"#, []),
            (#"[{"payload":1}, {"pay":2}, {"payload":3}, 5]"#, [#"{"pay":2}"#, "5"]),
            (#"[{"id":"a","payload":1},{"id":"a","payload":2}]"#, [#"{"id":"a","payload":2}"#]),
            (#"[{"payload":1},{"payload":x},{"payload":3}]"#, [#"{"payload":x}"#]),
            (#"[{"payload":1} {"payload":2}]"#, []),
            // Where it ends cannot be told: whatever follows is in no job.
            (#"[{"payload":1},{"payload":"x},{"payload":3}]"#, [#"{"payload":"x},{"payload":3}]"#]),
            (#"[{"payload":1},{"payload":2"#, [#"{"payload":2"#]), (#"[{"payload":1},]"#, []),
            (#"[{"payload":1}"#, []), (#"[{"payload":1}] more"#, ["more"]),
            ("{\"payload\":1}\n{\"pay\":2}\n{\"payload\":3}", [#"{"pay":2}"#]),
            ("{\"payload\":}\n{\"payload\":2}", ["{\"payload\":}\n"]),
            ("{\"payload\":1}\nhello world\n{\"payload\":2}\n7\n", ["hello world\n", "7\n"]),
            ("{\"payload\":\n[1,\n2\n{\"payload\":2}\n", ["{\"payload\":\n[1,\n2\n"]),
        ]
    )
    func ofJobs(text: String, refused: [String]) {
        for pieceBytes in [1, 2, 3, 7, text.utf8.count] {
            let found = Self.refused(text, pieceBytes, JobsStream(options: JobsFileOptions(name: "f")))
            #expect(found == refused, "\(pieceBytes) bytes a piece")
        }
    }

    /// The refused texts of a file of commands.
    @Test(
        arguments: [
            ("true\n\n# no\nfalse\n", []), ("true\nec\u{0}ho\nfalse\n\u{0}", ["ec\u{0}ho", "\u{0}"]),
            ("true\n\(long)\nfalse\n", [long]), ("#\(long)\n\(long)", [long]),
            ("#\(long)\n\(long)\n\(long)", [long, long]),
        ]
    )
    func ofCommands(text: String, refused: [String]) {
        for pieceBytes in [text.utf8.count > 100_000 ? 9_973 : 1, 65_536, text.utf8.count] {
            let found = Self.refused(text, pieceBytes, LinesStream(options: JobsFileOptions(name: "f")))
            #expect(found.map(\.count) == refused.map(\.count), "\(pieceBytes) bytes a piece")
            #expect(found == refused)
        }
    }

    private static func refused(_ text: String, _ pieceBytes: Int, _ stream: any JobStream) -> [String] {
        var stream = stream
        let bytes = Array(text.utf8)
        var places: [Range<Int64>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            stream.feed(Array(rest.prefix(pieceBytes)))
            rest = rest.dropFirst(pieceBytes)
            // What goes on in the next piece adjoins what was taken.
            places = Self.joined(places + stream.takeRefused())
        }
        stream.finish()
        places = Self.joined(places + stream.takeRefused())
        return places.map { place in
            let end = Int(min(place.upperBound, Int64(bytes.count)))
            return String(decoding: bytes[Int(place.lowerBound)..<end], as: UTF8.self)
        }
    }

    private static func joined(_ places: [Range<Int64>]) -> [Range<Int64>] {
        var joined: [Range<Int64>] = []
        for place in places {
            if let last = joined.last, last.upperBound == place.lowerBound {
                joined[joined.count - 1] = last.lowerBound..<place.upperBound
            } else {
                joined.append(place)
            }
        }
        return joined
    }
}
