//! What columns hold, how some are computed, and what a deletion does along a lookup.

/// What a column holds; the names are Dataverse's `AttributeType`s, dates by their behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[allow(missing_docs, reason = "the vendor's own type names")]
pub enum Kind {
    String,
    Memo,
    Integer,
    BigInt,
    Decimal,
    Money,
    Double,
    Boolean,
    Picklist,
    MultiSelectPicklist,
    State,
    Status,
    DateTime,
    DateOnly,
    TimeZoneIndependent,
    Uniqueidentifier,
    Lookup,
    Customer,
    Owner,
}

/// How a value that no one stores is made from those that are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after the columns they fill")]
pub enum Derived {
    FullName,
    Composite,
    /// The organisation-currency twin of another money column.
    Base(u16),
    OwningUser,
    OwningTeam,
    OwningBusinessUnit,
}

/// What becomes of a row when the one it points at is deleted; the names are Dataverse's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
pub enum OnDelete {
    /// Its lookup becomes empty.
    #[default]
    RemoveLink,
    /// It is deleted too.
    Cascade,
    /// It forbids the deletion.
    Restrict,
}

impl OnDelete {
    /// The vendor's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::RemoveLink => "RemoveLink",
            Self::Cascade => "Cascade",
            Self::Restrict => "Restrict",
        }
    }
}
