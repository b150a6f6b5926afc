//! What a query over several tables asks for, whichever language it came in.

use crate::sandbox::dynamics::condition::Condition;
use crate::sandbox::dynamics::filter::Operator;
use crate::sandbox::dynamics::reply::Fault;

/// Most tables of a query: the one asked for and fifteen links.
pub const SOURCES_MAX: usize = 16;

/// A column of one of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the place of the table in the plan, of the column in the table"
)]
pub struct Place {
    pub source: usize,
    pub column: u16,
}

/// What becomes of a row that finds no partner, or several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joining {
    /// Dropped; once for each partner.
    Inner,
    /// Kept without one; once for each partner.
    Outer,
    /// Dropped; with the first partner only.
    First,
}

/// How a table is joined to one before it.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs, reason = "the column there equals the column here")]
pub struct Join {
    pub how: Joining,
    pub from: Place,
    pub column: u16,
}

/// A table of the query.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its number.
    pub table: u16,
    /// What the query calls it.
    pub alias: String,
    /// How it is joined; the first is not, and any other unjoined one meets every row.
    pub join: Option<Join>,
    /// What its rows must meet to be partners.
    pub on: Condition,
}

/// A question about a row of each table.
#[derive(Clone, Debug)]
pub enum Test {
    /// Every one.
    All(Vec<Test>),
    /// At least one.
    Some(Vec<Test>),
    /// About one table's row.
    Row(usize, Condition),
    /// Two columns compared; never so where either is empty.
    Columns(Place, Operator, Place),
}

/// A function over the rows of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    missing_docs,
    reason = "the usual six; `Rows` counts rows, `Values` those with a value"
)]
pub enum Function {
    Rows,
    Values,
    Sum,
    Average,
    Min,
    Max,
}

/// A part of a date to group by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "plain")]
pub enum Part {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    FiscalPeriod,
    FiscalYear,
}

/// Where the values of an output come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A column as it is.
    Column(Place),
    /// A part of a date.
    Part(Place, Part),
    /// A function over a column, or over rows; `true` leaves repeated values out.
    Function(Function, Option<Place>, bool),
}

impl What {
    /// The column behind it.
    pub fn place(self) -> Option<Place> {
        match self {
            Self::Column(place) | Self::Part(place, _) => Some(place),
            Self::Function(_, place, _) => place,
        }
    }

    /// Whether it stands for a whole group.
    pub fn is_function(self) -> bool {
        matches!(self, Self::Function(..))
    }
}

/// One member of each object in the answer.
#[derive(Clone, Debug)]
pub struct Output {
    /// The member's name.
    pub name: String,
    /// Its value.
    pub what: What,
    /// Written as null where there is no value, instead of left out.
    pub nullable: bool,
}

/// A whole query.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The tables, the one asked for first.
    pub sources: Vec<Source>,
    /// Which rows.
    pub test: Test,
    /// What is shown of them.
    pub outputs: Vec<Output>,
    /// Rows that agree in all outputs but functions become one.
    pub grouped: bool,
    /// Equal lines become one.
    pub distinct: bool,
    /// Sort keys; true is descending.
    pub order: Vec<(What, bool)>,
    /// Lines left out at the start.
    pub offset: usize,
    /// Lines at most.
    pub limit: usize,
    /// Rows an aggregate may look at.
    pub aggregated_max: usize,
    /// A sum over nothing is zero, not empty.
    pub zero_sums: bool,
    /// Count all lines.
    pub total: bool,
}

/// Rows an aggregate may look at, in every language.
pub const AGGREGATED_MAX: usize = 50_000;

impl Plan {
    /// Refuses, in the vendor's words, one table more than a query may join.
    pub fn room_for_one(&self) -> Result<(), Fault> {
        if self.sources.len() < SOURCES_MAX {
            return Ok(());
        }
        let text = "Number of link entities in query exceeded maximum limit.";
        Err(Fault::new(
            400,
            "0x8004430D",
            "LinkEntityLimitExceeded",
            text.into(),
        ))
    }

    /// All rows of one table, nothing shown yet.
    pub fn new(table: u16, alias: &str, limit: usize) -> Self {
        Self {
            sources: vec![Source {
                table,
                alias: alias.to_owned(),
                join: None,
                on: Condition::Constant(true),
            }],
            test: Test::All(Vec::new()),
            outputs: Vec::new(),
            grouped: false,
            distinct: false,
            order: Vec::new(),
            offset: 0,
            limit,
            aggregated_max: AGGREGATED_MAX,
            zero_sums: true,
            total: false,
        }
    }
}
