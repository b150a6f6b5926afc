//! An expression of the admin's (CEL) over the values of a record: a filter that holds or not, a value worked out.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use cel::{Context, Program};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive, ToPrimitive};

use crate::model::{Record, Value};

/// A parsed expression. A column without a value is `null`; texts, numbers and yes/no are themselves; an option is its
/// code, a set of options a list of codes; days, moments and ids are texts as ISO 8601 writes them, which sort by time. `related.LOOKUP.COLUMN` is a column of
/// the row a lookup points to; null where it points nowhere.
#[derive(Clone)]
pub struct Expression {
    text: String,
    program: Arc<Program>,
    columns: Vec<String>,
    related: Vec<(String, String)>,
}

/// Why a text is no expression, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the expression cannot be used, at {place}: {problem}")]
pub struct ExpressionError {
    /// Where: `line 1, column 5`, or the name that is wrong.
    pub place: String,
    /// What is wrong.
    pub problem: String,
}

/// The longest expression that is taken.
const LONGEST: usize = 4_000;

impl Expression {
    /// Parses an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let wrong = |place: String, problem: String| ExpressionError { place, problem };
        if text.len() > LONGEST {
            let problem = format!("it is longer than {LONGEST} characters");
            return Err(wrong("its end".to_owned(), problem));
        }
        let program = Program::compile(text).map_err(|errors| {
            let first = errors.errors.first();
            let (line, column) = first.map_or((1, 0), |error| error.pos);
            let problem = first.map_or_else(|| errors.to_string(), |error| error.msg.clone());
            wrong(format!("line {line}, column {}", column + 1), problem)
        })?;
        let references = program.references();
        let mut columns: Vec<String> = references
            .variables()
            .into_iter()
            .map(str::to_owned)
            .collect();
        columns.sort_unstable();
        drop(references);
        let related = if columns.iter().any(|name| name == RELATED) {
            columns.retain(|name| name != RELATED);
            paths(text).ok_or_else(|| {
                let problem = "it is followed by a lookup and one of its columns, as related.parentcustomerid.name";
                wrong(format!("'{RELATED}'"), problem.to_owned())
            })?
        } else {
            Vec::new()
        };
        Ok(Self {
            text: text.to_owned(),
            program: Arc::new(program),
            columns,
            related,
        })
    }

    /// Parses an expression that may name only columns that `known` knows.
    pub fn over(text: &str, known: impl Fn(&str) -> bool) -> Result<Self, ExpressionError> {
        let parsed = Self::parse(text)?;
        if let Some((lookup, column)) = parsed.related.first() {
            return Err(ExpressionError {
                place: format!("'{RELATED}.{lookup}.{column}'"),
                problem: "only the row's own columns can be asked about here".to_owned(),
            });
        }
        match parsed.columns.iter().find(|column| !known(column)) {
            None => Ok(parsed),
            Some(column) => Err(ExpressionError {
                place: format!("'{column}'"),
                problem: "there is no such column".to_owned(),
            }),
        }
    }

    /// The columns it names, by API name.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The lookups and the columns of the rows they point to that it names.
    pub fn related(&self) -> &[(String, String)] {
        &self.related
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds for a record. One it cannot be worked out for (`revenue > 1000` without a revenue) is not meant.
    pub fn holds(&self, record: &Record) -> bool {
        let value = self.run(
            self.columns
                .iter()
                .map(|name| (name.as_str(), record.get(name))),
            Some(record),
        );
        value == Some(cel::Value::Bool(true))
    }

    /// The value it makes of one value, named `value` in it; none where it cannot be worked out.
    pub fn of(&self, value: &Value) -> Option<Value> {
        match self.run([("value", value)].into_iter(), None)? {
            cel::Value::Null => Some(Value::Null),
            cel::Value::Bool(flag) => Some(Value::Boolean(flag)),
            cel::Value::Int(number) => Some(Value::Integer(number)),
            cel::Value::UInt(number) => i64::try_from(number).ok().map(Value::Integer),
            cel::Value::Float(number) => Decimal::from_f64(number).map(Value::Decimal),
            cel::Value::String(text) => Some(Value::text(text.as_str())),
            _ => None,
        }
    }

    fn run<'a>(
        &self,
        values: impl Iterator<Item = (&'a str, &'a Value)>,
        record: Option<&Record>,
    ) -> Option<cel::Value> {
        let mut context = Context::default();
        for (name, value) in values {
            context.add_variable_from_value(name, bound(value));
        }
        if let Some(record) = record.filter(|_| !self.related.is_empty()) {
            let mut lookups: HashMap<String, HashMap<String, cel::Value>> = HashMap::new();
            for (lookup, column) in &self.related {
                let value = bound(record.get(&format!("{RELATED}.{lookup}.{column}")));
                let parent = lookups.entry(lookup.clone()).or_default();
                parent.insert(column.clone(), value);
            }
            context.add_variable_from_value(RELATED, lookups);
        }
        self.program.execute(&context).ok()
    }
}

/// The word that leads to the rows a row points to.
const RELATED: &str = "related";

/// Every `related.LOOKUP.COLUMN` of a text, outside its quotes; none where the word stands alone.
fn paths(text: &str) -> Option<Vec<(String, String)>> {
    let mut bare = String::new();
    let mut quote = None;
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match quote {
            Some(_) if letter == '\\' => drop(letters.next()),
            Some(open) if letter == open => quote = None,
            Some(_) => {}
            None if matches!(letter, '"' | '\'') => {
                quote = Some(letter);
                bare.push(' ');
            }
            None => bare.push(letter),
        }
    }
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.');
    let words = bare.split(|letter: char| !is_part(letter));
    let mut found = Vec::new();
    for word in words {
        let mut parts = word.split('.');
        if parts.next() != Some(RELATED) {
            continue;
        }
        let (lookup, column) = (parts.next()?, parts.next()?);
        if lookup.is_empty() || column.is_empty() {
            return None;
        }
        let path = (lookup.to_owned(), column.to_owned());
        if !found.contains(&path) {
            found.push(path);
        }
    }
    (!found.is_empty()).then_some(found)
}

fn bound(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Text(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Integer(number) => cel::Value::Int(*number),
        Value::Decimal(number) => number.to_f64().map_or(cel::Value::Null, cel::Value::Float),
        Value::Boolean(flag) => cel::Value::Bool(*flag),
        Value::Options(codes) => {
            let codes = codes.iter().map(|code| cel::Value::Int(*code));
            cel::Value::List(Arc::new(codes.collect()))
        }
        Value::Date(_) | Value::DateTime(_) | Value::Id(_) => {
            cel::Value::String(Arc::new(value.to_string()))
        }
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({})", self.text)
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
