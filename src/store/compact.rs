//! The short JSON form of values: plain where JSON has the type, one-letter objects where it has not.
//!
//! `null`, `true`, `7`, `"text"`; `{"n":"1.50"}` decimal, `{"d":"2026-01-31"}` day, `{"t":1769817600000}` moment (ms),
//! `{"o":[1,2]}` options, `{"g":"…"}` GUID. About a third of the tagged form, and read without a second pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use serde::de::{self, MapAccess, Unexpected, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use super::columns::moment;
use crate::model::{Record, RecordKey, Value};

/// A value on its way out of or into the store.
struct Compact<V>(V);

impl Serialize for Compact<&Value> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        fn one<S: Serializer, T: Serialize>(to: S, tag: &str, body: &T) -> Result<S::Ok, S::Error> {
            let mut map = to.serialize_map(Some(1))?;
            map.serialize_entry(tag, body)?;
            map.end()
        }
        match self.0 {
            Value::Null => to.serialize_unit(),
            Value::Text(text) => to.serialize_str(text),
            Value::Integer(number) => to.serialize_i64(*number),
            Value::Boolean(flag) => to.serialize_bool(*flag),
            Value::Decimal(amount) => one(to, "n", amount),
            Value::Date(day) => one(to, "d", day),
            Value::DateTime(at) => one(to, "t", &moment(*at)),
            Value::Options(codes) => one(to, "o", codes),
            Value::Id(id) => one(to, "g", id),
        }
    }
}

impl<'de> Deserialize<'de> for Compact<Value> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Form).map(Compact)
    }
}

struct Form;

impl<'de> Visitor<'de> for Form {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a stored value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Boolean(flag))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number)
            .map(Value::Integer)
            .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Value, E> {
        Ok(Value::Text(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let tag: String = map.next_key()?.ok_or_else(|| de::Error::custom("no tag"))?;
        Ok(match tag.as_str() {
            "n" => Value::Decimal(map.next_value::<Decimal>()?),
            "d" => Value::Date(map.next_value::<NaiveDate>()?),
            "t" => DateTime::from_timestamp_millis(map.next_value()?)
                .map(Value::DateTime)
                .ok_or_else(|| de::Error::custom("no moment"))?,
            "o" => Value::Options(map.next_value::<BTreeSet<i64>>()?),
            "g" => Value::Id(map.next_value::<Uuid>()?),
            _ => return Err(de::Error::custom("unknown tag")),
        })
    }
}

struct Map<'a>(&'a BTreeMap<String, Value>);

impl Serialize for Map<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(name, value)| (name, Compact(value))))
    }
}

fn plain(map: BTreeMap<String, Compact<Value>>) -> BTreeMap<String, Value> {
    map.into_iter()
        .map(|(name, value)| (name, value.0))
        .collect()
}

/// One value.
pub(super) fn value_out(value: &Value) -> serde_json::Result<String> {
    serde_json::to_string(&Compact(value))
}

/// One value back.
pub(super) fn value_in(json: &str) -> serde_json::Result<Value> {
    Ok(serde_json::from_str::<Compact<Value>>(json)?.0)
}

/// Values by name.
pub(super) fn fields_out(fields: &BTreeMap<String, Value>) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Map(fields))
}

/// Values by name, back.
pub(super) fn fields_in(json: &[u8]) -> serde_json::Result<BTreeMap<String, Value>> {
    serde_json::from_slice(json).map(plain)
}

#[derive(Serialize)]
struct RecordOut<'a> {
    v: &'a Option<String>,
    m: Option<i64>,
    f: Map<'a>,
}

#[derive(Deserialize)]
struct RecordIn {
    v: Option<String>,
    m: Option<i64>,
    f: BTreeMap<String, Compact<Value>>,
}

/// A record without its key, which its row has.
pub(super) fn record_out(record: &Record) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&RecordOut {
        v: &record.version,
        m: record.modified.map(moment),
        f: Map(&record.fields),
    })
}

/// The record with this key, back.
pub(super) fn record_in(key: RecordKey, json: &[u8]) -> serde_json::Result<Record> {
    let stored: RecordIn = serde_json::from_slice(json)?;
    Ok(Record {
        key,
        version: stored.v,
        modified: stored.m.and_then(DateTime::from_timestamp_millis),
        fields: plain(stored.f),
    })
}
