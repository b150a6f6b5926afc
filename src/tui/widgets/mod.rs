//! Reusable pieces of the screen: lines, boxes, tables, gauges, the throughput chart.

mod bars;
mod line;
mod panel;
mod table;

pub use bars::{bar, chart};
pub use line::{line, lines, paragraph, put, spread};
pub use panel::{Panel, centred};
pub use table::{Cell, Column, Mark, Table, visible};
