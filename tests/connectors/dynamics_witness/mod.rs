//! The real Dynamics connector against the real sandbox over loopback: two rooms that share no
//! type, so what one misread the other does not forgive.

mod both;
mod read_faults;
mod wide;
mod write_faults;
