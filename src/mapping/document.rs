//! Documents of the admin's as TOML.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::MappingError;

/// A document as TOML.
pub fn to_toml(document: &impl Serialize) -> Result<String, MappingError> {
    toml_edit::ser::to_string_pretty(document)
        .map_err(|error| MappingError::Shape(error.to_string()))
}

/// A document from TOML; the error says where it is wrong.
pub fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, MappingError> {
    toml_edit::de::from_str(text).map_err(|error| MappingError::Shape(error.to_string()))
}
