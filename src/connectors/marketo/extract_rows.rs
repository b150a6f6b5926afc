//! An extract's CSV as rows, piece by piece as it arrives.

use super::error;
use super::values;
use crate::connectors::ConnectorError;
use crate::model::{FieldInfo, FieldKind, Fields};

/// The word an extract writes for no value.
const NULL: &str = "null";
/// A row longer than this is none: a quote is missing somewhere.
const LONGEST_ROW: usize = 16 * 1024 * 1024;

/// Turns the pieces of an extract's file into rows. Holds no more than one piece and a half row.
pub struct ExtractRows {
    kinds: Vec<FieldInfo>,
    columns: Option<Vec<(String, FieldKind)>>,
    /// What came after the last whole row.
    rest: Vec<u8>,
}

impl ExtractRows {
    /// `kinds` as the description lists them; the file's first row names the columns.
    pub fn new(kinds: &[FieldInfo]) -> Self {
        Self {
            kinds: kinds.to_vec(),
            columns: None,
            rest: Vec::new(),
        }
    }

    /// The whole rows that are here after one more piece.
    pub fn feed(&mut self, piece: &[u8]) -> Result<Vec<Fields>, ConnectorError> {
        self.rest.extend_from_slice(piece);
        let whole = whole_rows(&self.rest);
        if self.rest.len() - whole > LONGEST_ROW {
            return Err(error::protocol("a row of the file does not end", ""));
        }
        let ready: Vec<u8> = self.rest.drain(..whole).collect();
        self.read(&ready)
    }

    /// The last row, when the file does not end with a line break.
    pub fn finish(mut self) -> Result<Vec<Fields>, ConnectorError> {
        let ready = std::mem::take(&mut self.rest);
        self.read(&ready)
    }

    fn read(&mut self, ready: &[u8]) -> Result<Vec<Fields>, ConnectorError> {
        let mut rows = Vec::new();
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            // Cells with a bare carriage return have been seen: only a line feed ends a row.
            .terminator(csv::Terminator::Any(b'\n'))
            .from_reader(ready);
        for row in reader.byte_records() {
            let row = row.map_err(|why| error::protocol(&format!("the file: {why}"), ""))?;
            let last = row.len().saturating_sub(1);
            let cells = row.iter().enumerate().map(|(place, cell)| {
                let end = cell.strip_suffix(b"\r").filter(|_| place == last);
                String::from_utf8_lossy(end.unwrap_or(cell))
            });
            let Some(columns) = &self.columns else {
                let kind = |name: &str| {
                    let known = self.kinds.iter().find(|info| info.name == name);
                    known.map_or(FieldKind::Text, |info| info.kind)
                };
                let named = cells.map(|name| {
                    let name = name.trim_start_matches('\u{FEFF}').to_owned();
                    let kind = kind(&name);
                    (name, kind)
                });
                self.columns = Some(named.collect());
                continue;
            };
            if row.len() != columns.len() {
                return Err(error::protocol(
                    "a row of the file has another number of cells",
                    "",
                ));
            }
            let fields = columns.iter().zip(cells).map(|((name, kind), cell)| {
                let value = match cell.as_ref() {
                    NULL => values::absent(*kind),
                    text => values::typed(*kind, text),
                };
                (name.clone(), value)
            });
            rows.push(fields.collect());
        }
        Ok(rows)
    }
}

/// How many bytes of `text` are whole rows: up to the last line break outside quotes.
fn whole_rows(text: &[u8]) -> usize {
    let (mut quoted, mut whole) = (false, 0);
    for place in memchr::memchr2_iter(b'"', b'\n', text) {
        if text[place] == b'"' {
            quoted = !quoted;
        } else if !quoted {
            whole = place + 1;
        }
    }
    whole
}
