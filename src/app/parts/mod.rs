//! Reusable pieces of the console's state: a list's cursor, a list's loading, toasts, the events list.

mod cursor;
mod load;
mod news;
mod toast;

pub use cursor::Cursor;
pub use load::Load;
pub use news::{NEWS_KEPT, NewsList};
pub use toast::{Toast, Toasts, Tone};
