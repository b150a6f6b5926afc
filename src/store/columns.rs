//! How our types look in a column: words for choices, milliseconds for times, 16 or 8 bytes for keys.

use chrono::{DateTime, Utc};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::compact;
use super::guid::{from_stored, to_stored};
use crate::model::{
    ConflictId, ConflictKind, ConflictStatus, CycleId, Direction, Entity, FailureClass, FailureId,
    FailureStatus, LinkId, OpId, Policy, RecordKey, Side, Value,
};

/// A moment as it is stored: milliseconds since 1970, UTC.
pub(super) fn moment(at: DateTime<Utc>) -> i64 {
    at.timestamp_millis()
}

/// A moment column.
pub(super) struct At(pub(super) DateTime<Utc>);

impl ToSql for At {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(moment(self.0).into())
    }
}

impl FromSql for At {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let millis = value.as_i64()?;
        DateTime::from_timestamp_millis(millis)
            .map(At)
            .ok_or(FromSqlError::OutOfRange(millis))
    }
}

/// A count column; SQLite's integers are signed.
pub(super) struct Count(pub(super) u64);

impl ToSql for Count {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(i64::try_from(self.0).unwrap_or(i64::MAX).into())
    }
}

impl FromSql for Count {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let count = value.as_i64()?;
        u64::try_from(count)
            .map(Count)
            .map_err(|_| FromSqlError::OutOfRange(count))
    }
}

/// A GUID column.
pub(super) struct Guid(pub(super) Uuid);

impl ToSql for Guid {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(to_stored(self.0).to_vec().into())
    }
}

impl FromSql for Guid {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bytes = value.as_blob()?;
        let stored = bytes
            .try_into()
            .map_err(|_| FromSqlError::InvalidBlobSize {
                expected_size: 16,
                blob_size: bytes.len(),
            })?;
        Ok(Guid(from_stored(stored)))
    }
}

/// A column that holds one JSON document.
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> ToSql for Json<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        serde_json::to_string(&self.0)
            .map(Into::into)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

impl<T: DeserializeOwned> FromSql for Json<T> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        serde_json::from_slice(value.as_bytes()?)
            .map(Json)
            .map_err(FromSqlError::other)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        compact::value_out(self)
            .map(Into::into)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

impl FromSql for Value {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        compact::value_in(value.as_str()?).map_err(FromSqlError::other)
    }
}

impl ToSql for RecordKey {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Dynamics(id) => to_stored(*id).to_vec(),
            Self::Marketo(id) => id.to_be_bytes().to_vec(),
        }
        .into())
    }
}

impl FromSql for RecordKey {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_blob()?.try_into() {
            Ok(id) => Ok(Self::Marketo(i64::from_be_bytes(id))),
            Err(_) => Guid::column_result(value).map(|id| Self::Dynamics(id.0)),
        }
    }
}

impl ToSql for Entity {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.name().into())
    }
}

impl FromSql for Entity {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Ok(match value.as_str()? {
            "lead" => Self::LEAD,
            "contact" => Self::CONTACT,
            other => Self::named(other),
        })
    }
}

macro_rules! words {
    ($($kind:ty),*) => {$(
        impl ToSql for $kind {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.word().into())
            }
        }

        impl FromSql for $kind {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Self::from_word(value.as_str()?).ok_or(FromSqlError::InvalidType)
            }
        }
    )*};
}

words!(
    Side,
    Direction,
    Policy,
    ConflictKind,
    ConflictStatus,
    FailureClass,
    FailureStatus
);

macro_rules! ids {
    ($($kind:ident),*) => {$(
        impl ToSql for $kind {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.into())
            }
        }

        impl FromSql for $kind {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_i64().map($kind)
            }
        }
    )*};
}

ids!(LinkId, OpId, ConflictId, FailureId, CycleId);

/// Gives an enum of this room a small number in its column; the numbers are part of the schema.
macro_rules! numbered {
    ($kind:ident { $($case:ident = $number:literal),* $(,)? }) => {
        impl rusqlite::types::ToSql for $kind {
            fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
                let number: i64 = match self { $(Self::$case => $number),* };
                Ok(number.into())
            }
        }

        impl rusqlite::types::FromSql for $kind {
            fn column_result(
                value: rusqlite::types::ValueRef<'_>,
            ) -> rusqlite::types::FromSqlResult<Self> {
                match value.as_i64()? {
                    $($number => Ok(Self::$case),)*
                    other => Err(rusqlite::types::FromSqlError::OutOfRange(other)),
                }
            }
        }
    };
}

pub(super) use numbered;
