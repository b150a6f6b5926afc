//! From the type Marketo has to the type that is wanted: the calls that are still to be made. Pure.
//!
//! A type is a draft until it is approved, and then its name, key and links can never be changed. What is there is
//! compared before anything is done, so that every call may be lost and taken up again.

use crate::connectors::marketo::{CustomType, NewCustomField, NewCustomType, ObjectInfo};
use crate::engine::objects::ROW_ID;
use crate::engine::stamp;
use crate::model::{CustomEntity, CustomField, Entity, FieldInfo, FieldKind};

/// Most types an instance has.
pub(super) const TYPES_MAX: usize = 10;
/// Most fields a type has.
pub(super) const FIELDS_MAX: usize = 50;
/// Most fields that can be added to a type once it is approved.
const ADDED_MAX: usize = 20;

/// The field that points to the person a record belongs to.
pub(super) const PERSON_LINK: &str = "personId";
/// The field that points to the company a record belongs to.
pub(super) const COMPANY_LINK: &str = "companyId";

/// Fields every type has without being asked.
const STANDARD: [&str; 3] = ["marketoGUID", "createdAt", "updatedAt"];

/// One call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Create(NewCustomType),
    Add(Vec<NewCustomField>),
    Approve,
}

/// A step in words.
pub(super) fn words(name: &str, step: &Step) -> String {
    match step {
        Step::Create(_) => format!("make the type {name}"),
        Step::Add(fields) => format!("add {} fields to {name}", fields.len()),
        Step::Approve => format!("approve {name}"),
    }
}

/// What is still to be done, in this order; or why the type that is there cannot be used.
pub(super) fn steps(
    wanted: &CustomEntity,
    there: Option<&CustomType>,
) -> Result<Vec<Step>, String> {
    let fields = fields(wanted);
    let Some(there) = there else {
        return Ok(vec![
            Step::Create(new_type(wanted)),
            Step::Add(fields),
            Step::Approve,
        ]);
    };
    let name = &wanted.object;
    if let Some(approved) = &there.approved {
        fits(wanted, approved, true)?;
        let lacking = missing(&fields, approved);
        if lacking.is_empty() {
            return Ok(Vec::new());
        }
        if lacking.len() > ADDED_MAX {
            return Err(format!(
                "the type {name} is there and approved, and lacks {} of the fields: only {ADDED_MAX} can be added to it",
                lacking.len()
            ));
        }
    }
    let draft = there.draft.as_ref();
    if let Some(draft) = draft {
        if there.approved.is_none() {
            fits(wanted, draft, false)?;
        }
        let strangers = strangers(&fields, draft, there.approved.as_ref());
        if !strangers.is_empty() {
            return Err(format!(
                "the type {name} has a draft with fields that are none of ours ({}): approve or discard it in Marketo, \
                 or choose another name with --name",
                strangers.join(", ")
            ));
        }
    }
    let version = draft.or(there.approved.as_ref());
    let lacking = version.map_or(fields.clone(), |version| missing(&fields, version));
    let mut steps = Vec::new();
    if !lacking.is_empty() {
        steps.push(Step::Add(lacking));
    }
    steps.push(Step::Approve);
    Ok(steps)
}

/// Whether key, link and types are ours. Those of a draft may still be missing.
fn fits(wanted: &CustomEntity, there: &ObjectInfo, whole: bool) -> Result<(), String> {
    let name = &wanted.object;
    let other = |what: &str| {
        Err(format!(
            "the type {name} is in Marketo already, with {what}: choose another name with --name"
        ))
    };
    let keys = there.keys.iter();
    if keys.clone().any(|key| key != ROW_ID) || (whole && there.keys.is_empty()) {
        return other(&format!(
            "the key {} instead of {ROW_ID}",
            there.keys.join(", ")
        ));
    }
    let link = link_of(wanted);
    let strange = there.links.iter().find(|(field, object, target)| {
        link.as_ref().is_none_or(|(ours, to)| {
            field != ours
                || !object.eq_ignore_ascii_case(to)
                || !target.eq_ignore_ascii_case(LINKED_BY)
        })
    });
    if let Some((field, object, target)) = strange {
        return other(&format!("{field} linked to {object}.{target}"));
    }
    if let (true, Some((field, to))) = (whole && there.links.is_empty(), &link) {
        return other(&format!("no field {field} linked to {to}.{LINKED_BY}"));
    }
    for field in &wanted.fields {
        let found = there.fields.iter().find(|one| one.name == field.marketo);
        if found.is_some_and(|one| !alike(field, one)) {
            return other(&format!("another type of the field {}", field.marketo));
        }
    }
    Ok(())
}

fn alike(field: &CustomField, there: &FieldInfo) -> bool {
    let text = |kind| {
        matches!(
            kind,
            FieldKind::Text | FieldKind::Memo | FieldKind::Email | FieldKind::Phone
        )
    };
    field.kind == there.kind || (text(field.kind) && text(there.kind))
}

fn missing(fields: &[NewCustomField], there: &ObjectInfo) -> Vec<NewCustomField> {
    let lacks = |field: &&NewCustomField| !there.fields.iter().any(|one| one.name == field.name);
    fields.iter().filter(lacks).cloned().collect()
}

fn strangers<'t>(
    fields: &[NewCustomField],
    draft: &'t ObjectInfo,
    approved: Option<&ObjectInfo>,
) -> Vec<&'t str> {
    let names = draft.fields.iter().map(|field| field.name.as_str());
    names
        .filter(|name| {
            let ours = fields.iter().any(|field| field.name == **name);
            let known = approved.is_some_and(|one| one.fields.iter().any(|it| it.name == **name));
            !ours && !known && !STANDARD.contains(name)
        })
        .collect()
}

/// What every link points by: the only field Marketo always offers for it.
const LINKED_BY: &str = "Id";

/// The field that points to the parent, and the object it points to.
pub(super) fn link_of(wanted: &CustomEntity) -> Option<(&'static str, &'static str)> {
    let path = wanted.path.as_ref()?;
    Some(if path.to == Entity::ACCOUNT {
        (COMPANY_LINK, "Company")
    } else {
        (PERSON_LINK, "Lead")
    })
}

fn new_type(wanted: &CustomEntity) -> NewCustomType {
    NewCustomType {
        name: wanted.object.clone(),
        label: wanted.label.clone(),
        plural: format!("{}s", wanted.label),
        description: format!("{} of Dynamics, kept in step by syncdeck", wanted.entity),
    }
}

/// Every field of the type: the key first, then the link, then our mark of a row that is gone.
pub(super) fn fields(wanted: &CustomEntity) -> Vec<NewCustomField> {
    let field = |name: &str, label: &str, kind| NewCustomField {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        key: false,
        link: None,
    };
    let key = NewCustomField {
        key: true,
        ..field(ROW_ID, "Dynamics Id", FieldKind::Text)
    };
    let link = link_of(wanted).map(|(name, to)| NewCustomField {
        link: Some((to.to_owned(), LINKED_BY.to_owned())),
        ..field(name, to, FieldKind::Integer)
    });
    let flag = field(stamp::DELETED, "Deleted in Dynamics", FieldKind::Boolean);
    let rest = wanted.fields.iter();
    let rest = rest.map(|one| field(&one.marketo, &one.label, one.kind));
    let own = std::iter::once(key).chain(link).chain([flag]);
    own.chain(rest).collect()
}
