//! A lane towards an object: its map held against both ends, and what else it needs to read.

use super::customs;
use super::describe;
use super::end::{Deleted, ObjectEnd};
use super::opportunities::{CONTACT, CUSTOMER, MEMBER_OF};
use super::references::{self, Points};
use super::roles;
use super::ties;
use super::virtuals;
use crate::connectors::dynamics::{DynamicsIdentity, Table};
use crate::engine::context::Context;
use crate::engine::error::EngineError;
use crate::engine::lane::Lane;
use crate::engine::prepare::checked;
use crate::engine::scope::Scope;
use crate::engine::snapshot::NewsKind;
use crate::engine::{maps, stamp, tables};
use crate::mapping::CheckedField;
use crate::model::{
    CustomEntity, DeletePolicy, Direction, Entity, EntitySettings, FieldInfo, FieldKind,
};

/// The field of a role that names the part somebody plays.
const ROLE_NAME: &str = "role";

/// Builds the lane of an entity that travels to an object. None when it cannot run for now: the others go on.
pub(super) async fn lane(
    context: &Context,
    identity: &DynamicsIdentity,
    settings: EntitySettings,
    custom: Option<&CustomEntity>,
) -> Result<Option<Lane>, EngineError> {
    let entity = settings.entity.clone();
    let Some(mut current) = maps::current(context, &entity).await? else {
        return Ok(None);
    };
    for field in &mut current.map.fields {
        field.direction = field.direction.and(Direction::ToMarketo);
    }
    let stamp = identity.schema.as_deref();
    let table = tables::table(context, &entity, &current.map.table, stamp).await?;
    if !table.change_tracking {
        let text = format!(
            "change tracking is off for the Dynamics table {}: switch on 'Track changes' in its properties",
            table.logical
        );
        context
            .progress
            .tell(NewsKind::Trouble, Some(&entity), text);
        return Ok(None);
    }
    let mut end = ObjectEnd::named(&current.map.object);
    if entity == Entity::OPPORTUNITY {
        let contact = tables::table(context, &Entity::CONTACT, CONTACT, stamp).await?;
        end.tables.insert(CONTACT.to_owned(), contact);
        end.columns.push(CUSTOMER.to_owned());
    }
    if let Some(custom) = custom {
        customs::complete(context, custom, stamp, &mut end).await?;
    }
    let mut fields = describe::fields(context, &end.object).await?;
    let mut columns = virtuals::columns(&entity, &table);
    columns.extend(customs::column(&end));
    if entity.is_role() {
        let roles = tables::table(context, &entity, roles::TABLE, stamp).await?;
        columns.push(role_name(&entity, &roles));
        end.tables.insert(roles::TABLE.to_owned(), roles);
        let read = ties::columns(&entity).iter();
        end.columns.extend(read.map(|name| (*name).to_owned()));
        // A part of the key is written with its record, and never after.
        for field in fields.iter_mut().filter(|field| field.name == ROLE_NAME) {
            field.updatable = true;
        }
    }
    let mut checked = checked(context, current, &columns, &fields).await?;
    let name = |field: &CheckedField| field.map.marketo == ROLE_NAME;
    if entity.is_role()
        && let Some(at) = checked.fields.iter().position(name)
    {
        end.name = Some(checked.fields.remove(at));
    }
    end.can_flag = can_flag(&fields);
    end.deleted = deleted(&settings, end.can_flag);
    let mut lane = Lane::to_object(settings, checked, table, fields, end);
    if lane.object.as_ref().is_some_and(|end| end.can_flag) {
        lane.fields.push(stamp::DELETED.to_owned());
    }
    Ok(Some(lane))
}

/// The column that names the part somebody plays, as long as Dynamics lets such names be.
fn role_name(entity: &Entity, roles: &Table) -> FieldInfo {
    let mut name = FieldInfo::new(ties::name_column(entity), FieldKind::Text);
    if *entity == Entity::ROLE
        && let Some(column) = roles.column("name")
    {
        (name.max_length, name.length_unit) = (column.max_length, column.length_unit);
    }
    name
}

/// Whether the object has a field for our mark. Marketo lets nobody create fields of its own objects through the API:
/// where the admin has made none, a record whose row is gone is kept as it is.
pub(super) fn can_flag(fields: &[FieldInfo]) -> bool {
    let mut fields = fields.iter();
    fields.any(|field| field.name == stamp::DELETED && field.updatable)
}

/// What becomes of a record whose row was deleted: what the admin wants, as far as the object allows it.
fn deleted(settings: &EntitySettings, can_flag: bool) -> Deleted {
    match settings.rules.deleted_in_dynamics {
        DeletePolicy::Delete => Deleted::Removed,
        DeletePolicy::Flag if can_flag => Deleted::Flagged,
        DeletePolicy::Ask => Deleted::Asked,
        _ => Deleted::Kept,
    }
}

/// The columns of a people table, those included that tell which of several tables a lookup points to.
pub(in crate::engine) fn person_columns(entity: &Entity, table: &Table) -> Vec<FieldInfo> {
    virtuals::columns(entity, table)
}

/// Tells the lanes of roles what is in scope of whom roles belong to, and that of opportunities which roles there are.
pub(in crate::engine) fn acquaint(lanes: &mut [Lane]) {
    let ends = [Entity::OPPORTUNITY, Entity::CONTACT];
    let ends = lanes.iter().filter(|lane| ends.contains(lane.entity()));
    let outside: Vec<(Table, Scope)> = ends
        .map(|lane| (lane.table.clone(), lane.scope.clone()))
        .collect();
    let roles = lanes.iter_mut().filter(|lane| lane.entity().is_role());
    let mut entities = Vec::new();
    for lane in roles {
        entities.push(lane.entity().clone());
        if let Some(end) = &mut lane.object {
            end.outside.clone_from(&outside);
        }
    }
    let mut deals = lanes
        .iter_mut()
        .filter(|lane| *lane.entity() == Entity::OPPORTUNITY);
    if let Some(end) = deals.next().and_then(|lane| lane.object.as_mut()) {
        end.roles = entities;
    }
}

/// Leaves the links to entities out that are not kept in step, and roles and custom entities that have nobody to be of:
/// what they point to will never be there.
pub(in crate::engine) fn keep_known(lanes: &mut Vec<Lane>) {
    let on: Vec<Entity> = lanes.iter().map(|lane| lane.entity().clone()).collect();
    let ends = [Entity::OPPORTUNITY, Entity::CONTACT];
    let tied = ends.iter().all(|end| on.contains(end));
    lanes.retain(|lane| tied || !lane.entity().is_role());
    lanes.retain(|lane| {
        let path = lane.object.as_ref().and_then(|end| end.path.as_ref());
        path.is_none_or(|path| on.contains(&path.to))
    });
    for lane in lanes {
        let opportunity = *lane.entity() == Entity::OPPORTUNITY;
        if let (true, Some(end)) = (
            opportunity && !on.contains(&Entity::CONTACT),
            &mut lane.object,
        ) {
            end.between.push((CONTACT.to_owned(), MEMBER_OF.to_owned()));
        }
        lane.map.fields.retain(|field| {
            let points = references::points(&field.map.marketo);
            points.is_none_or(|points| match points {
                Points::Company => on.contains(&Entity::ACCOUNT),
                Points::SalesPerson => on.contains(&Entity::USER) || on.contains(&Entity::TEAM),
            })
        });
    }
}
