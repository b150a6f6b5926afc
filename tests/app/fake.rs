//! Made-up engine pictures, conflicts and mappings for looking at the console.

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use syncdeck::app::{EntityStatus, News, NewsKind, Snapshot};
use syncdeck::model::{
    BatchProgress, Conflict, ConflictId, ConflictKind, ConflictStatus, CycleId, CycleOutcome,
    CycleReport, Direction, EngineState, Entity, LinkId, PerSide, Policy, Quota, Resolution, Side,
    Take, Value,
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
        backfill: None,
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
        reserve: limit * 7 / 100,
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
