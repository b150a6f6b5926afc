//! What a URL's path names.

use super::reply::Fault;

/// A path segment: a name and, in parentheses, a key or arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The name.
    pub name: String,
    /// What stands in the parentheses, when there are any.
    pub inside: Option<String>,
}

impl Segment {
    /// `name='value'` pairs, or one unnamed value.
    pub fn arguments(&self) -> Vec<(String, String)> {
        let Some(inside) = &self.inside else {
            return Vec::new();
        };
        split(inside, ',')
            .into_iter()
            .filter(|part| !part.trim().is_empty())
            .map(|part| match split(part, '=').as_slice() {
                [value] => (String::new(), unquote(value)),
                [name, value @ ..] => (name.trim().to_owned(), unquote(&value.join("="))),
                [] => (String::new(), String::new()),
            })
            .collect()
    }
}

fn unquote(text: &str) -> String {
    let text = text.trim();
    match text
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''))
    {
        Some(inner) => inner.replace("''", "'"),
        None => text.to_owned(),
    }
}

/// Splits outside of quotes, parentheses and brackets.
pub fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0usize, false);
    for (place, letter) in text.char_indices() {
        match letter {
            '\'' => quoted = !quoted,
            '(' | '[' if !quoted => depth += 1,
            ')' | ']' if !quoted => depth = depth.saturating_sub(1),
            _ if letter == at && !quoted && depth == 0 => {
                parts.push(&text[start..place]);
                start = place + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The segments of a decoded path.
pub fn segments(path: &str) -> Result<Vec<Segment>, Fault> {
    split(path, '/')
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| match part.split_once('(') {
            None => Ok(Segment {
                name: part.to_owned(),
                inside: None,
            }),
            Some((name, rest)) => match rest.strip_suffix(')') {
                Some(inside) => Ok(Segment {
                    name: name.to_owned(),
                    inside: Some(inside.to_owned()),
                }),
                None => Err(Fault::odata(format!(
                    "Bad Request - Error in query syntax near '{part}'."
                ))),
            },
        })
        .collect()
}
