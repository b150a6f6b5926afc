//! A table: columns are dropped whole before any is cut, cut text shows `…`, the cursor is a glyph and reverse.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::put;
use crate::tui::{text, theme};

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its title.
    pub title: &'static str,
    /// The least it needs.
    pub min: u16,
    /// The most it uses.
    pub max: u16,
    /// Whether it holds numbers.
    pub right: bool,
    /// When room is short the highest rank goes first; rank 0 stays.
    pub rank: u8,
}

impl Column {
    /// A column of text that stays.
    pub const fn new(title: &'static str, min: u16, max: u16) -> Self {
        Self {
            title,
            min,
            max,
            right: false,
            rank: 0,
        }
    }

    /// A column of numbers.
    pub const fn number(title: &'static str, width: u16) -> Self {
        Self {
            right: true,
            ..Self::new(title, width, width)
        }
    }

    /// That goes when room is short.
    pub const fn rank(mut self, rank: u8) -> Self {
        self.rank = rank;
        self
    }
}

/// How the cursor's row stands out, beside the glyph in front of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The row in reverse.
    Row,
    /// Its first cell in reverse: where bars would look inside out.
    First,
    /// Not at all.
    Glyph,
}

/// What a cell shows.
pub type Cell = (String, Style);

/// A table about to be drawn.
#[derive(Debug)]
pub struct Table<'a> {
    columns: &'a [Column],
    /// The selected row, counted from the first of all rows; none for no cursor.
    pub selected: Option<usize>,
    /// How the cursor's row stands out.
    pub mark: Mark,
}

impl<'a> Table<'a> {
    /// A table with a cursor on the row with this index.
    pub fn new(columns: &'a [Column], selected: Option<usize>) -> Self {
        Self {
            columns,
            selected,
            mark: Mark::Row,
        }
    }

    /// The width of each column in `width`; none for a dropped one. One blank column lies between two.
    pub fn widths(&self, width: u16) -> Vec<Option<u16>> {
        let mut kept = vec![true; self.columns.len()];
        let need = |kept: &[bool]| {
            let mins = self.columns.iter().zip(kept).filter(|(_, kept)| **kept);
            let (count, sum) = mins.fold((0, 0), |(n, sum), (column, _)| (n + 1, sum + column.min));
            sum + u16::saturating_sub(count, 1)
        };
        while need(&kept) > width {
            let least = (0..kept.len()).filter(|at| kept[*at] && self.columns[*at].rank > 0);
            let Some(rank) = least.map(|at| self.columns[at].rank).max() else {
                break;
            };
            // Columns of one rank belong together: one of two values alone would mislead.
            for (kept, column) in kept.iter_mut().zip(self.columns) {
                *kept &= column.rank != rank;
            }
        }
        let mut spare = width.saturating_sub(need(&kept));
        let mut widths: Vec<u16> = self.columns.iter().map(|column| column.min).collect();
        while spare > 0 {
            let before = spare;
            for (at, column) in self.columns.iter().enumerate() {
                if spare > 0 && kept[at] && widths[at] < column.max {
                    widths[at] += 1;
                    spare -= 1;
                }
            }
            if spare == before {
                break;
            }
        }
        kept.iter()
            .zip(widths)
            .map(|(kept, width)| kept.then_some(width))
            .collect()
    }

    /// Draws the titles in the first row of `area` and the visible ones of `count` rows below.
    pub fn draw(
        &self,
        buf: &mut Buffer,
        area: Rect,
        count: usize,
        row: impl Fn(usize) -> Vec<Cell>,
    ) {
        if area.height == 0 || area.width < 3 {
            return;
        }
        let widths = self.widths(area.width - 2);
        let titles = self
            .columns
            .iter()
            .map(|column| (column.title.to_owned(), theme::QUIET));
        self.cells(buf, area, &widths, &titles.collect::<Vec<_>>());
        let body = below(area);
        for (index, at) in visible(body, count, self.selected.unwrap_or(0)).zip(body.rows()) {
            self.cells(buf, at, &widths, &row(index));
            if self.selected == Some(index) {
                put(buf, (at.x, at.y), 1, ">", theme::STRONG);
                let first = widths.first().copied().flatten().unwrap_or(0);
                match self.mark {
                    Mark::Row => buf.set_style(at, theme::CURSOR),
                    Mark::First => {
                        let (x, width) = (at.x + 2, first.min(at.width - 2));
                        buf.set_style(Rect { x, width, ..at }, theme::CURSOR);
                    }
                    Mark::Glyph => {}
                }
            }
        }
    }

    fn cells(&self, buf: &mut Buffer, area: Rect, widths: &[Option<u16>], cells: &[Cell]) {
        let mut x = area.x + 2;
        for ((column, width), (content, style)) in self.columns.iter().zip(widths).zip(cells) {
            let Some(width) = *width else { continue };
            let room = width.min(area.right().saturating_sub(x));
            let content = text::pad(content, usize::from(room), column.right);
            put(buf, (x, area.y), room, &content, *style);
            x = (x + width + 1).min(area.right());
        }
    }
}

/// The rows of a table without its titles.
fn below(area: Rect) -> Rect {
    Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Which of `count` rows are visible in `area`: the selected one stays in the middle where possible.
pub fn visible(area: Rect, count: usize, selected: usize) -> Range<usize> {
    let height = usize::from(area.height);
    let first = selected
        .saturating_sub(height / 2)
        .min(count.saturating_sub(height));
    first..count.min(first + height)
}
