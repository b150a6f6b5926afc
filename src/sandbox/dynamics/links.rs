//! Many-to-many rows, and lookups set through the collection at their other end.

use uuid::Uuid;

use super::cell::Cell;
use super::data::Data;
use super::payload::Changes;
use super::project::linked;
use super::reply::Fault;
use super::write::Writer;

/// Links two rows through a collection: sets the lookup there, or adds a many-to-many row.
pub fn associate(
    writer: &mut Writer,
    (table, id): (u16, Uuid),
    name: &str,
    (other, whom): (u16, Uuid),
) -> Result<(), Fault> {
    let schema = writer.data.schema.clone();
    if let Some(incoming) = schema.collection(table, name).filter(|i| i.table == other) {
        let slot = writer.data.rows(other).slot(&whom);
        let slot = slot.ok_or_else(|| Fault::missing(&schema.table(other).name, &whom))?;
        let mut changes = Changes::default();
        changes.set(incoming.column, Cell::Link(table, id));
        return writer.update(other, slot, changes);
    }
    let (target, through, here, there) =
        linked(&schema, table, name).ok_or_else(|| Fault::segment(name))?;
    if target != other {
        return Err(Fault::segment(name));
    }
    if link(writer.data, through, (here, id), (there, whom)).is_none() {
        let mut cells = [(here, Cell::Guid(id)), (there, Cell::Guid(whom))];
        cells.sort_unstable_by_key(|(at, _)| *at);
        let new = writer.data.new_id();
        writer.data.insert(through, new, &cells, writer.now);
    }
    Ok(())
}

/// Takes two rows apart again.
pub fn disassociate(
    writer: &mut Writer,
    (table, id): (u16, Uuid),
    name: &str,
    whom: Uuid,
) -> Result<(), Fault> {
    let schema = writer.data.schema.clone();
    if let Some(incoming) = schema.collection(table, name) {
        if let Some(slot) = writer.data.rows(incoming.table).slot(&whom) {
            let mut changes = Changes::default();
            changes.set(incoming.column, Cell::Null);
            return writer.update(incoming.table, slot, changes);
        }
        return Ok(());
    }
    let (_, through, here, there) =
        linked(&schema, table, name).ok_or_else(|| Fault::segment(name))?;
    if let Some(slot) = link(writer.data, through, (here, id), (there, whom)) {
        writer.data.delete(through, slot);
    }
    Ok(())
}

fn link(
    data: &Data,
    through: u16,
    (here, id): (u16, Uuid),
    (there, whom): (u16, Uuid),
) -> Option<u32> {
    let rows = data.rows(through);
    let slots = rows.candidates(here, &Cell::Guid(id))?;
    slots.into_iter().find(|slot| {
        rows.get(*slot).is_some_and(|row| {
            row.cells.get(here).id() == Some(id) && row.cells.get(there).id() == Some(whom)
        })
    })
}
