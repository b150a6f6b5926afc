//! The two vendors' protocols, against answers written from their documentation.

mod dynamics;
mod marketo;
mod marketo_witness;
mod pace;
