//! Columns Dynamics does not have, worked out from those it has, so that a field map can name them.
//!
//! Their names hold the real column before the colon: `statecode:won`, and `ownerid:team` for a lookup that may point
//! to several tables, as the connector hands it out.

use crate::connectors::dynamics::Table;
use crate::model::{Entity, FieldInfo, FieldKind, Record, Value};

/// Whether an opportunity is decided, and whether it is won: Marketo derives stages from these two.
const CLOSED: &str = "statecode:closed";
const WON: &str = "statecode:won";
/// The account a customer is, or belongs to.
pub(super) const COMPANY: &str = "customerid:company";

/// The state codes of opportunities.
const OPEN_STATE: i64 = 0;
const WON_STATE: i64 = 1;

/// What a table has, and what can be worked out from it.
pub(super) fn columns(entity: &Entity, table: &Table) -> Vec<FieldInfo> {
    let mut all = table.columns.clone();
    for (column, targets) in &table.navigation {
        if targets.len() > 1 {
            let names = targets.iter().map(|to| format!("{column}:{}", to.table));
            all.extend(names.map(|name| FieldInfo::new(name, FieldKind::Lookup)));
        }
    }
    if *entity == Entity::OPPORTUNITY {
        all.extend([CLOSED, WON].map(|name| FieldInfo::new(name, FieldKind::Boolean)));
        all.push(FieldInfo::new(COMPANY, FieldKind::Lookup));
    }
    all
}

/// Adds to a row what can be worked out from the row alone.
pub(in crate::engine) fn dress(entity: &Entity, row: &mut Record) {
    if *entity != Entity::OPPORTUNITY {
        return;
    }
    if let Value::Integer(state) = *row.get("statecode") {
        let mut set = |name: &str, flag| row.fields.insert(name.to_owned(), Value::Boolean(flag));
        set(CLOSED, state != OPEN_STATE);
        set(WON, state == WON_STATE);
    }
    if !is_untold(entity, row) {
        let company = row.get("customerid:account").clone();
        row.fields.insert(COMPANY.to_owned(), company);
    }
}

/// Whether something of a row is only known once another row was read: the account of the contact that is the customer.
pub(in crate::engine) fn is_untold(entity: &Entity, row: &Record) -> bool {
    *entity == Entity::OPPORTUNITY && !row.get("customerid:contact").is_null()
}
