//! `$batch`: taking a multipart body apart and writing the multipart answer.
//!
//! Clients differ: LF or CRLF, quoted or bare boundaries, absolute or relative URLs with blanks in
//! them. All are read; what is written has CRLF and the literal prefixes clients look for.

use std::fmt::Write as _;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use memchr::memmem;

use super::reply::{Fault, Reply};

/// Most operations of a batch.
pub const OPERATIONS_MAX: usize = 1000;

/// Most headers of a part.
const HEADERS_MAX: usize = 64;

/// One operation of a batch.
#[derive(Debug)]
pub struct Part {
    /// Its `Content-ID`.
    pub id: Option<String>,
    /// GET, POST …
    pub method: Method,
    /// Path and query below the API root.
    pub target: String,
    /// The operation's own headers.
    pub headers: HeaderMap,
    /// The operation's body.
    pub body: Bytes,
}

/// What stands between two boundaries.
#[derive(Debug)]
pub enum Item {
    /// An operation by itself.
    Single(Part),
    /// Operations that succeed or fail together.
    Set(Vec<Part>),
}

/// The boundary in a content type.
pub fn boundary(content_type: &str) -> Option<String> {
    let (_, rest) = content_type.split_once("boundary=")?;
    let rest = rest.trim();
    let text = match rest.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => rest.split(';').next()?.trim(),
    };
    (!text.is_empty()).then(|| text.to_owned())
}

/// Takes a batch apart.
pub fn parse(body: &Bytes, boundary: &str) -> Result<Vec<Item>, Fault> {
    let mut items = Vec::new();
    let mut operations = 0;
    for piece in pieces(body, boundary) {
        let (headers, rest) = headers(&piece)?;
        let kind = text(&headers, "content-type");
        if kind.starts_with("multipart/mixed") {
            let inner =
                self::boundary(&kind).ok_or_else(|| malformed("a change set without boundary"))?;
            let parts = pieces(&rest, &inner)
                .into_iter()
                .map(|piece| {
                    let (headers, rest) = self::headers(&piece)?;
                    operation(&headers, &rest)
                })
                .collect::<Result<Vec<_>, _>>()?;
            operations += parts.len();
            if let Some(part) = parts.iter().find(|part| part.method == Method::GET) {
                return Err(malformed(&format!(
                    "a GET in a change set: {}",
                    part.target
                )));
            }
            items.push(Item::Set(parts));
        } else {
            operations += 1;
            items.push(Item::Single(operation(&headers, &rest)?));
        }
    }
    if operations > OPERATIONS_MAX {
        return Err(Fault::odata(format!(
            "The maximum number of operations ({OPERATIONS_MAX}) in a batch is exceeded."
        )));
    }
    Ok(items)
}

fn malformed(what: &str) -> Fault {
    Fault::odata(format!("The batch request is malformed: {what}."))
}

/// The bytes between boundaries, without the line break before the next one.
fn pieces(body: &Bytes, boundary: &str) -> Vec<Bytes> {
    let delimiter = format!("--{boundary}");
    let mut pieces = Vec::new();
    let mut start = None;
    for at in memmem::find_iter(body, delimiter.as_bytes()) {
        let fresh = at == 0 || body[at - 1] == b'\n';
        let after = at + delimiter.len();
        let ends = matches!(body.get(after), None | Some(b'\r' | b'\n' | b'-' | b' '));
        if !fresh || !ends {
            continue;
        }
        if let Some(start) = start {
            let mut end = at.saturating_sub(1);
            if end > start && body[end - 1] == b'\r' {
                end -= 1;
            }
            pieces.push(body.slice(start..end.max(start)));
        }
        if body[after..].starts_with(b"--") {
            break;
        }
        let line = memchr::memchr(b'\n', &body[after..]).map_or(body.len(), |n| after + n + 1);
        start = Some(line);
    }
    pieces
}

/// The header block at the start of a piece, and what follows the empty line.
fn headers(piece: &Bytes) -> Result<(HeaderMap, Bytes), Fault> {
    let mut room = [httparse::EMPTY_HEADER; HEADERS_MAX];
    // A block that ends with the piece still counts as ended.
    let mut padded = piece.to_vec();
    padded.extend(b"\r\n\r\n");
    match httparse::parse_headers(&padded, &mut room) {
        Ok(httparse::Status::Complete((used, found))) => {
            let mut map = HeaderMap::new();
            for header in found {
                let name = HeaderName::from_bytes(header.name.as_bytes());
                let value = HeaderValue::from_bytes(header.value);
                if let (Ok(name), Ok(value)) = (name, value) {
                    map.append(name, value);
                }
            }
            Ok((map, piece.slice(used.min(piece.len())..)))
        }
        _ => Err(malformed("a part's headers cannot be read")),
    }
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// `METHOD url HTTP/1.1`, headers, body. The URL may hold blanks.
fn operation(outer: &HeaderMap, rest: &Bytes) -> Result<Part, Fault> {
    let skip = rest
        .iter()
        .take_while(|byte| byte.is_ascii_whitespace())
        .count();
    let rest = rest.slice(skip..);
    let end = memchr::memchr(b'\n', &rest).unwrap_or(rest.len());
    let line = std::str::from_utf8(&rest[..end])
        .map_err(|_| malformed("a request line"))?
        .trim();
    let (method, url) = line
        .split_once(' ')
        .ok_or_else(|| malformed("a request line"))?;
    let url = match url.rsplit_once(' ') {
        Some((url, version)) if version.starts_with("HTTP/") => url,
        _ => url,
    };
    let (headers, body) = headers(&rest.slice((end + 1).min(rest.len())..))?;
    let id = Some(text(outer, "content-id")).filter(|id| !id.is_empty());
    Ok(Part {
        id: id.or_else(|| Some(text(&headers, "content-id")).filter(|id| !id.is_empty())),
        method: Method::from_bytes(method.as_bytes()).map_err(|_| malformed("a method"))?,
        target: below_root(url.trim()),
        headers,
        body,
    })
}

/// The part of a URL below `/api/data/v9.x/`.
fn below_root(url: &str) -> String {
    match url.split_once("/api/data/v") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path).to_owned(),
        None => url.trim_start_matches('/').to_owned(),
    }
}

/// Writes the answers of a batch.
pub struct Writer {
    out: Vec<u8>,
    boundary: String,
}

impl Writer {
    /// A writer with its own boundary: `batchresponse` or `changesetresponse` and an id.
    pub fn new(kind: &str, id: &str) -> Self {
        Self {
            out: Vec::new(),
            boundary: format!("{kind}_{id}"),
        }
    }

    /// The media type that names the boundary.
    pub fn content_type(&self) -> String {
        format!("multipart/mixed; boundary={}", self.boundary)
    }

    /// Adds one answer. Writing into a String cannot fail, so results are dropped.
    pub fn reply(&mut self, reply: &Reply, id: Option<&str>) {
        let status = http::StatusCode::from_u16(reply.status).unwrap_or_default();
        let mut head = format!(
            "--{}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n",
            self.boundary
        );
        if let Some(id) = id {
            let _ = write!(head, "Content-ID: {id}\r\n");
        }
        let reason = status.canonical_reason().unwrap_or_default();
        let _ = write!(head, "\r\nHTTP/1.1 {} {reason}\r\n", reply.status);
        if let Some(content) = &reply.content {
            let _ = write!(head, "Content-Type: {content}\r\n");
        }
        head.push_str("OData-Version: 4.0\r\n");
        for (name, value) in &reply.headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        head.push_str("\r\n");
        self.out.extend(head.as_bytes());
        self.out.extend(&reply.body);
        self.out.extend(b"\r\n");
    }

    /// Adds a finished change set.
    pub fn set(&mut self, set: Writer) {
        let kind = set.content_type();
        let head = format!("--{}\r\nContent-Type: {kind}\r\n\r\n", self.boundary);
        self.out.extend(head.as_bytes());
        self.out.extend(set.finish());
    }

    /// The whole body.
    pub fn finish(mut self) -> Vec<u8> {
        self.out
            .extend(format!("--{}--\r\n", self.boundary).as_bytes());
        self.out
    }
}
