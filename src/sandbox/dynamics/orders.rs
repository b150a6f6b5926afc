//! Sorted lists, kept for the pages that follow the first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are kept.
const ORDERS_KEPT: usize = 16;

/// Sorted lists of slots, newest last, each by its number.
#[derive(Default)]
pub struct Orders(Mutex<Kept>);

/// The last number given out, and the orders.
type Kept = (u64, VecDeque<(u64, Arc<Vec<u32>>)>);

impl Orders {
    /// Keeps an order; its number.
    pub fn keep(&self, order: Arc<Vec<u32>>) -> u64 {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.0 += 1;
        let number = kept.0;
        kept.1.push_back((number, order));
        if kept.1.len() > ORDERS_KEPT {
            kept.1.pop_front();
        }
        number
    }

    /// A kept order, unless it has been pushed out.
    pub fn get(&self, number: u64) -> Option<Arc<Vec<u32>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1
            .iter()
            .find(|(n, _)| *n == number)
            .map(|(_, order)| Arc::clone(order))
    }
}
