internal import BeaverQueue

/// The names of the lists that share one place, on its upper border: where each stands, for drawing and for the mouse.
struct Tabs {
    struct Tab {
        let pane: Pane
        let text: String
        let columns: Range<Int>
    }

    /// The border's row; nil where every list has a place of its own, or a filter has taken it.
    let row: Int?
    private(set) var tabs: [Tab] = []
    /// Behind the last one.
    private(set) var end = 3
    private(set) var separator = " · "

    init(_ model: Model, _ layout: MainLayout) {
        guard model.filter == nil, layout.form == .stacked || layout.form == .single, let box = layout.boxes.last else {
            self.row = nil
            return
        }
        self.row = box.area.row
        let room = model.size.columns - 2
        let panes = layout.form == .stacked ? Array(Pane.allCases.dropFirst()) : Pane.allCases
        let shown = layout.form == .stacked ? model.lower : model.focus
        let names = panes.map { model.name(of: $0) }
        let isShort = names.reduce(0) { $0 + TextWidth.of($1) + 3 } + 4 > room
        if isShort { self.separator = " " }
        for (place, pane) in panes.enumerated() {
            if place > 0 { self.end += TextWidth.of(self.separator) }
            let name = isShort && pane != shown ? String(pane.rawValue) : names[place]
            let text = pane == shown ? "[\(name)]" : name
            let width = TextWidth.of(text)
            guard self.end + width < room else { break }
            self.tabs.append(Tab(pane: pane, text: text, columns: self.end..<self.end + width))
            self.end += width
        }
        self.end = min(self.end, room)
    }

    func hit(row: Int, column: Int) -> Pane? {
        row == self.row ? self.tabs.first { $0.columns.contains(column) }?.pane : nil
    }
}

extension Model {
    /// "4 Done 3,120".
    func name(of pane: Pane) -> String {
        guard pane != .events else { return "6 Events" }
        return "\(pane.rawValue) \(pane.title) \(self.view == nil ? "-" : Figures.grouped(self.count(of: pane)))"
    }

    func count(of pane: Pane) -> Int {
        pane == .events ? self.events.count : self.status.map { pane.count(in: $0.jobs) } ?? 0
    }
}
