import BeaverQueue
import Glibc
func seconds() -> Double { var t = timespec(); clock_gettime(CLOCK_MONOTONIC, &t); return Double(t.tv_sec) + Double(t.tv_nsec)/1e9 }
let dir = CommandLine.arguments[1]
let mode = CommandLine.arguments[2]
let n = Int(CommandLine.arguments[3])!
var c = QueueConfiguration(dataDirectory: dir)
c.worker.count = 1000
let q = Queue(c)
q.onLogLine { print($0.level, $0.message) }
let t0 = seconds()
try await q.start()
print("start", seconds() - t0)
let payload = Array(#"{"action":"noop","value":42,"text":"abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz1234567"}"#.utf8)
let t1 = seconds()
switch mode {
case "one":
    try await q.setWorkers(0)
    for i in 0..<n { _ = try await q.enqueue([NewJob(id: "j-\(i)", payload: payload, action: "noop")]) }
case "64":
    try await q.setWorkers(0)
    await withTaskGroup(of: Void.self) { g in
        for k in 0..<64 { g.addTask { for i in 0..<n/64 { _ = try? await q.enqueue([NewJob(id: "j-\(k)-\(i)", payload: payload, action: "noop")]) } } }
    }
case "batch":
    try await q.setWorkers(0)
    for b in 0..<n/1000 { _ = try await q.enqueue((0..<1000).map { NewJob(id: "j-\(b*1000+$0)", payload: payload, action: "noop") }) }
case "life":
    for b in 0..<n/1000 { _ = try await q.enqueue((0..<1000).map { NewJob(id: "j-\(b*1000+$0)", payload: payload, action: "noop") }) }
    try await q.waitUntilIdle()
default: break
}
let t2 = seconds()
print(mode, n, "in", t2 - t1, "s:", Double(n)/(t2-t1), "/s")
let s = try await q.status()
print(s.jobs, s.wal, s.snapshot, s.jobs.isBalanced)
if CommandLine.arguments.count > 4 { kill(getpid(), SIGKILL) }
let t3 = seconds()
try await q.stop(now: false)
print("stop", seconds() - t3)
