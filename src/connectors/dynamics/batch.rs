//! `$batch`: many requests in one, many answers in one. Writes CRLF, reads CRLF and bare LF.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use memchr::memmem;

/// Bodies of parts are single lines of JSON, so no part can hold a line that starts like this.
const BOUNDARY: &str = "batch_syncdeck";
/// More headers than any answer has.
const HEADERS_MAX: usize = 64;

/// The content type of [`Builder::finish`]'s body.
pub(super) fn content_type() -> String {
    format!("multipart/mixed; boundary=\"{BOUNDARY}\"")
}

/// Puts requests together.
#[derive(Default)]
pub(super) struct Builder {
    body: String,
    parts: usize,
}

impl Builder {
    /// Adds one request: its line (`PATCH /api/… HTTP/1.1` without the version), its headers, its
    /// JSON.
    pub(super) fn part(&mut self, line: &str, headers: &[(&str, &str)], json: Option<&str>) {
        self.parts += 1;
        self.body.push_str("--");
        self.body.push_str(BOUNDARY);
        self.body.push_str("\r\nContent-Type: application/http\r\n");
        self.body
            .push_str("Content-Transfer-Encoding: binary\r\nContent-ID: ");
        self.body.push_str(&self.parts.to_string());
        self.body.push_str("\r\n\r\n");
        self.body.push_str(line);
        self.body.push_str(" HTTP/1.1\r\n");
        for (name, value) in headers {
            self.body.push_str(name);
            self.body.push_str(": ");
            self.body.push_str(value);
            self.body.push_str("\r\n");
        }
        self.body.push_str("\r\n");
        if let Some(json) = json {
            self.body.push_str(json);
        }
        self.body.push_str("\r\n");
    }

    pub(super) fn len(&self) -> usize {
        self.body.len()
    }

    pub(super) fn finish(mut self) -> String {
        self.body.push_str("--");
        self.body.push_str(BOUNDARY);
        self.body.push_str("--\r\n");
        self.body
    }
}

/// One answer within the answer.
#[derive(Debug)]
pub(super) struct Part {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// The answers in order, and whether the closing boundary was there.
#[derive(Debug)]
pub(super) struct Answers {
    pub parts: Vec<Part>,
    pub complete: bool,
}

/// The boundary a content type names, quoted or bare.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let lower = content_type.to_ascii_lowercase();
    if !lower.trim_start().starts_with("multipart/") {
        return None;
    }
    let value = &content_type[lower.find("boundary=")? + "boundary=".len()..];
    let value = value.trim_start();
    let bare = match value.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => value.split(';').next()?.trim_end(),
    };
    (!bare.is_empty()).then_some(bare)
}

/// Splits the body at its boundary. Parts that cannot be read end the list: whatever follows is
/// unknown.
pub(super) fn parse(body: &Bytes, boundary: &str) -> Answers {
    let delimiter = format!("--{boundary}");
    let mut answers = Answers {
        parts: Vec::new(),
        complete: false,
    };
    let mut starts = delimiters(body, delimiter.as_bytes()).peekable();
    while let Some(at) = starts.next() {
        let after = at + delimiter.len();
        if body[after..].starts_with(b"--") {
            answers.complete = true;
            break;
        }
        let end = starts.peek().copied().unwrap_or(body.len());
        match part(&body.slice(after..end)) {
            Some(part) => answers.parts.push(part),
            None => break,
        }
    }
    answers
}

/// Where a line begins with the delimiter and ends or closes right after it.
fn delimiters<'a>(body: &'a [u8], delimiter: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    memmem::find_iter(body, delimiter).filter(move |&at| {
        let starts_line = at == 0 || body[at - 1] == b'\n';
        let rest = &body[at + delimiter.len()..];
        starts_line
            && matches!(
                rest.first(),
                None | Some(b'\r' | b'\n' | b'-' | b' ' | b'\t')
            )
    })
}

/// One part: its own headers, a blank line, then a response.
fn part(bytes: &Bytes) -> Option<Part> {
    let response = after_blank_line(bytes, 0)?;
    let response = bytes.slice(response..);
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(&response) {
        Ok(httparse::Status::Complete(length)) => length,
        // An answer cut within its headers still told its status.
        Ok(httparse::Status::Partial) => response.len(),
        Err(_) => return None,
    };
    let status = StatusCode::from_u16(head.code?).ok()?;
    let mut named = HeaderMap::new();
    for header in head.headers.iter().filter(|header| !header.name.is_empty()) {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        if let (Ok(name), Ok(value)) = (name, value) {
            named.append(name, value);
        }
    }
    Some(Part {
        status,
        headers: named,
        body: response.slice(length..),
    })
}

/// The offset after the first blank line at or behind `from`.
fn after_blank_line(bytes: &[u8], from: usize) -> Option<usize> {
    let mut line = from;
    let mut first = true;
    while let Some(length) = memchr::memchr(b'\n', &bytes[line..]) {
        let blank = matches!(&bytes[line..line + length], b"" | b"\r");
        line += length + 1;
        // The rest of the boundary's own line looks blank too.
        if blank && !first {
            return Some(line);
        }
        first = false;
    }
    None
}
