//! The two vendors' protocols, against answers written from their documentation.

mod dynamics;
mod dynamics_witness;
mod marketo;
mod marketo_witness;
mod pace;
