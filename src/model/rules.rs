//! The rules an admin sets for one entity: what a delete means, who is in scope, how much goes through unasked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Side;

/// What a delete on one side means for the record on the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeletePolicy {
    /// It is kept and flagged as deleted; where the other side has no such flag, it is only unlinked.
    Flag,
    /// It is deleted too.
    Delete,
    /// It is kept as it is; the link ends.
    Unlink,
    /// It is kept; a later edit of it creates the deleted one anew.
    Recreate,
    /// The admin decides, record by record.
    Ask,
}

impl DeletePolicy {
    /// Every policy, in the order the console offers them.
    pub const ALL: [Self; 5] = [
        Self::Flag,
        Self::Unlink,
        Self::Recreate,
        Self::Delete,
        Self::Ask,
    ];

    /// The word on screen, in JSON and in configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Delete => "delete",
            Self::Unlink => "unlink",
            Self::Recreate => "recreate",
            Self::Ask => "ask",
        }
    }

    /// The policy a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// What happens to a linked person whose row leaves the filter's scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeavePolicy {
    /// Nothing is written any more; what is there goes stale, as with the native connector.
    #[default]
    Freeze,
    /// As frozen, and flagged as if deleted until it comes back.
    Flag,
    /// The person is deleted in Marketo; coming back creates another one.
    Delete,
}

impl LeavePolicy {
    /// Every policy, in the order the console offers them.
    pub const ALL: [Self; 3] = [Self::Freeze, Self::Flag, Self::Delete];

    /// The word on screen, in JSON and in configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Flag => "flag",
            Self::Delete => "delete",
        }
    }

    /// The policy a word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|policy| policy.word() == word)
    }
}

/// Which rows are kept in step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Whether a No in the native connector's column `new_synctomkto` keeps a row out. Absent, empty and Yes do not.
    pub native_column: bool,
    /// A CEL expression over the row's columns that has to hold as well; `related.LOOKUP.COLUMN` asks the row a lookup
    /// points to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expression: Option<String>,
    /// Whether a row out of scope takes along the rows that point to it: an account its contacts, leads and opportunities.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub cascade: bool,
    /// The filters of the rows this one points to that take it along, by lookup. Worked out, never set by hand.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parents: BTreeMap<String, Filter>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            native_column: true,
            expression: None,
            cascade: false,
            parents: BTreeMap::new(),
        }
    }
}

/// What goes through unasked: the larger of a count and a share of all links.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// Records a cycle that are always allowed.
    pub count: u64,
    /// Records a cycle, in percent of the entity's links.
    pub percent: u32,
}

/// How much one cycle may do unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BrakeRules {
    /// Records deleted, or flagged as deleted.
    pub deletes: Limit,
    /// Records created, outside the first copy.
    pub creates: Limit,
    /// Records changed, outside the first copy.
    pub changes: Limit,
    /// A side with less than this percentage of what it had looks emptied.
    pub remaining_percent: u32,
}

impl Default for BrakeRules {
    fn default() -> Self {
        let limit = |count, percent| Limit { count, percent };
        Self {
            deletes: limit(25, 1),
            creates: limit(500, 5),
            changes: limit(1_000, 30),
            remaining_percent: 50,
        }
    }
}

/// One way to find the person a row stands for: all of these logical fields are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchRule {
    /// The logical fields; people are looked up by the first one, so it has to be one Marketo can search.
    pub fields: Vec<String>,
}

/// Roles in opportunities whose customer is an account: one for each of its contacts that is in Marketo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountRoles {
    /// The name of these roles.
    pub role: String,
}

impl Default for AccountRoles {
    fn default() -> Self {
        Self {
            role: "Account contact".to_owned(),
        }
    }
}

impl AccountRoles {
    /// Characters Marketo takes of a role's name.
    const LONGEST: usize = 50;

    /// Why these roles cannot be made.
    pub fn problem(&self) -> Option<String> {
        let (long, blank) = (self.role.chars().count(), self.role.trim().is_empty());
        if blank {
            return Some("account_roles needs a role name".to_owned());
        }
        let longest = Self::LONGEST;
        (long > longest).then(|| {
            format!("the role name of account_roles has {long} characters, Marketo takes {longest}: shorten it")
        })
    }
}

/// All rules of one entity beyond direction and policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EntityRules {
    /// What a row deleted in Dynamics means for the person.
    pub deleted_in_dynamics: DeletePolicy,
    /// What a person deleted in Marketo means for the row.
    pub deleted_in_marketo: DeletePolicy,
    /// Which rows are kept in step.
    pub filter: Filter,
    /// What happens to those that leave.
    pub leave: LeavePolicy,
    /// How much goes through unasked.
    pub brakes: BrakeRules,
    /// How a row without a link finds its person, in this order; our own stamp always comes first.
    pub matching: Vec<MatchRule>,
    /// Which people who exist in Marketo only are created in Dynamics unasked: a CEL expression over Marketo's fields.
    /// None: nobody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_in_dynamics: Option<String>,
    /// Who owns a record in Marketo as long as its owner is not there: a user's or team's row. None: whoever owned it
    /// before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_fallback: Option<Uuid>,
    /// Of opportunities: whether the contacts of an account that is the customer have roles. None: they have not, and
    /// those that were made are taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_roles: Option<AccountRoles>,
}

impl Default for EntityRules {
    fn default() -> Self {
        Self {
            deleted_in_dynamics: DeletePolicy::Flag,
            deleted_in_marketo: DeletePolicy::Unlink,
            filter: Filter::default(),
            leave: LeavePolicy::default(),
            brakes: BrakeRules::default(),
            matching: vec![MatchRule {
                fields: vec!["email".to_owned()],
            }],
            create_in_dynamics: None,
            owner_fallback: None,
            account_roles: None,
        }
    }
}

impl EntityRules {
    /// What a delete on `side` means for the other one.
    pub fn deleted_in(&self, side: Side) -> DeletePolicy {
        match side {
            Side::Dynamics => self.deleted_in_dynamics,
            Side::Marketo => self.deleted_in_marketo,
        }
    }
}

/// One rule's new setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleChange {
    /// What a delete on this side means for the other.
    Delete {
        /// Where records are deleted.
        side: Side,
        /// What follows.
        policy: DeletePolicy,
    },
    /// Which rows are kept in step; shown as a plan before it is obeyed.
    Filter(Filter),
    /// What happens to those that leave.
    Leave(LeavePolicy),
    /// How much goes through unasked.
    Brakes(BrakeRules),
    /// How rows find their people.
    Matching(Vec<MatchRule>),
    /// Who is created in Dynamics unasked.
    CreateInDynamics(Option<String>),
    /// Who owns what has no owner in Marketo.
    OwnerFallback(Option<Uuid>),
    /// Whether the contacts of an account have roles in its opportunities.
    AccountRoles(Option<AccountRoles>),
    /// All rules at once.
    All(Box<EntityRules>),
}

impl RuleChange {
    /// Sets the rule.
    pub fn apply(self, rules: &mut EntityRules) {
        match self {
            Self::Delete { side, policy } => match side {
                Side::Dynamics => rules.deleted_in_dynamics = policy,
                Side::Marketo => rules.deleted_in_marketo = policy,
            },
            Self::Filter(filter) => rules.filter = filter,
            Self::Leave(policy) => rules.leave = policy,
            Self::Brakes(brakes) => rules.brakes = brakes,
            Self::Matching(matching) => rules.matching = matching,
            Self::CreateInDynamics(rule) => rules.create_in_dynamics = rule,
            Self::OwnerFallback(row) => rules.owner_fallback = row,
            Self::AccountRoles(roles) => rules.account_roles = roles,
            Self::All(all) => *rules = *all,
        }
    }
}
