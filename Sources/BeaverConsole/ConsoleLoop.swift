internal import BeaverQueue

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Events → update → effects → view → screen, on the one thread that owns the terminal.
struct ConsoleLoop: ~Copyable {
    private let console: Console
    private let performer: EffectPerformer
    private var terminal: Terminal
    private var model: Model
    private var pasted: String?
    private let clock = ThreadClock()
    private var meter = FrameMeter()

    init(_ console: Console) throws(QueueError) {
        self.console = console
        self.performer = EffectPerformer(host: console.host) { console.post($0) }
        self.terminal = try Terminal(console.look, errorDescriptor: console.errorDescriptor)
        var settings = console.settings
        settings.isASCII = !self.terminal.hasUTF8
        self.model = Model(
            settings: settings,
            size: self.terminal.size,
            moment: Self.now(),
            isEmbedded: console.isEmbedded
        )
    }

    /// Until someone quits.
    consuming func run() -> String {
        var needsFrame = true
        self.handle(.tick)
        while self.model.quitting != .done {
            if needsFrame { self.draw() }
            let before = self.model.moment.steadyMilliseconds
            let wait = max(0, self.model.wakeAt - self.model.moment.steadyMilliseconds)
            needsFrame = self.take(self.terminal.wait(milliseconds: wait))
            // What came together is drawn once.
            var more = 0
            while needsFrame, more < 100 {
                let event = self.terminal.wait(milliseconds: 0)
                if case .nothing = event { break }
                _ = self.take(event)
                more += 1
            }
            self.model.moment = Self.now()
            for message in self.console.takeMail() {
                self.handle(message)
                needsFrame = true
            }
            self.handle(.tick)
            needsFrame = needsFrame || self.model.moment.steadyMilliseconds >= before + wait
        }
        return self.meter.report
    }

    private mutating func draw() {
        let (before, began) = (self.clock.now(), Self.nanoseconds())
        self.terminal.show(View.screen(of: self.model))
        let (ended, after) = (Self.nanoseconds(), self.clock.now())
        self.meter.note(
            FrameMeter.Frame(
                whole: ended - began,
                worked: after.workedNanoseconds - before.workedNanoseconds,
                queued: after.queuedNanoseconds - before.queuedNanoseconds
            )
        )
    }

    /// Whether it may have changed what is to be seen.
    private mutating func take(_ event: Terminal.Event) -> Bool {
        self.model.moment = Self.now()
        switch event {
        case .nothing: return false
        case .key(let key):
            // Ctrl-C ends a paste whose end was lost on the way.
            if self.pasted != nil, key == .control("c") {
                self.pasted = nil
                return true
            }
            if self.pasted != nil {
                // What stands between the marks of a paste is text, whatever key it looks like.
                if case .character(let scalar) = key { self.pasted?.unicodeScalars.append(scalar) }
                return true
            }
            self.handle(.key(key))
        case .mouse(let mouse, let row, let column): self.handle(.mouse(mouse, row: row, column: column))
        case .pasteBegins: self.pasted = ""
        case .pasteEnds:
            self.handle(.paste(self.pasted ?? ""))
            self.pasted = nil
        case .resized(let size): self.handle(.resized(size))
        case .stopAsked: self.handle(.stopAsked)
        case .endAsked: self.handle(.endAsked)
        case .hungUp: self.handle(.hungUp)
        }
        return true
    }

    private mutating func handle(_ message: Message) {
        for effect in self.model.update(message) {
            switch effect {
            case .redraw: self.terminal.redraw()
            case .dropTyped: self.terminal.dropTyped()
            case .suspend(let line):
                self.console.host.hold()
                self.terminal.suspend(line)
                self.console.host.goOn()
            default: self.performer.perform(effect)
            }
        }
    }

    // MARK: Time

    private static func nanoseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private static func now() -> Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        var parts = tm()
        var seconds = time.tv_sec
        localtime_r(&seconds, &parts)
        let zone = parts.tm_zone.map { String(cString: $0) } ?? "UTC"
        return Moment(
            wallMilliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000,
            steadyMilliseconds: self.nanoseconds() / 1_000_000,
            zoneOffsetSeconds: Int64(parts.tm_gmtoff),
            zoneName: zone
        )
    }
}
