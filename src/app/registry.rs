//! One table of everything an admin can do: keys, footer hint, help line and palette entry come from here.

use super::{Key, State, why_not};

/// A pane; its number is its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pane {
    /// How it goes.
    #[default]
    Overview,
    /// What needs a decision.
    Conflicts,
    /// Which field goes where.
    Mappings,
    /// Direction and policy.
    Entities,
    /// What could not be written.
    Failures,
}

impl Pane {
    /// Every pane that exists, in tab order.
    pub const ALL: [Self; 5] = [
        Self::Overview,
        Self::Conflicts,
        Self::Mappings,
        Self::Entities,
        Self::Failures,
    ];

    /// The title on its tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Conflicts => "Conflicts",
            Self::Mappings => "Mappings",
            Self::Entities => "Entities",
            Self::Failures => "Failures",
        }
    }

    /// The key that shows it.
    pub fn number(self) -> u8 {
        match self {
            Self::Overview => 1,
            Self::Conflicts => 2,
            Self::Mappings => 3,
            Self::Entities => 4,
            Self::Failures => 6,
        }
    }

    /// The title where there is little room.
    pub fn short(self) -> &'static str {
        match self {
            Self::Overview => "Over",
            Self::Conflicts => "Conf",
            Self::Mappings => "Map",
            Self::Entities => "Ent",
            Self::Failures => "Fail",
        }
    }
}

/// Something an admin can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each one's title and help are in REGISTRY")]
pub enum Action {
    Show(Pane),
    NextPane,
    PreviousPane,
    Up,
    Down,
    PageUp,
    PageDown,
    Home,
    End,
    Back,
    Help,
    Palette,
    SyncNow,
    PauseResume,
    Approve,
    RetryFailures,
    Copy,
    Mouse,
    Redraw,
    Suspend,
    Quit,
    Interrupt,
    Open,
    TakeDynamics,
    TakeMarketo,
    TypeValue,
    Undo,
    Mark,
    MarkAll,
    Filter,
    Narrow,
    NextStatus,
    NextConflict,
    PreviousConflict,
    Zoom,
    PreviousEntity,
    NextEntity,
    CellLeft,
    CellRight,
    Choose,
    Cycle,
    Review,
    Discard,
    Inside,
    RetryThese,
    ParkThese,
}

/// Where an action's keys work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// In every pane.
    Global,
    /// In one pane only.
    Pane(Pane),
}

/// One row of the registry.
#[derive(Debug)]
pub struct ActionDef {
    /// What it does.
    pub action: Action,
    /// Where.
    pub scope: Scope,
    /// Its keys, the first one is shown in the footer.
    pub keys: &'static [&'static str],
    /// Its name in the palette.
    pub title: &'static str,
    /// Its word in the footer; empty for none.
    pub hint: &'static str,
    /// Its line in the help.
    pub help: &'static str,
    /// Whether the palette offers it.
    pub palette: bool,
}

const fn row(
    action: Action,
    scope: Scope,
    keys: &'static [&'static str],
    (title, hint): (&'static str, &'static str),
    help: &'static str,
) -> ActionDef {
    ActionDef {
        action,
        scope,
        keys,
        title,
        hint,
        help,
        palette: true,
    }
}

/// A row for moving about, which nobody looks for in a palette.
const fn quiet(
    action: Action,
    scope: Scope,
    keys: &'static [&'static str],
    (title, hint): (&'static str, &'static str),
    help: &'static str,
) -> ActionDef {
    ActionDef {
        palette: false,
        ..row(action, scope, keys, (title, hint), help)
    }
}

const G: Scope = Scope::Global;
const OVERVIEW: Scope = Scope::Pane(Pane::Overview);
const CONFLICTS: Scope = Scope::Pane(Pane::Conflicts);
const MAPPINGS: Scope = Scope::Pane(Pane::Mappings);
const ENTITIES: Scope = Scope::Pane(Pane::Entities);
const FAILURES: Scope = Scope::Pane(Pane::Failures);

/// Every action. Panes first, in footer order; then what works everywhere.
#[rustfmt::skip]
pub const REGISTRY: &[ActionDef] = &[
    row(Action::Open, OVERVIEW, &["enter"], ("Open the entity", "open"), "the entity's conflicts, or its mapping when it has none"),

    row(Action::TakeDynamics, CONFLICTS, &["left", "d"], ("Take the Dynamics value", "Dynamics"), "take the Dynamics value, for this conflict or all marked ones"),
    row(Action::TakeMarketo, CONFLICTS, &["right", "m"], ("Take the Marketo value", "Marketo"), "take the Marketo value, for this conflict or all marked ones"),
    row(Action::TypeValue, CONFLICTS, &["e"], ("Type a value", "type"), "type a value; it is written to both sides"),
    row(Action::Undo, CONFLICTS, &["u"], ("Undo the decision", "undo"), "take the decision back while it is not applied"),
    row(Action::Mark, CONFLICTS, &["space"], ("Mark", "mark"), "mark or unmark, and go on to the next"),
    row(Action::MarkAll, CONFLICTS, &["ctrl-a", "A"], ("Mark all shown", ""), "mark all that the filter shows, or none"),
    row(Action::Filter, CONFLICTS, &["/"], ("Filter conflicts", "filter"), "filter by text; entity:lead and field:phone narrow it"),
    row(Action::Narrow, CONFLICTS, &["f"], ("Narrow to one field", "field"), "group by field: show one field's conflicts only"),
    row(Action::NextStatus, CONFLICTS, &["s"], ("Show another status", "status"), "open, pending, resolved, applied, gone, all"),
    row(Action::NextConflict, CONFLICTS, &["]", "n"], ("Next conflict to decide", ""), "go to the next one that waits for a decision"),
    row(Action::PreviousConflict, CONFLICTS, &["[", "N"], ("Previous conflict to decide", ""), "go to the previous one that waits for a decision"),
    row(Action::Zoom, CONFLICTS, &["enter"], ("Details, or back to the list", ""), "the details alone, or the list again"),

    row(Action::NextEntity, MAPPINGS, &["right", "e"], ("Next entity's mapping", "entity"), "show the next entity's mapping"),
    row(Action::PreviousEntity, MAPPINGS, &["left", "E"], ("Previous entity's mapping", ""), "show the previous entity's mapping"),
    row(Action::Filter, MAPPINGS, &["/"], ("Filter fields", "filter"), "filter by field name, label or type"),

    row(Action::Choose, ENTITIES, &["enter"], ("Choose a setting", "choose"), "choose from a list what the cell shall be"),
    row(Action::Cycle, ENTITIES, &["space"], ("Next setting", "next value"), "change the cell to its next value, as a draft"),
    quiet(Action::CellLeft, ENTITIES, &["left", "h"], ("Cell to the left", "cell"), "go to the cell on the left"),
    quiet(Action::CellRight, ENTITIES, &["right", "l"], ("Cell to the right", ""), "go to the cell on the right"),
    row(Action::Review, ENTITIES, &["S"], ("Review and apply changes", "review"), "review the drafted changes, then apply them"),
    row(Action::Discard, ENTITIES, &["z"], ("Discard drafted changes", "discard"), "forget the drafted changes"),

    row(Action::RetryThese, FAILURES, &["t"], ("Try these failures again", "try again"), "try the group, or the selected record, again now"),
    row(Action::ParkThese, FAILURES, &["x"], ("Park these failures", "park"), "leave the group, or the selected record, alone until you retry"),
    row(Action::Inside, FAILURES, &["enter"], ("The group's records, or back", "records"), "go among the group's records, or back to the groups"),

    quiet(Action::Up, G, &["up", "k"], ("Up", "move"), "one row up"),
    quiet(Action::Down, G, &["down", "j"], ("Down", ""), "one row down"),
    row(Action::Approve, G, &["a"], ("Approve the plan shown", "approve"), "let the halted plan go on, after a question"),
    row(Action::SyncNow, G, &["r"], ("Sync now", "sync now"), "start the next cycle now"),
    row(Action::PauseResume, G, &["p"], ("Pause or resume", "pause"), "finish the running batches and write nothing more, or go on"),
    row(Action::Palette, G, &[":", "ctrl-p"], ("Command palette", "commands"), "find any command by a few letters of its name"),
    row(Action::Help, G, &["?", "f1"], ("Help", "help"), "every key of this pane, then those that work everywhere"),
    row(Action::Quit, G, &["q"], ("Quit", "quit"), "quit; asks first while a batch is being written"),
    row(Action::Show(Pane::Overview), G, &["1"], ("Go to Overview", ""), "the Overview pane"),
    row(Action::Show(Pane::Conflicts), G, &["2"], ("Go to Conflicts", ""), "the Conflicts pane"),
    row(Action::Show(Pane::Mappings), G, &["3"], ("Go to Mappings", ""), "the Mappings pane"),
    row(Action::Show(Pane::Entities), G, &["4"], ("Go to Entities", ""), "the Entities pane"),
    row(Action::Show(Pane::Failures), G, &["6"], ("Go to Failures", ""), "the Failures pane"),
    quiet(Action::NextPane, G, &["tab"], ("Next pane", ""), "the next pane"),
    quiet(Action::PreviousPane, G, &["shift-tab"], ("Previous pane", ""), "the previous pane"),
    quiet(Action::PageUp, G, &["pgup"], ("Page up", ""), "ten rows up; in the Overview: older events"),
    quiet(Action::PageDown, G, &["pgdn"], ("Page down", ""), "ten rows down; in the Overview: newer events"),
    quiet(Action::Home, G, &["home", "g"], ("First row", ""), "the first row; in the Overview: the oldest event"),
    quiet(Action::End, G, &["end", "G"], ("Last row", ""), "the last row; in the Overview: follow the events again"),
    quiet(Action::Back, G, &["esc"], ("Back", ""), "back out one step"),
    row(Action::RetryFailures, G, &["R"], ("Retry failed records", ""), "try all failed records again now"),
    row(Action::Copy, G, &["y"], ("Copy the focused value", ""), "copy the value under the cursor to the clipboard"),
    row(Action::Mouse, G, &["ctrl-t"], ("Mouse on or off", ""), "on: click tabs and rows; off: select text as usual"),
    row(Action::Redraw, G, &["ctrl-l"], ("Paint the screen anew", ""), "paint the screen anew"),
    row(Action::Suspend, G, &["ctrl-z"], ("Suspend", ""), "back to the shell; `fg` returns"),
    quiet(Action::Interrupt, G, &["ctrl-c"], ("Cancel or quit", ""), "cancel what is typed, else ask to quit; twice: stop at once"),
];

/// The action a key stands for in a pane: the pane's own keys first.
pub(super) fn resolve(pane: Pane, key: Key) -> Option<Action> {
    let bound = |def: &&ActionDef| def.keys.iter().any(|name| Key::named(name) == Some(key));
    let mine = REGISTRY.iter().filter(|def| def.scope == Scope::Pane(pane));
    let global = REGISTRY.iter().filter(|def| def.scope == Scope::Global);
    mine.chain(global).find(bound).map(|def| def.action)
}

impl ActionDef {
    /// The label of its first key; both arrows for moving.
    pub fn label(&self) -> String {
        match self.action {
            Action::Up => "↑↓".to_owned(),
            Action::CellLeft => "←→".to_owned(),
            _ => self
                .keys
                .first()
                .map_or_else(String::new, |name| label(name)),
        }
    }

    /// The labels of all its keys.
    pub fn labels(&self) -> String {
        let labels: Vec<String> = self.keys.iter().map(|name| label(name)).collect();
        labels.join("  ")
    }
}

fn label(name: &str) -> String {
    Key::named(name).map_or_else(String::new, |key| key.to_string())
}

/// The footer of the shown pane: key labels and words of everything that can be done now.
/// What works everywhere comes last, so that a narrow screen can drop it from the right but keeps help and quit.
pub fn footer(state: &State) -> Vec<(String, &'static str)> {
    let here = Scope::Pane(state.pane);
    let possible = |def: &&ActionDef| !def.hint.is_empty() && why_not(state, def.action).is_none();
    let urgent = |def: &&ActionDef| def.action == Action::Approve;
    let mine = REGISTRY.iter().filter(|def| def.scope == here);
    let global = REGISTRY
        .iter()
        .filter(|def| def.scope == Scope::Global && !urgent(def));
    let hints = REGISTRY
        .iter()
        .filter(urgent)
        .chain(mine)
        .chain(global)
        .filter(possible);
    hints
        .map(|def| (def.label(), hint_now(state, def)))
        .collect()
}

fn hint_now(state: &State, def: &ActionDef) -> &'static str {
    match def.action {
        Action::PauseResume if state.is_paused() => "resume",
        _ => def.hint,
    }
}

/// The help of a pane: its own keys first, then those that work everywhere. `(keys, help)`; an empty key is a heading.
pub fn help_rows(pane: Pane) -> Vec<(String, &'static str)> {
    let of = |scope: Scope| REGISTRY.iter().filter(move |def| def.scope == scope);
    let mut rows = vec![(String::new(), pane.title())];
    rows.extend(of(Scope::Pane(pane)).map(|def| (def.labels(), def.help)));
    rows.push((String::new(), "Everywhere"));
    rows.extend(of(Scope::Global).map(|def| (def.labels(), def.help)));
    rows
}
