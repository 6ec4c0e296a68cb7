import BeaverQueue
import Testing

@Suite struct JobsFileOptionsTests {
    @Test(
        arguments: [
            ("jobs.json", "jobs"), ("/a/b.c/jobs.tar.json", "jobs.tar"), (".hidden", ".hidden"), ("x", "x"), ("-", nil),
            ("a/b.ndjson", "b"),
        ] as [(String, String?)]
    )
    func `names come from the file`(path: String, name: String?) {
        #expect(JobsFileOptions.name(ofFile: path) == name)
    }

    @Test func `a name that cannot begin ids refuses the file`() {
        let check = JobsFileReader.check(Array("{\"payload\":1}".utf8), options: JobsFileOptions(name: "a\u{1B}b"))
        let fault = check.faults.first
        #expect(check.faultCount == 1)
        #expect(check.jobs.isEmpty)
        #expect(fault?.entry == 0)
        #expect(fault?.message.contains("a␛b") == true)
        #expect(fault?.message.contains("--name") == true)
    }
}
