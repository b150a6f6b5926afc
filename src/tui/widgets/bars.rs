//! Bars and the throughput chart, in block glyphs that every font has.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::line::put;

const EIGHTHS: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// A bar of `width` columns, filled by `share` (0 to 1).
pub fn bar(share: f64, width: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    // Something is never shown as nothing, and not quite all never as all.
    let full = match full {
        0 if share > 0.0 => 1.min(width),
        all if all == width && share < 1.0 => width.saturating_sub(1),
        other => other,
    };
    "█".repeat(full) + &"░".repeat(width - full)
}

/// A column chart of values (newest last) over all of `area`; returns the highest value drawn.
/// Each column is the mean of the seconds it stands for.
pub fn chart(buf: &mut Buffer, area: Rect, values: &[u32], style: Style) -> u32 {
    let columns = usize::from(area.width);
    if columns == 0 || area.height == 0 || values.is_empty() {
        return 0;
    }
    let each = values.len().div_ceil(columns).max(1);
    // From the newest backwards, so that a column does not change its seconds' share as time goes by.
    let means: Vec<f64> = values
        .rchunks(each)
        .map(|chunk| chunk.iter().copied().map(f64::from).sum::<f64>() / chunk.len() as f64)
        .collect();
    let peak = means.iter().copied().fold(0.0, f64::max);
    for (at, mean) in means.iter().enumerate() {
        let x = area.right() - 1 - at as u16;
        column(buf, (x, area), *mean / peak.max(1.0), style);
    }
    peak.round() as u32
}

fn column(buf: &mut Buffer, (x, area): (u16, Rect), share: f64, style: Style) {
    let mut eighths = (share * f64::from(area.height) * 8.0).round() as usize;
    if eighths == 0 && share > 0.0 {
        eighths = 1;
    }
    for y in (area.top()..area.bottom()).rev() {
        let here = eighths.min(8);
        eighths -= here;
        put(buf, (x, y), 1, EIGHTHS[here], style);
    }
}
