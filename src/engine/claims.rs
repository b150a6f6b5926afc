//! Which records are being worked on: one slice at a time for a record, a link, or an e-mail address.
//!
//! Marketo's upserts are not serialisable, so two requests for one key must never be in flight together.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::RecordKey;

/// What is claimed, shared by all lanes.
#[derive(Debug, Clone, Default)]
pub(super) struct Claims(Arc<Mutex<Held>>);

#[derive(Debug, Default)]
struct Held {
    keys: HashSet<RecordKey>,
    emails: HashSet<String>,
}

/// A slice's claims; released when dropped.
#[derive(Debug)]
pub(super) struct Claim {
    claims: Claims,
    keys: Vec<RecordKey>,
    emails: Vec<String>,
}

impl Claims {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every key that is claimed now.
    pub(super) fn keys(&self) -> HashSet<RecordKey> {
        self.lock().keys.clone()
    }

    /// An empty claim, to be extended.
    pub(super) fn open(&self) -> Claim {
        Claim {
            claims: self.clone(),
            keys: Vec::new(),
            emails: Vec::new(),
        }
    }
}

impl Claim {
    /// Claims all of `keys` and `email`, or nothing when one of them is held by another slice.
    /// Keys this very claim holds already are no obstacle; an e-mail is, since two rows would share it.
    pub(super) fn extend(&mut self, keys: &[RecordKey], email: Option<&str>) -> bool {
        let mut held = self.claims.lock();
        let others = keys
            .iter()
            .any(|key| held.keys.contains(key) && !self.keys.contains(key));
        if others || email.is_some_and(|email| held.emails.contains(email)) {
            return false;
        }
        for key in keys {
            if held.keys.insert(*key) {
                self.keys.push(*key);
            }
        }
        if let Some(email) = email {
            held.emails.insert(email.to_owned());
            self.emails.push(email.to_owned());
        }
        true
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = self.claims.lock();
        for key in &self.keys {
            held.keys.remove(key);
        }
        for email in &self.emails {
            held.emails.remove(email);
        }
    }
}
