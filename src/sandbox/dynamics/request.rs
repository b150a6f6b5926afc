//! One call as the organisation sees it: path, query options, preferences and who is calling.

use http::HeaderMap;
use uuid::Uuid;

use super::reply::decode;

/// The longest page.
pub const PAGE_MAX: usize = 5000;

/// Who calls, and from where links must start.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user whose name stands on what is written.
    pub user: Uuid,
    /// The application behind an impersonated user.
    pub delegate: Option<Uuid>,
    /// `http://host:port`.
    pub origin: String,
    /// `v9.2`.
    pub version: String,
}

impl Caller {
    /// The root of absolute links, with the slash.
    pub fn root(&self) -> String {
        format!("{}/api/data/{}/", self.origin, self.version)
    }
}

/// One call, by itself or a part of a batch.
#[derive(Clone, Debug)]
pub struct Call {
    /// GET, POST …
    pub method: http::Method,
    /// Path below the API root, decoded, without slashes at the ends.
    pub path: String,
    /// Query options in order, decoded.
    pub query: Vec<(String, String)>,
    /// The query as sent, to be repeated in links.
    pub raw_query: String,
    /// Request headers.
    pub headers: HeaderMap,
    /// Request body.
    pub body: bytes::Bytes,
    /// Who calls.
    pub caller: Caller,
    /// Now, seconds since 1970.
    pub now: i64,
}

impl Call {
    /// Splits `target` (path and query below the API root) and fills in the rest.
    pub fn target(&mut self, target: &str) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        decode(path, false)
            .trim_matches('/')
            .clone_into(&mut self.path);
        query.clone_into(&mut self.raw_query);
        self.query = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect();
    }

    /// A query option.
    pub fn option(&self, name: &str) -> Option<&str> {
        let found = self
            .query
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// `text` with parameter aliases (`@p1`) replaced by their values.
    pub fn resolve(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut quoted = false;
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            if letter == '\'' {
                quoted = !quoted;
            }
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '@'));
            let word = &rest[..word.unwrap_or(rest.len())];
            if letter == '@'
                && !quoted
                && let Some(value) = self.option(word)
            {
                out.push_str(value);
                rest = &rest[word.len()..];
                continue;
            }
            out.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
        out
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The preferences asked for.
    pub fn prefer(&self) -> Prefer {
        let all = self.headers.get_all("prefer");
        let text: Vec<&str> = all.iter().filter_map(|value| value.to_str().ok()).collect();
        Prefer::parse(&text.join(","))
    }
}

/// The `Prefer` header.
#[derive(Clone, Debug, Default)]
pub struct Prefer {
    /// `odata.maxpagesize`.
    pub page: Option<usize>,
    /// `odata.track-changes`.
    pub track: bool,
    /// `return=representation`.
    pub representation: bool,
    /// `odata.continue-on-error`.
    pub go_on: bool,
    /// Patterns of `odata.include-annotations`.
    pub annotations: Vec<String>,
    /// The preferences as understood, for `Preference-Applied`.
    pub applied: Vec<String>,
}

impl Prefer {
    fn parse(text: &str) -> Self {
        let mut prefer = Self::default();
        for item in commas(text) {
            let (name, value) = item.split_once('=').unwrap_or((item, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "odata.maxpagesize" | "maxpagesize" => {
                    prefer.page = value
                        .parse()
                        .ok()
                        .filter(|n| *n > 0)
                        .map(|n: usize| n.min(PAGE_MAX));
                }
                "odata.track-changes" => prefer.track = true,
                "return" => prefer.representation = value.eq_ignore_ascii_case("representation"),
                "odata.continue-on-error" => prefer.go_on = value != "false",
                "odata.include-annotations" => {
                    prefer.annotations = value.split(',').map(|p| p.trim().to_owned()).collect();
                }
                _ => continue,
            }
            prefer.applied.push(item.trim().to_owned());
        }
        prefer
    }

    /// Whether an annotation is asked for by its full name.
    pub fn wants(&self, annotation: &str) -> bool {
        self.annotations
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => annotation.starts_with(prefix),
                None => pattern == annotation,
            })
    }

    /// Whether errors carry details too.
    pub fn detailed(&self) -> bool {
        self.annotations.iter().any(|pattern| pattern == "*")
    }
}

/// Splits at commas outside of double quotes.
fn commas(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                parts.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}
