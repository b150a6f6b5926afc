//! The events list: the newest lines, with a scroll position that does not move when lines arrive.

use std::collections::VecDeque;

use crate::engine::News;

/// Lines kept for the events list; older ones are in the store.
pub const NEWS_KEPT: usize = 500;

/// The newest lines, oldest first.
#[derive(Debug, Clone, Default)]
pub struct NewsList {
    lines: VecDeque<News>,
    /// How many lines came before the first kept one.
    gone: u64,
    /// The number of the line the view ends with; none while it follows the newest.
    anchor: Option<u64>,
    /// Lines that were missed because they came too fast.
    pub skipped: u64,
}

impl NewsList {
    /// Adds a line.
    pub fn push(&mut self, news: News) {
        if self.lines.len() == NEWS_KEPT {
            self.lines.pop_front();
            self.gone += 1;
        }
        self.lines.push_back(news);
    }

    fn end(&self) -> u64 {
        self.gone + self.lines.len() as u64
    }

    /// Whether the newest line is in view.
    pub fn follows(&self) -> bool {
        self.anchor.is_none()
    }

    /// Lines newer than the view.
    pub fn below(&self) -> u64 {
        self.anchor.map_or(0, |anchor| self.end() - anchor)
    }

    /// Scrolls by so many lines; negative is older. Reaching the newest line follows again.
    pub fn scroll(&mut self, lines: i64) {
        let from = self.anchor.unwrap_or_else(|| self.end());
        let to = from.saturating_add_signed(lines);
        let oldest = (self.gone + 1).min(self.end());
        self.anchor = (to < self.end())
            .then(|| to.max(oldest))
            .filter(|at| *at < self.end());
    }

    /// Follows the newest line again.
    pub fn follow(&mut self) {
        self.anchor = None;
    }

    /// The newest `height` lines of the view, newest first.
    pub fn view(&self, height: usize) -> impl Iterator<Item = &News> {
        let skip = usize::try_from(self.below()).unwrap_or(0);
        self.lines.iter().rev().skip(skip).take(height)
    }
}
