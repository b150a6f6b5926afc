//! One call as the vendor's front end understands it: path parts, parameters wherever they were
//! sent, and the body.

use bytes::Bytes;
use http::{HeaderMap, Method, Uri};
use serde_json::{Map, Value as Json};

use super::answer::Refusal;

/// What the caller really meant, whatever verb carried it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Post,
    Delete,
    Other,
}

/// The body by its declared type.
#[derive(Debug)]
pub(crate) enum Body {
    Empty,
    Json(Json),
    /// Declared as JSON, but is none.
    Malformed,
    /// A multipart body with its boundary.
    Multipart(String, Bytes),
    /// A form; its pairs are among the parameters.
    Form,
    Other,
}

/// One call.
#[derive(Debug)]
pub(crate) struct Call {
    pub verb: Verb,
    /// Path parts without empty and dot parts and without the last part's `.json`.
    pub path: Vec<String>,
    params: Vec<(String, String)>,
    pub body: Body,
    /// The bearer token of the header.
    pub bearer: Option<String>,
    /// The `Range` header.
    pub range: Option<String>,
    pub now_ms: i64,
    /// Number of the call in this instance; part of its request id.
    pub number: u32,
}

impl Call {
    /// Reads a request. `_method` may be in the query or in a form body; a GET may carry a form.
    pub(crate) fn read(
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        body: Bytes,
        now_ms: i64,
    ) -> Self {
        let mut params = pairs(uri.query().unwrap_or_default().as_bytes());
        let declared = header(headers, "content-type").unwrap_or_default();
        let body = read_body(&declared, body, &mut params);
        let asked = params
            .iter()
            .find(|(name, _)| name == "_method")
            .map(|(_, verb)| &**verb);
        let verb = match (method.as_str(), asked) {
            ("POST", Some("GET")) | ("GET", _) => Verb::Get,
            ("POST", Some("DELETE")) | ("DELETE", _) => Verb::Delete,
            ("POST", _) => Verb::Post,
            _ => Verb::Other,
        };
        let bearer = header(headers, "authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| token.trim().to_owned())
        });
        Self {
            verb,
            path: path_parts(uri.path()),
            params,
            body,
            bearer,
            range: header(headers, "range"),
            now_ms,
            number: 0,
        }
    }

    /// Pattern of `dispatch`: the path parts as text.
    pub(crate) fn parts(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).collect()
    }

    /// The first value of a parameter; an empty one counts as absent.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self
            .params
            .iter()
            .find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// A parameter that must be there (1002).
    pub(crate) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.param(name).ok_or_else(|| Refusal::missing(name))
    }

    /// All values of a parameter, repeated or joined by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        // Some clients join repeated ids before encoding, so that "&id=" arrives within a value.
        let given = self.params.iter().filter(|(key, _)| key == name);
        given
            .flat_map(|(_, value)| value.split(','))
            .flat_map(|value| value.split("&id="))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A list of names from a parameter or from the JSON body, where it may be an array or text.
    pub(crate) fn names(&self, name: &str) -> Vec<String> {
        let given = self.list(name);
        if !given.is_empty() {
            return given
                .into_iter()
                .map(|name| name.trim().to_owned())
                .collect();
        }
        let Body::Json(body) = &self.body else {
            return Vec::new();
        };
        match body.get(name) {
            Some(Json::Array(names)) => names
                .iter()
                .filter_map(Json::as_str)
                .map(str::to_owned)
                .collect(),
            Some(Json::String(names)) => {
                let names = names
                    .split(',')
                    .map(str::trim)
                    .filter(|name| !name.is_empty());
                names.map(str::to_owned).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Text from a parameter or from the JSON body.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.param(name).or_else(|| self.member(name))
    }

    /// `batchSize`, at most and by default 300.
    pub(crate) fn batch_size(&self) -> Result<usize, Refusal> {
        let text = self.param("batchSize").or_else(|| match &self.body {
            Body::Json(body) => body.get("batchSize").and_then(Json::as_str),
            _ => None,
        });
        let Some(text) = text else {
            return Ok(super::PAGE);
        };
        match text.parse::<usize>() {
            Ok(size) if size > 0 => Ok(size.min(super::PAGE)),
            _ => Err(Refusal::new(
                1001,
                format!("Invalid value '{text}'. Required of type 'Integer'"),
            )),
        }
    }

    /// The JSON body; 612 for another type, 609 for bad JSON or none.
    pub(crate) fn json(&self) -> Result<&Map<String, Json>, Refusal> {
        match &self.body {
            Body::Json(Json::Object(members)) => Ok(members),
            Body::Json(_) | Body::Malformed | Body::Empty => Err(Refusal::new(609, "Invalid JSON")),
            Body::Form | Body::Multipart(..) | Body::Other => {
                Err(Refusal::new(612, "Invalid Content Type"))
            }
        }
    }

    /// The records of the body's `input`, at most 300.
    pub(crate) fn input(&self, too_many: u16) -> Result<&Vec<Json>, Refusal> {
        let input = self.json()?.get("input").filter(|input| !input.is_null());
        let input = input.ok_or_else(|| Refusal::missing("input"))?;
        let records = input
            .as_array()
            .ok_or_else(|| Refusal::new(609, "Invalid JSON"))?;
        if records.len() > super::PAGE {
            let text = format!("Max number of records '{}' exceeded", super::PAGE);
            return Err(Refusal::new(too_many, text));
        }
        if records.is_empty() {
            return Err(Refusal::new(1003, "Invalid data: input must not be empty"));
        }
        Ok(records)
    }

    /// The ids of a batch: from the body's `input`, or from the query parameter `id`. A record
    /// without a readable id is `None`.
    pub(crate) fn record_ids(&self, too_many: u16) -> Result<Vec<Option<i64>>, Refusal> {
        if matches!(self.body, Body::Json(_) | Body::Malformed) {
            let records = self.input(too_many)?.iter();
            return Ok(records.map(|record| id_of(record.get("id")?)).collect());
        }
        let ids = self.list("id");
        if ids.is_empty() {
            return Err(Refusal::missing("id"));
        }
        if ids.len() > super::PAGE {
            let text = format!("Max number of records '{}' exceeded", super::PAGE);
            return Err(Refusal::new(too_many, text));
        }
        Ok(ids.iter().map(|id| id.trim().parse().ok()).collect())
    }

    /// A text member of the JSON body.
    pub(crate) fn member(&self, name: &str) -> Option<&str> {
        match &self.body {
            Body::Json(body) => body.get(name)?.as_str().filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// The request id of the answer: `<hex>#<hex of the milliseconds>`.
    pub(crate) fn request_id(&self) -> String {
        request_id(self.number, self.now_ms)
    }
}

/// The id that an answer and the activities of its call carry.
pub(crate) fn request_id(number: u32, at_ms: i64) -> String {
    format!("{:x}#{at_ms:x}", 0x1000 + (number & 0xffff))
}

/// An id sent as a number or as its text.
pub(crate) fn id_of(json: &Json) -> Option<i64> {
    json.as_i64().or_else(|| json.as_str()?.trim().parse().ok())
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn pairs(text: &[u8]) -> Vec<(String, String)> {
    url::form_urlencoded::parse(text).into_owned().collect()
}

fn read_body(declared: &str, body: Bytes, params: &mut Vec<(String, String)>) -> Body {
    let kind = declared
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    match kind.as_str() {
        _ if body.is_empty() => Body::Empty,
        "application/json" => serde_json::from_slice(&body).map_or(Body::Malformed, Body::Json),
        "application/x-www-form-urlencoded" => {
            params.extend(pairs(&body));
            Body::Form
        }
        "multipart/form-data" => {
            let boundary = declared.split("boundary=").nth(1).unwrap_or_default();
            let boundary = boundary
                .split(';')
                .next()
                .unwrap_or_default()
                .trim_matches('"');
            Body::Multipart(boundary.to_owned(), body)
        }
        _ => Body::Other,
    }
}

/// `/rest/../bulk//v1/leads.json` becomes `bulk, v1, leads`.
fn path_parts(path: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => {
                let plain = part.replace('+', "%2B");
                let decoded = url::form_urlencoded::parse(plain.as_bytes()).next();
                parts.push(decoded.map_or_else(|| part.to_owned(), |(name, _)| name.into_owned()));
            }
        }
    }
    if let Some(last) = parts.last_mut()
        && let Some(stem) = last.strip_suffix(".json")
    {
        *last = stem.to_owned();
    }
    parts
}
