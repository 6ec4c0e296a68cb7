/// Work that one of several threads takes: the leader.
///
/// The leader may resign in order to block, and lead again afterwards: meanwhile a follower takes what comes, but nobody is
/// woken as long as nothing comes. So work that alternates between deciding and blocking stays on one thread, and decisions
/// never wait for what blocks. (The Leader/Followers pattern of Schmidt, O'Ryan, Kircher and Pyarali, 2000, with the
/// promotion put off until there is something to do.)
///
/// Whoever waits is woken in the order last in, first out: the thread that slept the shortest has the warmest caches.
package final class LeaderMailbox<Element: Sendable>: Sendable {
    private struct Box {
        var elements: [Element] = []
        var isClosed = false
        var isLed = false
        /// When somebody must lead although nothing came, in boot-time nanoseconds.
        var wake: Int64?
        /// Who sleeps, each until its time.
        var sleepers: [(parking: Parking, until: Int64)] = []
        /// Somebody was woken and has not looked yet: it will see all that comes until then.
        var isWaking = false

        /// The sleeper to wake now, if any.
        mutating func promoted() -> Parking? {
            guard !self.isLed, !self.isWaking, !self.sleepers.isEmpty else { return nil }
            if self.elements.isEmpty, !self.isClosed {
                guard let wake = self.wake, !self.sleepers.contains(where: { $0.until <= wake }) else { return nil }
            }
            self.isWaking = true
            return self.sleepers.removeLast().parking
        }

        /// Whether the caller leads now, with all that came; nil: there is nothing to lead for.
        mutating func take(into taken: inout [Element], _ now: Int64) -> Bool? {
            guard !self.isLed else { return nil }
            if self.elements.isEmpty {
                if self.isClosed { return false }
                guard let wake = self.wake, wake <= now else { return nil }
            }
            self.isLed = true
            // Its time has come, or is set anew; in the past it would let nobody sleep who waits for this leader.
            self.wake = nil
            // The two take turns, so that neither grows anew for each turn.
            swap(&self.elements, &taken)
            return true
        }
    }

    private let box = Lock(Box())
    private let clock: @Sendable () -> Int64
    /// A burst does not keep its memory.
    private static var keptCapacity: Int { 8_192 }

    /// `clock`: boot-time nanoseconds.
    package init(clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
    }

    package func post(_ element: Element) {
        self.change { $0.elements.append(element) }
    }

    package func post(_ elements: [Element]) {
        self.change { $0.elements.append(contentsOf: elements) }
    }

    /// What is there is still handed out; then `lead` returns false.
    package func close() {
        // One wakes the next.
        self.change { $0.isClosed = true }
    }

    /// Waits until nobody else leads and there is something to do; then the caller leads, with all that came.
    ///
    /// - Parameters:
    ///   - last: what the caller did since it resigned, put behind all that came meanwhile.
    ///   - taken: what came, in place of what was in it; nothing when the time given by the last leader has come.
    /// - Returns: false when closed and empty.
    package func lead(after last: Element? = nil, _ taken: inout [Element], _ parking: Parking) -> Bool {
        self.lead(&taken, parking) { box in
            if let last { box.elements.append(last) }
        }
    }

    /// As `lead`, by the leader, who waits for more.
    ///
    /// - Parameter wake: boot-time nanoseconds at which somebody leads even if nothing comes; nil: never.
    package func leadOn(wake: Int64?, _ taken: inout [Element], _ parking: Parking) -> Bool {
        self.lead(&taken, parking) { box in
            box.isLed = false
            box.wake = wake
        }
    }

    /// The leader may block from now on, until it asks to lead again.
    package func resign(wake: Int64?) {
        self.change { box in
            box.isLed = false
            box.wake = wake
        }
    }

    private func lead(_ taken: inout [Element], _ parking: Parking, _ begin: (inout Box) -> Void) -> Bool {
        taken.removeAll(keepingCapacity: taken.capacity <= Self.keptCapacity)
        self.box.withLock { begin(&$0) }
        var wasWoken = false
        while true {
            let now = self.clock()
            var until = Int64.max
            let leads = self.box.withLock { box -> Bool? in
                if wasWoken { box.isWaking = false }
                let leads = box.take(into: &taken, now)
                if leads == nil {
                    until = box.wake ?? .max
                    box.sleepers.append((parking, until))
                }
                return leads
            }
            if let leads {
                // The end is passed on from one to the next.
                if !leads { self.change { _ in } }
                return leads
            }
            wasWoken = self.sleep(parking, until == .max ? nil : until - now)
        }
    }

    /// Whether it was woken, rather than that its time has come.
    private func sleep(_ parking: Parking, _ nanoseconds: Int64?) -> Bool {
        guard let nanoseconds else {
            parking.wait()
            return true
        }
        if parking.wait(nanoseconds: nanoseconds) { return true }
        let isAwaited = self.box.withLock { box in
            let place = box.sleepers.firstIndex { $0.parking === parking }
            if let place { box.sleepers.remove(at: place) }
            return place == nil
        }
        // Taken from the list by somebody who is about to wake it.
        if isAwaited { parking.wait() }
        return isAwaited
    }

    private func change(_ body: (inout Box) -> Void) {
        let promoted = self.box.withLock { box in
            body(&box)
            return box.promoted()
        }
        promoted?.wake()
    }

    /// Where one thread sleeps.
    package final class Parking: Sendable {
        private let isWoken = Lock(false)

        package init() {}

        func wake() {
            self.isWoken.withLock { $0 = true }
            self.isWoken.signal()
        }

        func wait() {
            self.isWoken.wait { isWoken in self.take(&isWoken) }
        }

        /// False if it was not woken within `nanoseconds`.
        func wait(nanoseconds: Int64) -> Bool {
            self.isWoken.wait(nanoseconds: nanoseconds) { isWoken in self.take(&isWoken) } != nil
        }

        private func take(_ isWoken: inout Bool) -> Void? {
            guard isWoken else { return nil }
            isWoken = false
            return ()
        }
    }
}
