//! How a sandbox instance behaves: its seed, limits, lag, and the switches for what the vendor's
//! documents leave open.

use std::time::Duration;

use crate::sandbox::faults::Faults;

/// The settings of one sandbox instance. Every default is the documented or most often seen
/// behaviour of a live one.
#[derive(Clone, Debug)]
pub struct InstanceOptions {
    /// Everything random in the instance comes from here: ids, tokens, faults.
    pub seed: u64,
    /// Whether the 20-second window, the calls in flight and the daily quota refuse calls. They are
    /// counted either way.
    pub limits_on: bool,
    /// How long after its commit an activity becomes visible.
    pub activity_lag: Duration,
    /// Calls a day, until midnight US Central time.
    pub daily_quota: u64,
    /// Calls within any 20 seconds.
    pub window_calls: usize,
    /// Calls in flight at the same time.
    pub concurrent_calls: usize,
    /// Life of a fresh access token.
    pub token_life: Duration,
    /// A CRM is attached by the vendor's own connector: companies, opportunities, sales persons and
    /// roles refuse writes with 1018.
    pub native_crm: bool,
    /// The subscription includes the custom object schema calls (616 otherwise).
    pub custom_object_schema: bool,
    /// The subscription includes the `updatedAt` filter of lead extracts (1035 otherwise).
    pub updated_at_extract: bool,
    /// Accept the token as query parameter `access_token`.
    pub query_token: bool,
    /// Names of the person partitions; the first is the default one.
    pub partitions: Vec<String>,
    /// A write that creates somebody has to name a partition (1009 otherwise).
    pub partition_required: bool,
    /// How long a bulk job stays in each of its waiting states.
    pub bulk_time: Duration,
    /// Bytes of bulk extract files a day (1029 beyond).
    pub bulk_daily_bytes: u64,
    /// Activities a single feed call looks at before it answers with `moreResult`.
    pub scan_distance: usize,
    /// Hours between UTC and the instance's time zone, used for times sent without an offset.
    pub zone_hours: i32,
    /// A pause before every answer, as a network would have.
    pub latency: Duration,
    /// Until so long after its creation a person is not found by the look-up of a write, so that closely spaced
    /// upserts of one new key create two people, as the vendor warns.
    pub upsert_race: Duration,
    /// Setting or clearing `unsubscribed` spreads to all people with the same e-mail.
    pub durable_unsubscribe: bool,
    /// The fault dial.
    pub faults: Faults,
    /// The answers to questions that only a live instance can settle.
    pub open: OpenPoints,
}

impl Default for InstanceOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            limits_on: false,
            activity_lag: Duration::ZERO,
            daily_quota: 50_000,
            window_calls: 100,
            concurrent_calls: 10,
            token_life: Duration::from_secs(3600),
            native_crm: false,
            custom_object_schema: true,
            updated_at_extract: true,
            query_token: false,
            partitions: vec!["Default".to_owned()],
            partition_required: false,
            bulk_time: Duration::from_secs(1),
            bulk_daily_bytes: 500 * 1024 * 1024,
            scan_distance: 50_000,
            zone_hours: -6,
            latency: Duration::ZERO,
            upsert_race: Duration::ZERO,
            durable_unsubscribe: false,
            faults: Faults::none(),
            open: OpenPoints::default(),
        }
    }
}

/// Where the documents are silent or contradict themselves: one switch a question.
#[derive(Clone, Debug)]
pub struct OpenPoints {
    /// Code for more than 300 records in one call.
    pub too_many_records: u16,
    /// An unknown field name in a record skips the record (true) or refuses the call (false).
    pub unknown_field_skips_record: bool,
    /// Code for a read of one unknown person by id; `None` answers an empty result.
    pub unknown_person: Option<u16>,
    /// Code for `createOnly` when several people match.
    pub create_only_several: u16,
    /// Empty cells of an imported file clear the field.
    pub import_empty_clears: bool,
    /// A company with people refuses its delete with 1022; otherwise the people are left orphaned.
    pub company_delete_refused: bool,
    /// A merge also writes a delete activity for each loser.
    pub merge_writes_deletes: bool,
    /// A change of a company writes a data value change for each of its people.
    pub company_changes_logged: bool,
    /// Writing an equal value is logged as a change.
    pub equal_writes_logged: bool,
    /// Code for a `sinceDatetime` that is no date.
    pub bad_since: u16,
    /// Lead changes also show changes of fields that were not asked for.
    pub unasked_changes_shown: bool,
    /// A score changed by a campaign writes only "Change Score", not "Change Data Value" as well.
    pub scores_only_as_scores: bool,
}

impl Default for OpenPoints {
    fn default() -> Self {
        Self {
            too_many_records: 1003,
            unknown_field_skips_record: true,
            unknown_person: None,
            create_only_several: 1005,
            import_empty_clears: true,
            company_delete_refused: true,
            merge_writes_deletes: false,
            company_changes_logged: false,
            equal_writes_logged: false,
            bad_since: 1003,
            unasked_changes_shown: false,
            scores_only_as_scores: false,
        }
    }
}
