/// Every key, by place: generated from the table that handles them.
package enum HelpText {
    package static func lines(_ keys: KeyMap, width: Int = .max) -> [String] {
        var lines: [String] = []
        for place in Place.allCases where place != .help && place != .recovery {
            let rows = self.rows(keys, place)
            guard !rows.isEmpty else { continue }
            if !lines.isEmpty { lines.append("") }
            lines.append(place.rawValue)
            for row in rows {
                let texts = TextWidth.wrap(row.help, to: max(20, width - 19))
                let names = row.keys.utf8.count <= 16 ? TextWidth.left(row.keys, 16) : row.keys
                lines.append("  \(names) \(texts.first ?? "")")
                lines += texts.dropFirst().map { String(repeating: " ", count: 19) + $0 }
            }
        }
        return lines
    }

    /// The line of a place's heading.
    static func start(of place: Place, _ keys: KeyMap, width: Int) -> Int {
        self.lines(keys, width: width).firstIndex(of: place.rawValue) ?? 0
    }

    /// Keys with the same meaning in one row; those of every place stand with the main screen.
    package static func rows(_ keys: KeyMap, _ place: Place) -> [(keys: String, help: String)] {
        var rows: [(keys: String, help: String)] = []
        var panes: Int?
        for binding in keys.bindings(in: place) {
            if place != .main, binding.places.contains(.main), binding.action != .back { continue }
            if case .pane(let number) = binding.action {
                if panes == nil { rows.append(("", "that pane")) }
                panes = panes ?? rows.count - 1
                rows[panes ?? 0].keys = "1-\(number)"
                continue
            }
            if case .choose = binding.action {
                if !rows.contains(where: { $0.keys == "0-4" }) {
                    rows.append(("0-4", "choose an entry; Enter does it"))
                }
                continue
            }
            if let same = rows.firstIndex(where: { $0.help == binding.help }) {
                rows[same].keys += ", " + binding.keys.map(\.name).joined(separator: ", ")
                continue
            }
            rows.append((binding.keys.map(\.name).joined(separator: ", "), binding.help))
        }
        return rows
    }
}

extension View {
    mutating func drawHelp(from line: Int) {
        let area = MainLayout.Area(
            row: 1,
            column: 0,
            rows: max(2, self.size.rows - 1),
            columns: self.size.columns
        )
        let lines = HelpText.lines(self.model.keys, width: area.columns - 4)
        let height = max(1, area.rows - 2)
        let end = min(lines.count, line + height)
        self.drawBox(
            area,
            title: "Every key",
            remark: "\(line + 1)-\(end) of \(lines.count)",
            foot: "arrows, PgDn   Esc back",
            isFocused: true
        )
        for (place, text) in lines.dropFirst(line).prefix(height).enumerated() {
            let isHead = !text.hasPrefix(" ")
            self.screen.put(
                TextWidth.cut(text, to: area.columns - 4),
                row: area.row + 1 + place,
                column: 2,
                style: isHead ? .title : .plain
            )
        }
    }
}
