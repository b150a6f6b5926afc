//! FetchXML's aggregates: functions, groups, parts of dates.

use super::document::Reader;
use super::group;
use super::plan::{Function, Part, Place, What};
use crate::sandbox::dynamics::fetch::flag;
use crate::sandbox::dynamics::reply::Fault;
use crate::sandbox::dynamics::schema::{Column, Kind};
use crate::sandbox::dynamics::xml::Element;

impl Reader<'_> {
    /// Adds what an `attribute` of an aggregate query asks for.
    pub fn aggregated(
        &mut self,
        alias: Option<&str>,
        place: Place,
        attribute: &Element,
    ) -> Result<(), Fault> {
        let column = self.table(place.source).column(place.column);
        let alias = alias.ok_or_else(|| {
            let text = "Attribute alias is required for aggregate queries.";
            Fault::new(400, "0x80041104", "QueryBuilderNoAlias", text.into())
        })?;
        let what = if flag(attribute, "groupby") {
            grouping(attribute, place, column)?
        } else {
            let name = attribute.get("aggregate").unwrap_or_default();
            let function = match name {
                "count" => Function::Rows,
                "countcolumn" => Function::Values,
                "sum" => Function::Sum,
                "avg" => Function::Average,
                "min" => Function::Min,
                "max" => Function::Max,
                _ => return Err(invalid_aggregate(name, column)),
            };
            if matches!(function, Function::Sum | Function::Average)
                && !group::summable(column.kind)
            {
                return Err(invalid_aggregate(name, column));
            }
            What::Function(function, Some(place), flag(attribute, "distinct"))
        };
        self.show(alias.to_owned(), what, false);
        Ok(())
    }
}

fn grouping(attribute: &Element, place: Place, column: &Column) -> Result<What, Fault> {
    let Some(part) = attribute.get("dategrouping") else {
        return Ok(What::Column(place));
    };
    let dated = matches!(
        column.kind,
        Kind::DateTime | Kind::DateOnly | Kind::TimeZoneIndependent
    );
    let part = match part {
        "day" => Part::Day,
        "week" => Part::Week,
        "month" => Part::Month,
        "quarter" => Part::Quarter,
        "year" => Part::Year,
        "fiscal-period" => Part::FiscalPeriod,
        "fiscal-year" => Part::FiscalYear,
        _ => return Err(invalid_aggregate(part, column)),
    };
    if !dated {
        return Err(invalid_aggregate("dategrouping", column));
    }
    Ok(What::Part(place, part))
}

fn invalid_aggregate(name: &str, column: &Column) -> Fault {
    let text = format!(
        "The aggregate operation '{name}' is not supported for attribute '{}'.",
        column.name
    );
    Fault::new(400, "0x80041103", "InvalidAggregate", text)
}
