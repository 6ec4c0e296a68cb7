internal import BeaverQueue

/// The line at the bottom in which text is typed.
extension Model {
    mutating func promptKey(_ key: Key) -> [Effect] {
        guard var prompt = self.prompt else { return [] }
        let before = prompt.text
        switch key {
        case .escape, .control("c"): return self.cancelPrompt(prompt)
        case .enter where prompt.isCompleting:
            self.prompt?.entersCompleted = true
            return []
        case .enter: return self.finish(prompt)
        case .tab: return prompt.purpose == .enqueue ? self.completePath(prompt) : []
        case .up, .down: self.recall(key == .up ? 1 : -1, &prompt)
        case .left: prompt.cursor = max(0, prompt.cursor - 1)
        case .right: prompt.cursor = min(prompt.text.count, prompt.cursor + 1)
        case .home, .control("a"): prompt.cursor = 0
        case .end, .control("e"): prompt.cursor = prompt.text.count
        case .backspace: prompt.remove(-1)
        case .delete, .control("d"): prompt.remove(0)
        case .control("u"):
            prompt.text = String(prompt.text.dropFirst(prompt.cursor))
            prompt.cursor = 0
        case .control("w"): prompt.removeWord()
        case .character(let scalar): prompt.insert(scalar)
        default: break
        }
        return self.edited(prompt, before)
    }

    /// Text goes in as a whole: what it asks for is asked once.
    mutating func pasteIntoPrompt(_ text: String) -> [Effect] {
        guard var prompt = self.prompt else { return [] }
        let before = prompt.text
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7f { prompt.insert(scalar) }
        return self.edited(prompt, before)
    }

    private mutating func edited(_ new: Prompt, _ before: String) -> [Effect] {
        var prompt = new
        prompt.completions = []
        prompt.isCompleting = false
        prompt.entersCompleted = false
        if prompt.text != before { prompt.note = self.note(prompt) }
        self.prompt = prompt
        if prompt.purpose == .filter, prompt.text != before { return self.setFilter(prompt.text) }
        return []
    }

    /// What is wrong with what was typed so far.
    private func note(_ prompt: Prompt) -> String? {
        switch prompt.purpose {
        case .createPayload:
            guard !prompt.text.isEmpty, let fault = JSONText.fault(in: Array(prompt.text.utf8)) else { return nil }
            return "at byte \(fault.offset): \(fault.sentence)"
        default: return nil
        }
    }

    private mutating func cancelPrompt(_ prompt: Prompt) -> [Effect] {
        self.prompt = nil
        guard prompt.purpose == .filter else { return [] }
        self.filter = nil
        return self.askView()
    }

    private mutating func finish(_ prompt: Prompt) -> [Effect] {
        let text = prompt.text.split(separator: " ").isEmpty ? "" : prompt.text
        if !text.isEmpty { self.remember(text, prompt.purpose) }
        switch prompt.purpose {
        case .filter:
            self.prompt = nil
            return []
        case .enqueue:
            self.prompt = nil
            guard !text.isEmpty else { return [] }
            self.sheet = .preview(PreviewState(path: text))
            return [.check(text, FileLimits())]
        case .createAction:
            self.prompt = Prompt(.createPayload(action: text.isEmpty ? "default" : text))
            return []
        case .createPayload(let action):
            let payload = text.isEmpty ? "{}" : text
            if let fault = JSONText.fault(in: Array(payload.utf8)) {
                self.prompt?.note = "at byte \(fault.offset): \(fault.sentence)"
                return []
            }
            self.prompt = nil
            return [.create(action: action, payload: payload)]
        case .write:
            self.prompt = nil
            guard !text.isEmpty else { return [] }
            return [.write(self.shownIDs, path: text)]
        case .limits: return self.finishLimits(text)
        }
    }

    private mutating func remember(_ text: String, _ purpose: Prompt.Purpose) {
        var lines = self.histories[purpose] ?? []
        lines.removeAll { $0 == text }
        lines.append(text)
        self.histories[purpose] = lines.suffix(50)
    }

    private func recall(_ step: Int, _ prompt: inout Prompt) {
        let lines = self.histories[prompt.purpose] ?? []
        guard !lines.isEmpty else { return }
        let place = (prompt.historyPlace ?? 0) + step
        guard place > 0 else {
            prompt.historyPlace = nil
            prompt.text = ""
            prompt.cursor = 0
            return
        }
        let bounded = min(place, lines.count)
        prompt.historyPlace = bounded
        prompt.text = lines[lines.count - bounded]
        prompt.cursor = prompt.text.count
    }

    private mutating func completePath(_ prompt: Prompt) -> [Effect] {
        self.prompt?.isCompleting = true
        return [.complete(prompt.text)]
    }

    mutating func took(completions names: [String], of text: String) -> [Effect] {
        // Typing went on meanwhile.
        guard var prompt = self.prompt, prompt.purpose == .enqueue, prompt.text == text else { return [] }
        // No line has room for more.
        prompt.completions = names.count > 1 ? Array(names.prefix(100)) : []
        if names.isEmpty {
            prompt.note = "nothing begins like this"
        } else if let common = Self.commonPrefix(names), common.count >= text.count {
            prompt.text = common
            prompt.cursor = common.count
            prompt.note = nil
        }
        let isChosen = prompt.entersCompleted && names.count == 1
        prompt.isCompleting = false
        prompt.entersCompleted = false
        self.prompt = prompt
        return isChosen ? self.finish(prompt) : []
    }

    static func commonPrefix(_ names: [String]) -> String? {
        guard var common = names.first else { return nil }
        for name in names.dropFirst() {
            while !name.hasPrefix(common) { common.removeLast() }
        }
        return common
    }

    // MARK: Writing and limits

    /// The jobs of the list in sight.
    var shownIDs: [String] {
        switch self.sheet {
        case .detail(let state): [state.id]
        case .errors(let state): state.jobs.map(\.id)
        default: self.marks.isEmpty ? self.focused.rows.map(\.id) : self.marks.sorted()
        }
    }

    mutating func askWrite() -> [Effect] {
        guard !self.shownIDs.isEmpty else {
            self.notify("there is nothing to write", .dim)
            return []
        }
        var prompt = Prompt(.write, text: "jobs.json")
        prompt.note = "\(Figures.count(self.shownIDs.count, "job")), as a file that e takes back"
        self.prompt = prompt
        return []
    }

    /// "30s 3": a time-out and a number of retries.
    private mutating func finishLimits(_ text: String) -> [Effect] {
        guard case .preview(var state) = self.sheet else {
            self.prompt = nil
            return []
        }
        let words = text.split(separator: " ").map(String.init)
        var limits = FileLimits()
        for word in words {
            if let retries = UInt16(word), retries <= 10_000 {
                limits.maxRetry = retries
            } else if let milliseconds = try? DurationText.milliseconds(word), milliseconds <= 86_400_000 {
                limits.timeoutMilliseconds = UInt32(milliseconds)
            } else {
                self.prompt?.note = "\(word)? write a time-out and a number of retries, as in 10m 3"
                return []
            }
        }
        self.prompt = nil
        state.limits = limits
        state.check = nil
        self.sheet = .preview(state)
        return [.check(state.path, limits)]
    }
}

extension Prompt {
    mutating func insert(_ scalar: Unicode.Scalar) {
        guard self.text.utf8.count < 4_096 else { return }
        let place = self.text.index(self.text.startIndex, offsetBy: self.cursor)
        let count = self.text.count
        self.text.unicodeScalars.insert(scalar, at: place)
        // A combining mark joins the character before it.
        self.cursor = min(self.text.count, self.cursor + max(0, self.text.count - count))
        self.historyPlace = nil
    }

    /// The character before the cursor (-1), or at it (0).
    mutating func remove(_ offset: Int) {
        let place = self.cursor + offset
        guard place >= 0, place < self.text.count else { return }
        self.text.remove(at: self.text.index(self.text.startIndex, offsetBy: place))
        self.cursor = min(place, self.text.count)
    }

    mutating func removeWord() {
        while self.cursor > 0, self.character(before: self.cursor) == " " { self.remove(-1) }
        while self.cursor > 0, self.character(before: self.cursor) != " " { self.remove(-1) }
    }

    private func character(before place: Int) -> Character {
        self.text[self.text.index(self.text.startIndex, offsetBy: place - 1)]
    }
}
