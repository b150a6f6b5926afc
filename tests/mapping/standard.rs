//! The default maps we ship.

use syncdeck::mapping::{EntityMap, Equivalence};
use syncdeck::model::{Direction, Entity, Policy};

fn standard(entity: &Entity) -> EntityMap {
    EntityMap::standard(entity).unwrap().unwrap()
}

#[test]
fn leads_and_contacts_have_a_default_map_and_custom_entities_none() {
    for entity in [Entity::LEAD, Entity::CONTACT] {
        let map = standard(&entity);
        assert_eq!(map.entity, entity);
        assert_eq!(map.table, entity.name());
        assert!(map.fields.len() >= 28, "{entity}: {}", map.fields.len());
    }
    assert_eq!(EntityMap::standard(&Entity::named("new_project")), None);
}

#[test]
fn company_fields_are_never_written_on_a_person() {
    let company = [
        "company",
        "website",
        "annualRevenue",
        "industry",
        "mainPhone",
        "numberOfEmployees",
    ];
    for entity in [Entity::LEAD, Entity::CONTACT] {
        for field in standard(&entity).fields {
            assert!(
                !company.contains(&field.marketo.as_str()),
                "{}",
                field.marketo
            );
        }
    }
}

#[test]
fn every_wish_not_to_be_contacted_is_a_consent_field() {
    for entity in [Entity::LEAD, Entity::CONTACT] {
        let map = standard(&entity);
        let consent: Vec<&str> = map
            .fields
            .iter()
            .filter(|field| field.consent)
            .map(|field| field.dynamics.as_str())
            .collect();
        let wanted = [
            "donotphone",
            "donotbulkemail",
            "donotemail",
            "donotfax",
            "donotsendmm",
        ];
        assert_eq!(consent, wanted);
    }
}

#[test]
fn a_life_state_only_travels_to_marketo() {
    for entity in [Entity::LEAD, Entity::CONTACT] {
        let map = standard(&entity);
        for column in ["statecode", "statuscode"] {
            let field = map
                .fields
                .iter()
                .find(|field| field.dynamics == column)
                .unwrap();
            assert_eq!(field.direction, Direction::ToMarketo);
        }
    }
}

#[test]
fn a_map_survives_being_written_and_read() {
    let mut map = standard(&Entity::LEAD);
    map.fields[0].policy = Some(Policy::Newest);
    map.fields[1].equivalence = Equivalence::Number { scale: 2 };
    map.fields[2].direction = Direction::Off;
    map.fields[3].name = "family name".into();
    assert_eq!(EntityMap::from_toml(&map.to_toml()), Ok(map));
}
