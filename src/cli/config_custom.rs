//! A custom entity in the configuration's document: what another profile needs to have the same one.

use serde::{Deserialize, Serialize};

use crate::model::{CustomEntity, CustomField, CustomState, Entity, ParentPath};

/// What a custom entity is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CustomDocument {
    object: String,
    label: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<ParentPath>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    needs: Vec<(String, Entity)>,
    #[serde(default)]
    fields: Vec<CustomField>,
}

impl From<CustomEntity> for CustomDocument {
    fn from(custom: CustomEntity) -> Self {
        Self {
            object: custom.object,
            label: custom.label,
            path: custom.path,
            needs: custom.needs,
            fields: custom.fields,
        }
    }
}

impl CustomDocument {
    /// The entity, its type still to be made.
    pub(super) fn wanted(&self, entity: &Entity, by: &str) -> CustomEntity {
        let own = self.clone();
        CustomEntity {
            entity: entity.clone(),
            object: own.object,
            label: own.label,
            path: own.path,
            needs: own.needs,
            fields: own.fields,
            added: Vec::new(),
            state: CustomState::Wanted,
            note: None,
            by: by.to_owned(),
        }
    }
}
