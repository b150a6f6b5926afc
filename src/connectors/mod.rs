//! The two vendors' protocols, over one small seam: a request out, a response back.

mod dated;
pub mod dynamics;
mod errand;
mod error;
pub mod marketo;
mod pace;
mod reading;
mod transport;
mod write;

pub use dated::Dated;
pub use errand::{Errand, Purpose};
pub use error::{ConnectorError, Trouble};
pub use pace::{Pace, PaceOptions, Permit};
pub use reading::ReadOnly;
pub use transport::{HttpTransport, Transport, TransportError};
pub use write::WriteOutcome;
