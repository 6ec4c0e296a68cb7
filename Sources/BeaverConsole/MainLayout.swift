internal import BeaverQueue

/// Where each pane of the main screen stands: the one place that decides it, for drawing, for the mouse, and for what is
/// asked of the engine.
struct MainLayout {
    /// A stretch of the screen.
    struct Area {
        var row = 0
        var column = 0
        var rows = 0
        var columns = 0
    }

    enum Form: Equatable {
        /// A single row.
        case row
        /// Up to five rows: counts and state, no list.
        case tiny
        /// One box with one list.
        case single
        /// Running above, one list below.
        case stacked
        /// Every pane beside the others.
        case wide
    }

    let form: Form
    /// Rows above the first box, and below the last one.
    let head: Int
    let foot: Int
    /// The boxes with their borders, in the order of their keys; one that shares its border is drawn with the one above.
    let boxes: [(pane: Pane, area: Area)]
    /// Beside the lists, where there is room.
    let safety: Area?
    let throughput: Area?

    init(_ model: Model) {
        let size = model.size
        var boxes: [(pane: Pane, area: Area)] = []
        self.form = Self.form(model)
        switch self.form {
        case .row, .tiny:
            (self.head, self.foot, self.safety, self.throughput) = (0, 0, nil, nil)
        case .single:
            self.head = size.rows >= 12 ? 3 : 2
            self.foot = (size.rows >= 20 ? 2 : size.rows >= 14 ? 1 : 0) + 1
            (self.safety, self.throughput) = (nil, nil)
            let rows = size.rows - self.head - self.foot
            let pane = model.filter == nil ? model.focus : model.lower
            boxes = [(pane, Area(row: self.head, column: 0, rows: rows, columns: size.columns))]
        case .stacked:
            self.head = 3
            self.foot = (size.rows >= 20 ? 2 : 1) + 1
            (self.safety, self.throughput) = (nil, nil)
            let rows = size.rows - self.head - self.foot
            let available = rows - 5
            let upper = max(2, min(Self.slots(model), available - 5, available * 2 / 3))
            boxes = [
                (.running, Area(row: self.head, column: 0, rows: upper + 2, columns: size.columns)),
                (
                    model.lower,
                    Area(row: self.head + upper + 2, column: 0, rows: rows - upper - 2, columns: size.columns)
                ),
            ]
        case .wide:
            self.head = 3
            let wide = Wide(model)
            self.foot = wide.events + 1
            boxes = wide.boxes
            self.safety = wide.safety
            self.throughput = wide.throughput
        }
        self.boxes = boxes
    }

    /// Rows the running jobs should have: stable, so that the screen does not jump with each start and end.
    static func slots(_ model: Model) -> Int { max(3, model.status?.workers.count ?? 8) }

    private static func form(_ model: Model) -> Form {
        let size = model.size
        if size.rows <= 1 { return .row }
        if size.rows < 7 || size.columns < 24 { return .tiny }
        if model.isZoomed { return .single }
        // A list that has no place of its own there is shown as on smaller screens, so none is out of sight.
        let isWide = size.columns >= 110 && size.rows >= 30 && model.filter == nil
        if isWide, Wide(model).boxes.contains(where: { $0.pane == model.focus }) { return .wide }
        return size.rows >= 18 ? .stacked : .single
    }

    /// The panes in sight.
    var panes: [Pane] { self.boxes.map(\.pane) }

    func area(of pane: Pane) -> Area? { self.boxes.first { $0.pane == pane }?.area }

    /// Rows for jobs in a pane.
    func height(of pane: Pane) -> Int {
        guard let area = self.area(of: pane) else { return 1 }
        return max(1, area.rows - self.overhead(of: pane))
    }

    /// Rows of a box that are no list: borders and heads.
    func overhead(of pane: Pane) -> Int {
        switch (self.form, pane) {
        case (.single, .events): 2
        case (.stacked, .running): 2
        case (.stacked, .events): 2
        case (.wide, .pending): 2
        case (.wide, .scheduled): 2
        case (.wide, .events): 0
        default: 3
        }
    }

    /// What stands at a place: the pane, and the row of its list.
    func hit(row: Int, column: Int) -> (pane: Pane, row: Int?)? {
        for (pane, area) in self.boxes {
            guard (area.row..<area.row + area.rows).contains(row),
                (area.column..<area.column + area.columns).contains(column)
            else { continue }
            let hasHead = pane != .events && !(self.form == .wide && pane == .scheduled)
            let first = area.row + (hasHead ? 2 : 1)
            let place = row - first
            return (pane, place >= 0 && place < self.height(of: pane) ? place : nil)
        }
        return nil
    }
}

/// The form for 110 columns and 30 rows or more: running and safety, waiting and dead, done and throughput, events.
private struct Wide {
    var boxes: [(pane: Pane, area: MainLayout.Area)] = []
    var safety: MainLayout.Area
    var throughput: MainLayout.Area
    var events: Int

    init(_ model: Model) {
        let size = model.size
        let extra = max(0, size.rows - 34)
        self.events = size.rows < 34 ? 1 : 2 + extra / 8
        let body = size.rows - 3 - 1 - self.events
        let right = size.columns >= 180 ? 50 : 40
        let left = size.columns - right
        let slots = MainLayout.slots(model)
        var upper = max(11, min(slots + 3, 11 + extra / 3))
        var lower = 6 + extra / 5
        if body - upper - lower < 9 {
            lower = max(4, body - upper - 9)
            upper = max(8, body - lower - 9)
        }
        let middle = body - upper - lower
        let scheduled = max(2, (middle - 5) / 3)
        var row = 3
        self.boxes.append((.running, MainLayout.Area(row: row, column: 0, rows: upper, columns: left)))
        self.safety = MainLayout.Area(row: row, column: left, rows: upper, columns: right)
        row += upper
        self.boxes.append(
            (.pending, MainLayout.Area(row: row, column: 0, rows: middle - scheduled - 2, columns: left))
        )
        self.boxes.append(
            (
                .scheduled,
                MainLayout.Area(row: row + middle - scheduled - 2, column: 0, rows: scheduled + 2, columns: left)
            )
        )
        let dead = MainLayout.Area(row: row, column: left, rows: middle, columns: right)
        row += middle
        self.boxes.append((.done, MainLayout.Area(row: row, column: 0, rows: lower, columns: left)))
        self.boxes.append((.dead, dead))
        self.throughput = MainLayout.Area(row: row, column: left, rows: lower, columns: right)
        row += lower
        self.boxes.append((.events, MainLayout.Area(row: row, column: 0, rows: self.events, columns: size.columns)))
    }
}
