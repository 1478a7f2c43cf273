//! Tables for people: columns, no borders, as wide as the terminal.
//!
//! Promises: 1. without a terminal each row is one line, whole; 2. every cell is escaped. Refuses: being parsed;
//! programs read the JSON.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement};

use crate::escape::escaped;

/// A table in the making.
pub(crate) struct Table(comfy_table::Table);

impl Table {
    /// A table with these headings; one that begins with `>` heads a column of numbers, one with `~` a column whose
    /// cells may be broken into several lines.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        let bold =
            |heading: &&str| Cell::new(heading.trim_start_matches(['>', '~'])).add_attribute(Attribute::Bold);
        table.set_header(headings.iter().map(bold));
        for (at, heading) in headings.iter().enumerate() {
            if let Some(column) = table.column_mut(at) {
                column.set_padding((0, 2));
                if !heading.starts_with('~') {
                    column.set_constraint(ColumnConstraint::ContentWidth);
                }
                if heading.starts_with('>') {
                    column.set_cell_alignment(CellAlignment::Right);
                }
            }
        }
        Self(table)
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[String]) {
        self.0.add_row(cells.iter().map(|cell| escaped(cell)));
    }

    /// The lines, at most `columns` wide when there is a terminal.
    pub(crate) fn rendered(mut self, columns: Option<u16>, color: bool) -> String {
        match columns {
            // A terminal that does not know its width says 0.
            Some(columns) if columns > 0 => {
                self.0.set_content_arrangement(ContentArrangement::Dynamic).set_width(columns);
            }
            _ => {
                self.0.set_content_arrangement(ContentArrangement::Disabled);
            }
        }
        if color {
            self.0.enforce_styling()
        } else {
            self.0.force_no_tty()
        };
        self.0.trim_fmt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["~NAME", ">BYTES"]);
        table.row(&["tables(\"flights.csv\", 2013)".into(), "7 B".into()]);
        table.row(&["a\nb".into(), "12.0 KiB".into()]);
        table
    }

    #[test]
    fn a_row_is_one_line_without_a_terminal() {
        let lines = "NAME                            BYTES\n\
                     tables(\"flights.csv\", 2013)       7 B\n\
                     a\\nb                         12.0 KiB";
        assert_eq!(table().rendered(None, false), lines);
        assert!(table().rendered(None, true).contains("\u{1b}[1m"));
    }

    #[test]
    fn a_terminal_is_not_overrun_and_numbers_stay_whole() {
        assert_eq!(table().rendered(Some(0), false), table().rendered(None, false));
        let text = table().rendered(Some(24), false);
        assert!(text.lines().all(|line| line.chars().count() <= 24), "{text}");
        assert!(text.lines().count() > 3, "{text}");
        assert!(table().rendered(Some(16), false).contains("12.0 KiB"));
    }
}
