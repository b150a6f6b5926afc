//! Custom entities: any Dynamics table as a custom object in Marketo.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Entity, FieldKind};

/// A custom entity as the admin added it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomEntity {
    /// The Dynamics table's logical name.
    pub entity: Entity,
    /// The API name of the custom object type in Marketo.
    pub object: String,
    /// The name people see there.
    pub label: String,
    /// Whom a row belongs to; none for rows that belong to nobody in Marketo.
    pub path: Option<ParentPath>,
    /// Columns that name rows of other entities which have to be in Marketo first: the column, the entity.
    #[serde(default)]
    pub needs: Vec<(String, Entity)>,
    /// The fields beside the key and the link.
    pub fields: Vec<CustomField>,
    /// Columns that are being added to a type that is there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub added: Vec<String>,
    /// How far it is.
    pub state: CustomState,
    /// Why it is not further.
    #[serde(default)]
    pub note: Option<String>,
    /// Who added it.
    pub by: String,
}

/// One column that travels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomField {
    /// The Dynamics column.
    pub dynamics: String,
    /// The API name of the field in Marketo.
    pub marketo: String,
    /// The name people see there.
    pub label: String,
    /// The type it has there.
    pub kind: FieldKind,
}

/// The way from a row to the lead, contact or account it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentPath {
    /// `lead`, `contact` or `account`.
    pub to: Entity,
    /// The lookups on the way, the row's own first; at least one.
    pub steps: Vec<PathStep>,
}

/// One lookup on the way to a parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathStep {
    /// The lookup column.
    pub column: String,
    /// What a row calls it: the column, with the table behind a colon where it may point to several.
    pub member: String,
    /// The table it leads to.
    pub table: String,
}

impl fmt::Display for ParentPath {
    /// As it is written on the command line: `account.new_site.new_account`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to.name())?;
        self.steps
            .iter()
            .try_for_each(|step| write!(f, ".{}", step.column))
    }
}

/// How far a custom entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CustomState {
    /// Its type in Marketo is still to be made.
    Wanted,
    /// Its rows are kept in step.
    Ready,
    /// They are, while its type in Marketo is to get more fields.
    Growing,
    /// What is known of its rows is being forgotten.
    Removing,
}

impl CustomState {
    /// The word on screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Ready => "ready",
            Self::Growing => "growing",
            Self::Removing => "removing",
        }
    }
}

/// What an admin wants to have added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct CustomWish {
    /// The Dynamics table's logical name.
    pub table: String,
    /// `lead`, `contact` or `account`, and the lookups that lead there, as [`ParentPath`] is written; `none` for
    /// nobody's rows. Found where there is only one way.
    pub path: Option<String>,
    /// The API name of the type in Marketo; the table's where none is given.
    pub name: Option<String>,
    /// The columns that travel; all that can where none is named.
    pub fields: Vec<String>,
}
