//! What each pane knows and decides; `tui/panes/` draws the same.

pub(super) mod conflicts;
pub(super) mod entities;
pub(super) mod failures;
pub(super) mod mappings;
pub(super) mod overview;

pub use conflicts::{Conflicts, Sending, group};
pub use entities::{Cell, Entities};
pub use failures::Failures;
pub use mappings::Mappings;
pub use overview::{Level, Need, Overview, needs, seconds_left};
