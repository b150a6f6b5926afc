//! The command line: a contract that scripts rely on.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::entities::EntitiesVerb;
use super::failures::FailuresVerb;
use super::history::HistoryArguments;
use super::records::RecordsVerb;
use super::rules::{BackfillArguments, FilterVerb};
use super::task::TaskVerb;
use crate::model::Side;

/// Keeps Adobe Marketo Engage and Microsoft Dynamics 365 in step.
///
/// Without a command it opens the console on the default profile; where none is configured, on an embedded sandbox.
#[derive(Debug, Parser)]
#[command(version, about, long_about)]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) place: Place,
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
}

/// Which profile, and which state.
#[derive(Debug, Clone, Args)]
pub(super) struct Place {
    /// The profile to use, by its name in the configuration file
    #[arg(long, global = true, value_name = "NAME")]
    pub(super) profile: Option<String>,
    /// The configuration file, instead of the one in the platform's configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
    /// The state file, instead of the profile's own in the platform's data folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(super) state: Option<PathBuf>,
    /// Use the embedded sandbox: made-up people on this machine, gone when the console is closed
    #[arg(long, global = true, conflicts_with_all = ["profile", "config"])]
    pub(super) sandbox: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Run the engine without a screen, for a service manager; logs JSON lines to stderr
    Run {
        /// Answer Prometheus at this address (127.0.0.1:9464)
        #[arg(long, value_name = "HOST:PORT")]
        metrics: Option<SocketAddr>,
    },
    /// Run one cycle, then exit: 0 clean, 1 error, 2 usage, 3 conflicts or failures wait, 4 halted by a brake
    Sync {
        /// Let the plan of this name go on
        #[arg(long, value_name = "PLAN")]
        approve: Option<String>,
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Show what the next cycle would write, and the plan's name for --approve; writes nothing
    Preview {
        /// Show values whole instead of masked; --json always does
        #[arg(long)]
        reveal: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Show how the sync is doing
    Status {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Hold writes back: all, one entity's, or one direction's; pulling goes on
    Pause(PauseArguments),
    /// Let what is held back go on: all, or what was held for one entity or direction
    Resume(Part),
    /// Try a filter before it is set
    #[command(subcommand)]
    Filter(FilterVerb),
    /// Carry what Dynamics holds to Marketo anew, empties included
    Backfill(BackfillArguments),
    /// List what is kept in step; add and remove custom entities
    #[command(subcommand)]
    Entities(EntitiesVerb),
    /// Field maps and entity settings as one TOML document
    #[command(subcommand)]
    Config(ConfigVerb),
    /// Bind the state to the two ends the profile names now: maps and settings are kept, links are found anew by keys
    Rebind,
    /// List and resolve conflicts
    #[command(subcommand)]
    Conflicts(ConflictsVerb),
    /// List, retry, park and edit the records that could not be written
    #[command(subcommand)]
    Failures(FailuresVerb),
    /// Ask both ends and the state everything a sync needs; exits 0 only if all passes
    Check {
        /// Print the least the two users have to be allowed, for the entities that are kept in step, and ask nothing
        #[arg(long, conflicts_with = "json")]
        role: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Look records up on both sides; link, unlink, create them
    #[command(subcommand)]
    Records(RecordsVerb),
    /// Give a salesperson something to do
    #[command(subcommand)]
    Task(TaskVerb),
    /// Show the cycles, what one of them wrote, or every write to a record
    History(HistoryArguments),
    /// Run only the two sandbox servers; the first line on stdout says where they are
    Sandbox(SandboxArguments),
    /// Print a completion script
    Completions {
        /// The shell it is for
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Which part of the engine.
#[derive(Debug, Clone, Args)]
pub(super) struct Part {
    /// Only this entity
    #[arg(long, value_name = "E")]
    pub(super) entity: Option<String>,
    /// Only this direction
    #[arg(long, value_enum, value_name = "D")]
    pub(super) direction: Option<DirectionArgument>,
    /// Only this logical field; the rest of each record goes on
    #[arg(long, value_name = "F")]
    pub(super) field: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(super) enum ConfigVerb {
    /// Write a configuration file to start from
    Init,
    /// Show each entity's settings
    Show {
        /// Print one JSON document
        #[arg(long)]
        json: bool,
    },
    /// Write field maps and entity settings as TOML
    Export {
        /// The file, instead of stdout
        file: Option<PathBuf>,
    },
    /// Show what `apply` would change
    Plan {
        /// The file
        file: PathBuf,
    },
    /// Read them from a file, as `import` does
    Apply {
        /// The file
        file: PathBuf,
    },
    /// Read them from a file: checked as a whole, shown as differences, obeyed from the next cycle on
    Import {
        /// The file
        file: PathBuf,
        /// Only show what would change
        #[arg(long)]
        dry_run: bool,
    },
    /// Print where the configuration file is
    Path,
}

#[derive(Debug, Args)]
pub(super) struct PauseArguments {
    #[command(flatten)]
    pub(super) part: Part,
    /// Go on by itself after this time (30m, 2h)
    #[arg(long = "for", value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) for_: Option<Duration>,
}

/// One direction.
#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum DirectionArgument {
    ToDynamics,
    ToMarketo,
}

impl From<DirectionArgument> for crate::model::Side {
    fn from(direction: DirectionArgument) -> Self {
        match direction {
            DirectionArgument::ToDynamics => Self::Dynamics,
            DirectionArgument::ToMarketo => Self::Marketo,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ConflictsVerb {
    /// List open conflicts, the newest first
    List {
        #[command(flatten)]
        narrow: Narrow,
        /// Show values whole instead of masked; --json always does
        #[arg(long)]
        reveal: bool,
        /// Print one JSON object a line
        #[arg(long)]
        json: bool,
    },
    /// Decide conflicts; the next cycle writes what was chosen
    Resolve(ResolveArguments),
    /// Take a decision back: what it wrote is replaced by what was there before
    Undo {
        /// The conflict's id
        id: i64,
    },
}

/// Which conflicts.
#[derive(Debug, Clone, Args)]
pub(super) struct Narrow {
    /// Only this entity's
    #[arg(long)]
    pub(super) entity: Option<String>,
    /// Only this field's
    #[arg(long)]
    pub(super) field: Option<String>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true).args(["id", "all"]))]
#[command(group = clap::ArgGroup::new("what").required(true).args(["take", "value"]))]
pub(super) struct ResolveArguments {
    /// The conflict's id, as listed
    pub(super) id: Option<i64>,
    /// Every pending conflict, narrowed by --entity and --field
    #[arg(long)]
    pub(super) all: bool,
    #[command(flatten)]
    pub(super) narrow: Narrow,
    /// Take the value of this side
    #[arg(long)]
    pub(super) take: Option<SideArgument>,
    /// Write this value to both sides
    #[arg(long)]
    pub(super) value: Option<String>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SideArgument {
    Dynamics,
    Marketo,
}

impl From<SideArgument> for Side {
    fn from(side: SideArgument) -> Self {
        match side {
            SideArgument::Dynamics => Self::Dynamics,
            SideArgument::Marketo => Self::Marketo,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LimitsArgument {
    /// As the vendors have them
    Real,
    /// None
    Off,
}

#[derive(Debug, Args)]
pub(super) struct SandboxArguments {
    /// Where Dynamics listens (loopback only)
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub(super) dynamics: SocketAddr,
    /// Where Marketo listens (loopback only)
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:0")]
    pub(super) marketo: SocketAddr,
    /// Leads and contacts in Dynamics
    #[arg(long, value_name = "N", default_value_t = 2500)]
    pub(super) people: usize,
    /// The same seed makes the same people and edits
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// Background edits on both sides
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) edits_per_minute: u32,
    /// Stop those edits after this time
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub(super) edits_for: Option<Duration>,
    /// Whether the vendors' limits are enforced
    #[arg(long, value_enum, default_value_t = LimitsArgument::Real)]
    pub(super) limits: LimitsArgument,
    /// How late Marketo's activities appear
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = humantime::parse_duration)]
    pub(super) activity_lag: Duration,
    /// Faults to inject, as a comma list of side:kind=share, or =xN for the next N chances
    /// (dynamics:503=0.02,marketo:606=x3)
    #[arg(long, value_name = "LIST")]
    pub(super) faults: Option<String>,
}
