/// All that the engine keeps in memory of one job: 64 bytes.
///
/// Id, payload and history stay in the files.
///
/// Everything here is stored state, which follows from the events alone and is covered by the fingerprint, but for
/// `isReady` and the `link` of a job that waits in a first-in-first-out list.
package struct JobSlot: Sendable, Equatable, BitwiseCopyable {
    package enum State: UInt8, Sendable {
        case pending = 0
        case inFlight = 1
        case completed = 2
        case dead = 3
        case cancelled = 4
    }

    /// Keyed hash of the id.
    package var id: JobFingerprint
    /// ENQUEUE sequence number (48 bits), priority (4), state (3), flags (9).
    private var identity: UInt64
    /// Order number (48 bits): the ENQUEUE's, or the REVIVE's.
    ///
    /// Action (16).
    private var order: UInt64
    /// Sequence number of the last record about this job (48 bits), runs (16).
    private var progress: UInt64
    /// Payload length (24 bits), interruptions (8), CRC32C of the payload (32).
    private var payload: UInt64
    /// Wall milliseconds: due (pending), started (in flight), ended (completed, dead, cancelled).
    package var time: Int64
    /// Waiting first-in-first-out: previous and next slot.
    ///
    /// Returned: length of the delay in milliseconds. In flight: the fencing token.
    package var link: UInt64

    package init(id: JobFingerprint, enqueueSequence: UInt64, priority: UInt8, action: UInt16) {
        self.id = id
        self.identity = enqueueSequence & Self.sequenceMask | UInt64(priority & 0xf) << 48
        self.order = enqueueSequence & Self.sequenceMask | UInt64(action) << 48
        self.progress = enqueueSequence & Self.sequenceMask
        self.payload = 0
        self.time = 0
        self.link = 0
    }

    private static let sequenceMask: UInt64 = 1 << 48 - 1
    private static let stateShift: UInt64 = 52
    private static let onceBit: UInt64 = 1 << 55
    private static let generatedBit: UInt64 = 1 << 56
    private static let cancelAskedBit: UInt64 = 1 << 57
    private static let simulatedBit: UInt64 = 1 << 58
    private static let returnedBit: UInt64 = 1 << 59
    private static let wallClockBit: UInt64 = 1 << 60
    private static let readyBit: UInt64 = 1 << 61

    @inline(__always)
    private func flag(_ bit: UInt64) -> Bool { self.identity & bit != 0 }

    @inline(__always)
    private mutating func set(_ bit: UInt64, _ isOn: Bool) {
        if isOn { self.identity |= bit } else { self.identity &= ~bit }
    }

    /// Names the job for ever, and its payload in the files.
    package var enqueueSequence: UInt64 { self.identity & Self.sequenceMask }

    package var priority: UInt8 { UInt8(truncatingIfNeeded: self.identity >> 48 & 0xf) }

    package var state: State {
        get { State(rawValue: UInt8(truncatingIfNeeded: self.identity >> Self.stateShift & 7)) ?? .dead }
        set {
            self.identity &= ~(7 << Self.stateShift)
            self.identity |= UInt64(newValue.rawValue) << Self.stateShift
        }
    }

    /// Never run twice.
    package var isOnce: Bool {
        get { self.flag(Self.onceBit) }
        set { self.set(Self.onceBit, newValue) }
    }
    /// The queue made the id up: nothing needs to remember it once the job is gone.
    package var hasGeneratedID: Bool {
        get { self.flag(Self.generatedBit) }
        set { self.set(Self.generatedBit, newValue) }
    }
    /// A running job was told to end.
    package var isCancelAsked: Bool {
        get { self.flag(Self.cancelAskedBit) }
        set { self.set(Self.cancelAskedBit, newValue) }
    }
    /// Completed without work, in a store without handlers.
    package var isSimulated: Bool {
        get { self.flag(Self.simulatedBit) }
        set { self.set(Self.simulatedBit, newValue) }
    }
    /// Waits in a heap instead of a list: delayed, retried, interrupted or revived, so its order number is not the newest.
    package var isReturned: Bool {
        get { self.flag(Self.returnedBit) }
        set { self.set(Self.returnedBit, newValue) }
    }
    /// `time` follows the wall clock (`run_at`) instead of the boot-time clock (delays).
    package var isDueByWallClock: Bool {
        get { self.flag(Self.wallClockBit) }
        set { self.set(Self.wallClockBit, newValue) }
    }

    /// Stands in a ready list or heap now.
    ///
    /// Not stored state: it follows from time, handlers and syncs.
    package var isReady: Bool {
        get { self.flag(Self.readyBit) }
        set { self.set(Self.readyBit, newValue) }
    }

    package var orderSequence: UInt64 {
        get { self.order & Self.sequenceMask }
        set { self.order = self.order & ~Self.sequenceMask | newValue & Self.sequenceMask }
    }
    package var action: UInt16 { UInt16(truncatingIfNeeded: self.order >> 48) }

    package var lastSequence: UInt64 {
        get { self.progress & Self.sequenceMask }
        set { self.progress = self.progress & ~Self.sequenceMask | newValue & Self.sequenceMask }
    }
    /// Runs started since ENQUEUE or REVIVE; those that consumed nothing are taken back.
    package var runs: Int {
        get { Int(self.progress >> 48) }
        set { self.progress = self.progress & Self.sequenceMask | UInt64(UInt16(clamping: newValue)) << 48 }
    }

    package var payloadLength: Int {
        get { Int(self.payload & 0xff_ffff) }
        set { self.payload = self.payload & ~0xff_ffff | UInt64(newValue) & 0xff_ffff }
    }
    /// Runs ended by a crash of the queue since ENQUEUE or REVIVE.
    package var interruptions: Int {
        get { Int(self.payload >> 24 & 0xff) }
        set { self.payload = self.payload & ~0xff00_0000 | UInt64(UInt8(clamping: newValue)) << 24 }
    }
    package var payloadChecksum: UInt32 {
        get { UInt32(truncatingIfNeeded: self.payload >> 32) }
        set { self.payload = self.payload & 0xffff_ffff | UInt64(newValue) << 32 }
    }

    /// In flight only.
    package var token: UInt64 { self.link }
    /// Returned and pending only: what the delay was, in milliseconds, to clamp what remains of it after a restart.
    package var delayMilliseconds: Int64 { Int64(clamping: self.link) }
    /// Waits in a first-in-first-out list, whose links are not stored state.
    package var isInList: Bool { self.state == .pending && !self.isReturned }

    package var fingerprint: StateFingerprint {
        var mixer = FingerprintMixer(domain: 1)
        mixer.mix(self.id.high)
        mixer.mix(self.id.low)
        mixer.mix(self.identity & ~Self.readyBit)
        mixer.mix(self.order)
        mixer.mix(self.progress)
        mixer.mix(self.payload)
        mixer.mix(UInt64(bitPattern: self.time))
        mixer.mix(self.isInList ? 0 : self.link)
        return mixer.finish()
    }
}

/// The list links of a slot that waits first in, first out.
extension JobSlot {
    package static let noSlot = UInt32.max

    package var previousSlot: UInt32 {
        get { UInt32(truncatingIfNeeded: self.link >> 32) }
        set { self.link = self.link & 0xffff_ffff | UInt64(newValue) << 32 }
    }
    package var nextSlot: UInt32 {
        get { UInt32(truncatingIfNeeded: self.link) }
        set { self.link = self.link & ~0xffff_ffff | UInt64(newValue) }
    }
}

/// All of it but the id, as it stands in a snapshot.
extension JobSlot {
    package static let storedByteCount = 48

    /// The caller has checked that the bytes are there.
    package init(id: JobFingerprint, decoding bytes: RawSpan, at offset: Int) {
        func word(_ index: Int) -> UInt64 {
            bytes.load(UInt64.self, at: offset + index * 8)
        }
        self.id = id
        self.identity = word(0)
        self.order = word(1)
        self.progress = word(2)
        self.payload = word(3)
        self.time = Int64(bitPattern: word(4))
        self.link = word(5)
    }

    package func encode(into buffer: inout [UInt8]) {
        buffer.appendLittleEndian(self.identity & ~Self.readyBit)
        buffer.appendLittleEndian(self.order)
        buffer.appendLittleEndian(self.progress)
        buffer.appendLittleEndian(self.payload)
        buffer.appendLittleEndian(UInt64(bitPattern: self.time))
        buffer.appendLittleEndian(self.isInList ? 0 : self.link)
    }

    /// Equal but for what is not stored state.
    package func isStored(as other: JobSlot) -> Bool {
        self.id == other.id && self.identity & ~Self.readyBit == other.identity & ~Self.readyBit
            && self.order == other.order && self.progress == other.progress && self.payload == other.payload
            && self.time == other.time && (self.isInList ? 0 : self.link) == (other.isInList ? 0 : other.link)
    }
}
