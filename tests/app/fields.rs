//! A made-up mapping with a problem, a read-only field and a missing one.

use syncdeck::app::{MappingRow, MappingView};
use syncdeck::model::{Direction, Entity, FieldInfo, FieldKind, Policy};

type Map = (
    &'static str,
    &'static str,
    &'static str,
    FieldKind,
    Option<&'static str>,
);

const MAPS: [Map; 11] = [
    ("email", "emailaddress1", "email", FieldKind::Email, None),
    (
        "first_name",
        "firstname",
        "firstName",
        FieldKind::Text,
        None,
    ),
    ("last_name", "lastname", "lastName", FieldKind::Text, None),
    (
        "job_title",
        "jobtitle",
        "title",
        FieldKind::Text,
        Some("Marketo takes 255 characters, Dynamics 100: longer values wait as failures"),
    ),
    ("phone", "telephone1", "phone", FieldKind::Phone, None),
    ("company", "companyname", "company", FieldKind::Text, None),
    (
        "industry",
        "industrycode",
        "industry",
        FieldKind::Option,
        Some("3 options of Dynamics have no value in Marketo"),
    ),
    (
        "unsubscribed",
        "donotbulkemail",
        "unsubscribed",
        FieldKind::Boolean,
        None,
    ),
    (
        "score",
        "new_leadscore",
        "leadScore",
        FieldKind::Integer,
        None,
    ),
    (
        "revenue",
        "revenue",
        "annualRevenue",
        FieldKind::Decimal,
        None,
    ),
    (
        "created",
        "createdon",
        "crmCreatedAt",
        FieldKind::DateTime,
        None,
    ),
];

fn map(field: &str, names: (&str, &str), kind: FieldKind, problem: Option<&str>) -> MappingRow {
    let info = |name: &str, label: &str, max| FieldInfo {
        label: label.to_owned(),
        max_length: max,
        ..FieldInfo::new(name, kind)
    };
    let text = matches!(kind, FieldKind::Text | FieldKind::Email | FieldKind::Phone);
    MappingRow {
        field: field.to_owned(),
        dynamics_name: names.0.to_owned(),
        dynamics: Some(info(names.0, field, text.then_some(100))),
        marketo_name: names.1.to_owned(),
        marketo: Some(info(names.1, field, text.then_some(255))),
        direction: Direction::Both,
        policy: None,
        problems: problem.map(ToOwned::to_owned).into_iter().collect(),
    }
}

/// A mapping with a problem, a read-only field and a missing one.
pub fn mapping(entity: &Entity) -> MappingView {
    let mut rows: Vec<MappingRow> = MAPS
        .iter()
        .map(|(field, dynamics, marketo, kind, problem)| {
            map(field, (dynamics, marketo), *kind, *problem)
        })
        .collect();
    rows[7].policy = Some(Policy::Dynamics);
    rows[8].direction = Direction::ToDynamics;
    rows[9].marketo = None;
    rows[9]
        .problems
        .push("Marketo has no field annualRevenue".to_owned());
    rows[10].direction = Direction::ToMarketo;
    if let Some(info) = &mut rows[10].dynamics {
        (info.creatable, info.updatable) = (false, false);
    }
    MappingView {
        entity: entity.clone(),
        rows,
    }
}
