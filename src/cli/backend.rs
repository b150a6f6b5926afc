//! What answers the console: questions go to the store, on readers of their own; commands go to the engine.

use async_trait::async_trait;
use tokio::sync::mpsc;

use crate::app::{
    Alike, Backend, ConflictQuery, FailureRow, FieldCount, Loaded, MappingRow, MappingView, Query,
};
use crate::engine::{Command, MappingFact, mapping_facts};
use crate::store::{ConflictFilter, FailureFilter, Order, Reader, Store, StoreError};

/// The store to ask and the engine to tell.
pub(super) struct Desk {
    pub(super) store: Store,
    pub(super) commands: mpsc::Sender<Command>,
}

#[async_trait]
impl Backend for Desk {
    async fn query(&self, query: Query) -> Loaded {
        let loaded = self.store.read(move |reader| answer(reader, query)).await;
        loaded.unwrap_or_else(|error| Loaded::Failed(error.to_string()))
    }

    async fn send(&self, command: Command) -> Result<(), String> {
        let gone = "the engine has ended: quit and start syncdeck again";
        self.commands
            .send(command)
            .await
            .map_err(|_| gone.to_owned())
    }

    fn user(&self) -> String {
        super::resources::user()
    }
}

fn answer(reader: &Reader<'_>, query: Query) -> Result<Loaded, StoreError> {
    match query {
        Query::Conflicts {
            filter,
            after,
            limit,
        } => {
            let filter = narrowed(&filter);
            let rows = reader.conflicts(&filter, Order::OldestFirst, after, limit)?;
            Ok(Loaded::Conflicts {
                rows,
                total: reader.count_conflicts(&filter)?,
            })
        }
        Query::Fields(filter) => {
            let fields = reader.conflict_fields(&narrowed(&filter))?;
            let counts = fields.into_iter();
            Ok(Loaded::Fields(
                counts
                    .map(|(entity, field, count)| FieldCount {
                        entity,
                        field,
                        count,
                    })
                    .collect(),
            ))
        }
        Query::Mapping(entity) => {
            let rows = mapping_facts(reader, &entity)?
                .into_iter()
                .map(row)
                .collect();
            Ok(Loaded::Mapping(MappingView { entity, rows }))
        }
        Query::Failures { of, limit } => failures(reader, of, limit),
    }
}

fn failures(reader: &Reader<'_>, of: Option<Alike>, limit: usize) -> Result<Loaded, StoreError> {
    let groups = reader
        .failure_groups(&FailureFilter::default())?
        .into_iter();
    let groups: Vec<FailureRow> = groups
        .map(|group| FailureRow {
            which: Alike {
                id: None,
                entity: Some(group.entity),
                direction: Some(group.direction),
                class: Some(group.class),
                code: Some(group.code),
                field: group.field,
            },
            count: group.count,
            parked: group.parked,
            next_try: group.next_try,
            message: group.message,
        })
        .collect();
    let of = of.or_else(|| groups.first().map(|group| group.which.clone()));
    let records = match &of {
        Some(which) => reader.failures(&which.clone().into(), None, limit)?,
        None => Vec::new(),
    };
    Ok(Loaded::Failures {
        groups,
        of,
        records,
    })
}

fn narrowed(query: &ConflictQuery) -> ConflictFilter {
    ConflictFilter {
        entity: query.entity.clone(),
        field: query.field.clone(),
        status: Some(query.status.statuses().to_vec()),
        text: (!query.text.is_empty()).then(|| query.text.clone()),
        ..ConflictFilter::default()
    }
}

fn row(fact: MappingFact) -> MappingRow {
    MappingRow {
        field: fact.field,
        dynamics_name: fact.dynamics_name,
        dynamics: fact.dynamics,
        marketo_name: fact.marketo_name,
        marketo: fact.marketo,
        direction: fact.direction,
        policy: fact.policy,
        problems: fact.problems,
    }
}
