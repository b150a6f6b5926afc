//! Made-up engine pictures, conflicts and mappings for looking at the console.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use syncdeck::app::{
    Code, ConflictQuery, Effect, EntityStatus, Event, FieldCount, Key, Loaded, MappingRow,
    MappingView, News, NewsKind, Query, Snapshot, State, update,
};
use syncdeck::model::{
    BatchProgress, Conflict, ConflictId, ConflictKind, ConflictStatus, CycleId, CycleOutcome,
    CycleReport, Direction, EngineState, Entity, FieldInfo, FieldKind, LinkId, PerSide, Policy,
    Quota, Resolution, Side, Take, Value,
};
use uuid::Uuid;

pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 22, 12, 4, 31).unwrap()
}

fn entity(name: &str, state: EngineState, done: u64, total: u64) -> EntityStatus {
    EntityStatus {
        entity: Entity::named(name.to_owned()),
        direction: Direction::Both,
        policy: Policy::Ask,
        state,
        links: 41_230,
        backlog: total - done,
        oldest_pending: (total > done).then(|| noon() - TimeDelta::seconds(134)),
        rate_per_minute: if total > done { 18_600.0 } else { 0.0 },
        done,
        total,
        conflicts: 0,
        failures: 0,
    }
}

fn quota(side: Side, name: &str, used: u64, limit: u64) -> Quota {
    let resets = name
        .contains("today")
        .then(|| noon() + TimeDelta::hours(17));
    Quota {
        side,
        name: name.to_owned(),
        used,
        limit,
        budget: limit * 7 / 10,
        resets,
    }
}

/// An engine in the middle of writing a cycle.
pub fn writing() -> Snapshot {
    let mut lead = entity("lead", EngineState::Writing, 34_012, 50_000);
    lead.conflicts = 9;
    lead.failures = 2;
    let mut contact = entity("contact", EngineState::Pulling, 12_100, 50_300);
    contact.conflicts = 5;
    contact.rate_per_minute = 6_120.0;
    contact.policy = Policy::Native;
    let batch = |number, entity: &Entity, side| BatchProgress {
        number,
        entity: entity.clone(),
        side,
        records: 300,
    };
    Snapshot {
        profile: "sandbox".to_owned(),
        state: EngineState::Writing,
        cycle: Some(CycleId(1842)),
        cycle_began: Some(noon() - TimeDelta::seconds(82)),
        batches: vec![
            batch(37, &lead.entity, Side::Marketo),
            batch(38, &lead.entity, Side::Marketo),
            batch(39, &contact.entity, Side::Dynamics),
        ],
        done: 46_112,
        total: 100_300,
        entities: vec![lead, contact],
        quotas: vec![
            quota(Side::Dynamics, "requests in 5 min", 720, 6_000),
            quota(Side::Dynamics, "execution seconds", 96, 1_200),
            quota(Side::Marketo, "calls today", 31_200, 50_000),
            quota(Side::Marketo, "calls in 20 s", 14, 100),
        ],
        throughput: (0..600u32)
            .map(|at| 200 + (at * 7 % 131) + 180 * u32::from(at % 97 > 40) - at % 61)
            .collect(),
        conflicts: 14,
        failures: 2,
        revision: 1,
        ..Snapshot::default()
    }
}

/// An engine that waits for its next cycle.
pub fn idle() -> Snapshot {
    let mut snapshot = writing();
    snapshot.state = EngineState::Idle;
    snapshot.batches.clear();
    snapshot.next_cycle = Some(noon() + TimeDelta::seconds(299));
    snapshot.done = snapshot.total;
    for row in &mut snapshot.entities {
        *row = EntityStatus {
            state: EngineState::Idle,
            backlog: 0,
            oldest_pending: None,
            rate_per_minute: 0.0,
            done: row.total,
            ..row.clone()
        };
    }
    snapshot.last = Some(CycleReport {
        cycle: CycleId(1842),
        outcome: CycleOutcome::Waiting,
        seconds: 82.4,
        calls: PerSide::default(),
        entities: Vec::new(),
        reason: None,
    });
    snapshot
}

/// An engine held by a brake.
pub fn halted() -> Snapshot {
    Snapshot {
        state: EngineState::Halted,
        plan: Some("first-copy-7f3a".to_owned()),
        reason: Some(
            "the first copy would create 8,790 people in Marketo and link 1,204; nothing is written before you approve it"
                .to_owned(),
        ),
        batches: Vec::new(),
        next_cycle: None,
        ..idle()
    }
}

/// An engine held by the admin.
pub fn paused() -> Snapshot {
    Snapshot {
        state: EngineState::Paused,
        reason: Some("paused by admin; pulling goes on".to_owned()),
        next_cycle: None,
        ..idle()
    }
}

const PEOPLE: [&str; 7] = [
    "jane.roe@contoso.com",
    "sam.lee@fabrikam.com",
    "ana.diaz@wingtip.com",
    "k.ito@northwind.jp",
    "李伟 <li.wei@adatum.cn>",
    "p.osei@tailspin.com",
    "bartholomew.featherstonehaugh@very-long-company-name.example.com",
];

/// So many conflicts, of several people, fields, kinds and statuses.
pub fn conflicts(count: i64) -> Vec<Conflict> {
    (1..=count).map(conflict).collect()
}

fn conflict(number: i64) -> Conflict {
    const FIELDS: [(&str, &str, &str, &str); 4] = [
        ("phone", "+1 555 0100", "+1 555 0199", "+1 555 0142"),
        ("job_title", "Analyst", "Senior Analyst", "Data Analyst"),
        (
            "company",
            "Contoso",
            "Contoso AS",
            "Contoso Ltd, Northern Europe and the Baltic States",
        ),
        ("city", "Oslo", "BERGEN", "Bergen"),
    ];
    let at = number as usize;
    let (field, base, dynamics, marketo) = FIELDS[at % 4];
    let status = match number % 7 {
        3 => ConflictStatus::Resolved,
        6 => ConflictStatus::Applied,
        _ => ConflictStatus::Pending,
    };
    let resolution = (status != ConflictStatus::Pending).then(|| Resolution {
        take: Take::Side(Side::Marketo),
        by: "kim".to_owned(),
        at: noon() - TimeDelta::minutes(3),
    });
    Conflict {
        id: ConflictId(number),
        link: Some(LinkId(number / 2)),
        entity: if number % 3 == 0 {
            Entity::CONTACT
        } else {
            Entity::LEAD
        },
        kind: if number % 9 == 8 {
            ConflictKind::Oscillation
        } else {
            ConflictKind::Field
        },
        field: field.to_owned(),
        dynamics_id: Some(Uuid::from_u128(0x0f3a_2b7c << 96 | number as u128)),
        marketo_id: Some(1_000 + number),
        label: PEOPLE[(at / 2) % PEOPLE.len()].to_owned(),
        base: (number % 5 != 0).then(|| Value::text(base)),
        dynamics: Value::text(dynamics),
        marketo: if number % 11 == 0 {
            Value::Null
        } else {
            Value::text(marketo)
        },
        status,
        detected: noon() - TimeDelta::seconds(number * 97),
        resolution,
        note:
            "Dynamics changed by K. Berg at 12:01, Marketo by the form “Q4 demo request” at 12:03"
                .to_owned(),
    }
}

fn map(field: &str, names: (&str, &str), kind: FieldKind, problem: Option<&str>) -> MappingRow {
    let info = |name: &str, label: &str, max| FieldInfo {
        label: label.to_owned(),
        max_length: max,
        ..FieldInfo::new(name, kind)
    };
    let text = matches!(kind, FieldKind::Text | FieldKind::Email | FieldKind::Phone);
    MappingRow {
        field: field.to_owned(),
        dynamics_name: names.0.to_owned(),
        dynamics: Some(info(names.0, field, text.then_some(100))),
        marketo_name: names.1.to_owned(),
        marketo: Some(info(names.1, field, text.then_some(255))),
        direction: Direction::Both,
        policy: None,
        problems: problem.map(ToOwned::to_owned).into_iter().collect(),
    }
}

/// A mapping with a problem, a read-only field and a missing one.
pub fn mapping(entity: &Entity) -> MappingView {
    let mut rows = vec![
        map("email", ("emailaddress1", "email"), FieldKind::Email, None),
        map(
            "first_name",
            ("firstname", "firstName"),
            FieldKind::Text,
            None,
        ),
        map("last_name", ("lastname", "lastName"), FieldKind::Text, None),
        map(
            "job_title",
            ("jobtitle", "title"),
            FieldKind::Text,
            Some("Marketo takes 255 characters, Dynamics 100: longer values wait as failures"),
        ),
        map("phone", ("telephone1", "phone"), FieldKind::Phone, None),
        map("company", ("companyname", "company"), FieldKind::Text, None),
        map(
            "industry",
            ("industrycode", "industry"),
            FieldKind::Option,
            Some("3 options of Dynamics have no value in Marketo"),
        ),
        map(
            "unsubscribed",
            ("donotbulkemail", "unsubscribed"),
            FieldKind::Boolean,
            None,
        ),
        map(
            "score",
            ("new_leadscore", "leadScore"),
            FieldKind::Integer,
            None,
        ),
        map(
            "revenue",
            ("revenue", "annualRevenue"),
            FieldKind::Decimal,
            None,
        ),
        map(
            "created",
            ("createdon", "crmCreatedAt"),
            FieldKind::DateTime,
            None,
        ),
    ];
    rows[7].policy = Some(Policy::Dynamics);
    rows[8].direction = Direction::ToDynamics;
    rows[9].marketo = None;
    rows[9]
        .problems
        .push("Marketo has no field annualRevenue".to_owned());
    rows[10].direction = Direction::ToMarketo;
    if let Some(info) = &mut rows[10].dynamics {
        (info.creatable, info.updatable) = (false, false);
    }
    MappingView {
        entity: entity.clone(),
        rows,
    }
}

/// Lines for the events list.
pub fn news() -> Vec<News> {
    let line = |at: i64, kind, entity: &str, text: &str| News {
        at: noon() - TimeDelta::seconds(at),
        kind,
        entity: (!entity.is_empty()).then(|| Entity::named(entity.to_owned())),
        conflict: None,
        text: text.to_owned(),
    };
    vec![
        line(
            14,
            NewsKind::Done,
            "",
            "cycle 1841 ended: 1,189 records, clean",
        ),
        line(
            9,
            NewsKind::Trouble,
            "lead",
            "2 records refused by Marketo: 1007 multiple people match the lookup key",
        ),
        line(
            7,
            NewsKind::Waiting,
            "contact",
            "Marketo 606: rate limit, waiting 3 s (attempt 1)",
        ),
        line(
            3,
            NewsKind::Done,
            "contact",
            "batch 36 to Dynamics: 300 updated",
        ),
        line(
            1,
            NewsKind::Conflict,
            "lead",
            "jane.roe@contoso.com: phone changed on both sides",
        ),
        line(
            0,
            NewsKind::Done,
            "lead",
            "batch 37 to Marketo: 280 updated, 18 created",
        ),
    ]
}

/// What a store full of [`conflicts`] would answer.
pub fn answer(query: &Query, rows: &[Conflict]) -> Loaded {
    match query {
        Query::Conflicts {
            filter,
            after,
            limit,
        } => {
            let all: Vec<Conflict> = rows
                .iter()
                .filter(|row| fits(row, filter))
                .cloned()
                .collect();
            let total = all.len() as u64;
            let page = all
                .into_iter()
                .filter(|row| after.is_none_or(|after| row.id > after));
            Loaded::Conflicts {
                rows: page.take(*limit).collect(),
                total,
            }
        }
        Query::Fields(filter) => {
            let mut counts: Vec<FieldCount> = Vec::new();
            for row in rows.iter().filter(|row| fits(row, filter)) {
                let same =
                    |one: &&mut FieldCount| one.entity == row.entity && one.field == row.field;
                match counts.iter_mut().find(same) {
                    Some(one) => one.count += 1,
                    None => counts.push(FieldCount {
                        entity: row.entity.clone(),
                        field: row.field.clone(),
                        count: 1,
                    }),
                }
            }
            Loaded::Fields(counts)
        }
        Query::Mapping(entity) => Loaded::Mapping(mapping(entity)),
    }
}

fn fits(row: &Conflict, filter: &ConflictQuery) -> bool {
    let text = format!(
        "{} {} {} {}",
        row.label, row.field, row.dynamics, row.marketo
    )
    .to_lowercase();
    filter.status.statuses().contains(&row.status)
        && filter
            .entity
            .as_ref()
            .is_none_or(|entity| row.entity == *entity)
        && filter
            .field
            .as_ref()
            .is_none_or(|field| row.field == *field)
        && text.contains(&filter.text.to_lowercase())
}

/// A console over made-up data that answers every question at once.
pub struct Desk {
    pub state: State,
    pub rows: Vec<Conflict>,
    /// Everything that was asked for, but questions.
    pub effects: Vec<Effect>,
}

impl Desk {
    /// A console of this size that has seen one picture of the engine.
    pub fn new(width: u16, height: u16, snapshot: Snapshot) -> Self {
        let state = State::new("kim", noon());
        let rows = conflicts(14);
        let mut desk = Self {
            state,
            rows,
            effects: Vec::new(),
        };
        desk.event(Event::Resize { width, height });
        desk.event(Event::Engine(Arc::new(snapshot)));
        for line in news() {
            desk.event(Event::News(line));
        }
        desk
    }

    pub fn event(&mut self, event: Event) {
        let mut effects = update(&mut self.state, event);
        while let Some(effect) = (!effects.is_empty()).then(|| effects.remove(0)) {
            match effect {
                Effect::Query(id, query) => {
                    let loaded = answer(&query, &self.rows);
                    effects.extend(update(&mut self.state, Event::Loaded(id, loaded)));
                }
                other => self.effects.push(other),
            }
        }
    }

    /// Presses keys by their names in the registry, a second apart.
    pub fn press(&mut self, names: &str) -> &mut Self {
        for name in names.split_whitespace() {
            self.wait(1_000);
            let key = Key::named(name).unwrap_or_else(|| panic!("no key {name}"));
            self.event(Event::Key(key));
        }
        self
    }

    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.event(Event::Key(Key::plain(Code::Char(character))));
        }
        self
    }

    pub fn wait(&mut self, milliseconds: i64) -> &mut Self {
        let now = self.state.now + TimeDelta::milliseconds(milliseconds);
        self.event(Event::Time(now));
        self
    }
}
