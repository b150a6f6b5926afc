//! Our part of the vendors' limits, and what is kept of it for pulling and for what an admin asks for.

/// Our part of one vendor's limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// Of each limit, 0 to 1.
    pub part: f64,
    /// Of that part, 0 to 1: background work (first copy, backfill, listing, comparing) leaves all of it. Where the limit
    /// is a day's, everyday writes leave a half and everyday reads a quarter of it for what an admin asks for.
    pub reserve: f64,
}

/// What is kept back where nothing else is said.
const RESERVE: f64 = 0.1;
/// Failed records are tried again by themselves up to this part of the day's budget.
const RETRIES: f64 = 0.75;

impl From<f64> for Share {
    /// This part, with the usual reserve.
    fn from(part: f64) -> Self {
        Self {
            part,
            reserve: RESERVE,
        }
    }
}

impl Share {
    /// Our part of `limit`, rounded down.
    pub fn of(self, limit: u64) -> u64 {
        (limit as f64 * self.part.clamp(0.0, 1.0)) as u64
    }

    /// What is kept back of our part of `limit`, rounded down.
    pub fn kept(self, limit: u64) -> u64 {
        (self.of(limit) as f64 * self.reserve.clamp(0.0, 1.0)) as u64
    }
}

/// Our part of both vendors' limits.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of Dynamics'.
    pub dynamics: Share,
    /// Of Marketo's.
    pub marketo: Share,
    /// Of the day's budget, 0 to 1: beyond it no failed record is tried again by itself until the day ends.
    pub retries: f64,
}

impl From<f64> for Shares {
    /// The same part of both.
    fn from(part: f64) -> Self {
        Self {
            dynamics: part.into(),
            marketo: part.into(),
            retries: RETRIES,
        }
    }
}
