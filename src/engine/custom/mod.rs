//! Custom entities: any Dynamics table as a custom object in Marketo, added, grown and removed while everything else
//! goes on.
//!
//! Adding one is planned first: which type is made in Marketo, whom its records belong to, which columns travel as
//! what, and everything that stands against it, before the first write. The approved plan is kept in the store; the
//! cycles make the type, looking first at what is there, so that a crash at any step is only taken up again.

mod asked;
mod columns;
mod grow;
mod list;
mod make;
mod paths;
mod plan;
mod shape;
mod steps;

pub(super) use asked::carry_out;
pub use asked::{add_custom, remove_custom};
pub(super) use list::all_settings;
pub use list::{EntityLine, entity_list};
pub(super) use make::get_ready;
pub use plan::{CustomPlan, PlannedColumn, plan_custom};
pub use shape::TypeField;
