//! Many failures that are alike are one problem of the set-up: said once, not once a record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use super::context::Context;
use super::error::EngineError;
use super::failing::ALIKE;
use super::snapshot::NewsKind;
use crate::model::{Entity, FailureClass};
use crate::store::{FailureFilter, FailureGroup, Reader, StoreError};

/// What has been told already in this process.
#[derive(Debug, Default)]
pub(super) struct Told(Mutex<BTreeSet<String>>);

/// Tells each cause that at least [`ALIKE`] failures share, once for as long as it lasts.
pub(super) async fn tell(context: &Context) -> Result<(), EngineError> {
    let notes = context.store.read(notes).await?;
    let now: BTreeSet<String> = notes.keys().cloned().collect();
    let before = {
        let mut told = context
            .told
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *told, now)
    };
    for (cause, (entity, note)) in notes {
        if !before.contains(&cause) {
            context
                .progress
                .tell(NewsKind::Trouble, Some(&entity), note);
        }
    }
    Ok(())
}

/// What is worth saying about failures that are alike: by cause, the entity and the words.
fn notes(reader: &Reader<'_>) -> Result<BTreeMap<String, (Entity, String)>, StoreError> {
    let groups = reader.failure_groups(&FailureFilter::default())?;
    let many = groups.into_iter().filter(|group| group.count >= ALIKE);
    Ok(many
        .map(|group| {
            let (class, field) = (group.class.word(), group.field.as_deref().unwrap_or("-"));
            let cause = format!(
                "{} {} {class} {} {field}",
                group.entity, group.direction, group.code
            );
            (cause, (group.entity.clone(), words(&group)))
        })
        .collect())
}

/// The notes of one entity, for its status.
pub(super) fn notes_of(groups: &[FailureGroup], entity: &Entity) -> Vec<String> {
    let many = groups
        .iter()
        .filter(|group| group.count >= ALIKE && group.entity == *entity);
    many.map(words).collect()
}

fn words(group: &FailureGroup) -> String {
    let about = match &group.field {
        Some(field) => format!(", all about {field}"),
        None => String::new(),
    };
    let remedy = match group.class {
        FailureClass::Data => "the values do not fit the other side's rules: see the field map",
        FailureClass::Mapping => "the field map cannot carry these values: change it",
        FailureClass::MissingParent => {
            "what they point to is not there: is its entity kept in step?"
        }
        FailureClass::Duplicate => "the other side holds several of each: merge them there",
        FailureClass::Privilege => "our user may not do this: see `syncdeck check`",
        FailureClass::Throttled | FailureClass::Vendor => {
            "the vendor has trouble: they go on by themselves"
        }
    };
    format!(
        "{} {} records are refused by {} alike (code {}{about}): {remedy}",
        group.count, group.entity, group.direction, group.code
    )
}
