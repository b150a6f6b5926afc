//! The default duplicate-detection rules: same e-mail among leads and contacts, same name among
//! accounts. They are asked only when a call switches detection on.

use super::cell::{Cell, Owned};
use super::data::Data;
use super::reply::Fault;
use super::schema::Table;

/// Refuses values that an active row other than `own` has already.
pub fn check(
    data: &Data,
    table: &Table,
    values: &[(u16, Owned)],
    own: Option<u32>,
) -> Result<(), Fault> {
    let column = match table.name.as_str() {
        "lead" | "contact" => "emailaddress1",
        "account" => "name",
        _ => return Ok(()),
    };
    let Some(at) = table.find(column) else {
        return Ok(());
    };
    let Some((_, value)) = values
        .iter()
        .find(|(c, value)| *c == at && !value.is_null())
    else {
        return Ok(());
    };
    let state = table.find("statecode").unwrap_or_default();
    let rows = data.rows(table.number);
    let twin = rows
        .candidates(at, value)
        .unwrap_or_default()
        .into_iter()
        .any(|slot| {
            Some(slot) != own
                && rows.get(slot).is_some_and(|row| {
                    super::condition::order(&row.cells.get(at), value).is_eq()
                        && row.cells.get(state) == Cell::Int(0)
                })
        });
    if twin {
        let text = "A record was not created or updated because a duplicate of the current record already exists.";
        return Err(Fault::new(
            412,
            "0x80040333",
            "DuplicateRecordsFound",
            text.into(),
        ));
    }
    Ok(())
}
