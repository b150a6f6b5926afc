//! What a column's definition says beyond names and rights, by its kind.

use serde_json::{Map, Value, json};

use super::data::Data;
use super::describe::{metadata_id, option, option_set};
use super::schema::{Column, Kind};

/// Adds lengths, ranges, behaviours, targets or choices.
pub fn add(data: &Data, column: &Column, members: &mut Map<String, Value>) {
    let details = match column.kind {
        Kind::String => {
            let format = column.format.as_deref().unwrap_or("Text");
            json!({
                "MaxLength": column.max_length,
                "FormatName": {"Value": format},
                "Format": format,
                "DatabaseLength": column.max_length * 2,
            })
        }
        Kind::Memo => json!({"MaxLength": column.max_length, "Format": "TextArea"}),
        Kind::Integer => json!({
            "MinValue": column.min as i64, "MaxValue": column.max as i64, "Format": "None",
        }),
        Kind::BigInt => json!({"MinValue": i64::MIN, "MaxValue": i64::MAX}),
        Kind::Decimal | Kind::Double => json!({
            "MinValue": column.min, "MaxValue": column.max, "Precision": column.precision,
        }),
        Kind::Money => json!({
            "MinValue": column.min, "MaxValue": column.max, "Precision": column.precision,
            "PrecisionSource": column.precision_source,
            "IsBaseCurrency": column.name.ends_with("_base"),
        }),
        Kind::DateTime | Kind::DateOnly | Kind::TimeZoneIndependent => date(column),
        Kind::Lookup | Kind::Customer | Kind::Owner => {
            let name = |target: &u16| data.schema.table(*target).name.clone();
            json!({"Targets": column.targets.iter().map(name).collect::<Vec<_>>()})
        }
        Kind::Boolean => json!({
            "DefaultValue": false,
            "OptionSet": {
                "MetadataId": metadata_id(&column.name), "OptionSetType": "Boolean",
                "FalseOption": column.choices.first().map(option),
                "TrueOption": column.choices.get(1).map(option),
            },
            "GlobalOptionSet": null,
        }),
        Kind::Picklist | Kind::MultiSelectPicklist | Kind::State | Kind::Status => choices(column),
        Kind::Uniqueidentifier => Value::Null,
    };
    if let Value::Object(details) = details {
        members.extend(details);
    }
}

fn date(column: &Column) -> Value {
    let (behaviour, shown) = match column.kind {
        Kind::DateOnly => ("DateOnly", "DateOnly"),
        Kind::TimeZoneIndependent => ("TimeZoneIndependent", "DateAndTime"),
        _ => ("UserLocal", "DateAndTime"),
    };
    json!({
        "DateTimeBehavior": {"Value": behaviour},
        "Format": column.format.as_deref().unwrap_or(shown),
    })
}

fn choices(column: &Column) -> Value {
    let own = || {
        format!(
            "{}_{}",
            if column.custom { "new" } else { "msdyn" },
            column.name
        )
    };
    let name = column.option_set.clone().unwrap_or_else(own);
    let mut set = option_set(&name, &column.choices);
    set["IsGlobal"] = json!(column.option_set.is_some());
    set["OptionSetType"] = json!(match column.kind {
        Kind::State => "State",
        Kind::Status => "Status",
        _ => "Picklist",
    });
    if column.kind == Kind::State
        && let Some(options) = set["Options"].as_array_mut()
    {
        for choice in options {
            choice["DefaultStatus"] = choice["Value"].clone();
            choice["InvariantName"] = choice["Label"]["UserLocalizedLabel"]["Label"].clone();
        }
    }
    let global = if column.option_set.is_some() {
        set.clone()
    } else {
        Value::Null
    };
    json!({
        "DefaultFormValue": column.default.unwrap_or(-1),
        "OptionSet": set,
        "GlobalOptionSet": global,
    })
}
