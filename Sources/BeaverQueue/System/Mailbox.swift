/// Work handed to one thread, in order.
package final class Mailbox<Element: Sendable>: Sendable {
    private struct Box {
        var elements: [Element] = []
        var isClosed = false
        /// Somebody waits and was not woken yet.
        var isWaiting = false
    }

    private let box = Lock(Box())

    package init() {}

    package func post(_ element: Element) {
        let mustWake = self.box.withLock { box in
            box.elements.append(element)
            defer { box.isWaiting = false }
            return box.isWaiting
        }
        if mustWake { self.box.signal() }
    }

    package func post(_ elements: [Element]) {
        let mustWake = self.box.withLock { box in
            box.elements.append(contentsOf: elements)
            defer { box.isWaiting = false }
            return box.isWaiting
        }
        if mustWake { self.box.signal() }
    }

    /// What is there is still handed out; then `take` returns nil.
    package func close() {
        self.box.withLock { $0.isClosed = true }
        self.box.broadcast()
    }

    /// All that is there; waits for the first.
    ///
    /// Nil when closed and empty.
    package func take() -> [Element]? {
        self.box.wait { box -> [Element]?? in
            box.isWaiting = box.elements.isEmpty && !box.isClosed
            if box.isWaiting { return nil }
            if box.elements.isEmpty { return .some(nil) }
            defer { box.elements = [] }
            return .some(box.elements)
        }
    }

    /// As `take`, but returns an empty array after `nanoseconds`.
    package func take(nanoseconds: Int64) -> [Element]? {
        let taken = self.box.wait(nanoseconds: nanoseconds) { box -> [Element]?? in
            box.isWaiting = box.elements.isEmpty && !box.isClosed
            if box.isWaiting { return nil }
            if box.elements.isEmpty { return .some(nil) }
            defer { box.elements = [] }
            return .some(box.elements)
        }
        return taken ?? []
    }
}
