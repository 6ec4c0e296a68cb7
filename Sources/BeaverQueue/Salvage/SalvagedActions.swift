/// Numbers and names of actions, put together from a log with holes.
///
/// An ACTION record has no number of its own: it gets the next one. Behind a hole nobody knows how many were declared in it,
/// so a new name waits until the first job names its number: the engine declares the actions of a request in the order in
/// which its jobs need them.
struct SalvagedActions {
    private var known: [Int: String] = [:]
    private var next = 0
    private var waiting: [String] = []
    private var isBehindHole = false
    private var greatest = -1

    /// As a snapshot has them.
    mutating func load(_ names: [String]) {
        for (number, name) in names.enumerated() { self.known[number] = name }
        self.next = max(names.count, self.next)
        self.greatest = max(names.count - 1, self.greatest)
    }

    mutating func noteHole() { self.isBehindHole = true }

    mutating func declare(_ name: String) {
        // Read a second time: a snapshot had it.
        guard !self.known.values.contains(name), !self.waiting.contains(name) else { return }
        guard self.isBehindHole else {
            self.known[self.next] = name
            self.greatest = max(self.next, self.greatest)
            self.next += 1
            return
        }
        self.waiting.append(name)
    }

    mutating func use(_ number: UInt16) {
        let number = Int(number)
        if self.known[number] == nil, number >= self.next, !self.waiting.isEmpty {
            for (place, name) in self.waiting.enumerated() { self.known[number + place] = name }
            self.next = number + self.waiting.count
            self.waiting = []
            self.greatest = max(self.next - 1, self.greatest)
        }
        self.greatest = max(number, self.greatest)
    }

    /// Numbers whose name no file gives.
    var unknown: [Int] { self.greatest < 0 ? [] : (0...self.greatest).filter { self.known[$0] == nil } }

    /// By number; those that are lost get a name that no handler has.
    var names: [String] {
        guard self.greatest >= 0 else { return [] }
        return (0...self.greatest).map { self.known[$0] ?? "lost-action-\($0)" }
    }
}
