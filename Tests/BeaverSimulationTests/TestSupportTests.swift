import BeaverQueue
import BeaverSimulation
import BeaverTestSupport
import Testing

/// The tools of other tests.
@Suite struct TestSupportTests {
    private static func edit(_ editor: ByteEditor) throws {
        try editor.replace(sectors(1, of: 1) + sectors(1, of: 2) + [3])
        #expect(try editor.swapSectors(0, 1))
        #expect(try editor.bytes() == sectors(1, of: 2) + sectors(1, of: 1) + [3])
        #expect(try !editor.swapSectors(1, 2))
        #expect(try editor.cut(at: 4))
        #expect(try !editor.cut(at: 4))
        #expect(try editor.flip(bit: 7, at: 1))
        #expect(try !editor.flip(at: 4))
        #expect(try editor.zero(3..<9))
        #expect(try editor.overwrite([7, 7], at: 0))
        #expect(try editor.append([9]))
        #expect(try editor.bytes() == [7, 7, 2, 0, 9])
    }

    @Test func editsASimulatedFile() throws {
        let storage = SimulatedStorage()
        try Self.edit(ByteEditor(storage, "d/a"))
        #expect(storage.crash(seed: 1, .allLost).contents(of: "d/a") == [7, 7, 2, 0, 9])
        #expect(throws: QueueError.self) { try ByteEditor(storage, "d/b").bytes() }
    }

    @Test func editsARealFile() async throws {
        try await withTemporaryDirectory { directory in
            try Self.edit(ByteEditor(realPath: directory + "/a"))
            #expect(throws: QueueError.self) { try ByteEditor(realPath: directory + "/b").bytes() }
        }
    }

    @Test func waitsUntilItIsSo() async throws {
        var looks = 0
        try await waitUntil("three looks") {
            looks += 1
            return looks == 3
        }
        #expect(looks == 3)
    }

    @Test func doesNotWaitForEver() async {
        await #expect(throws: WaitedInVain.self) {
            try await waitUntil("the end of time", limit: .milliseconds(5)) { false }
        }
    }
}
