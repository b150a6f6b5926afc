//! One call to Marketo: what is sent.

use bytes::Bytes;
use http::Method;
use url::form_urlencoded::Serializer;

/// Whether a call can change anything on the server; decides what may be repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Repeating it is harmless.
    Read,
    /// It may be repeated only when it surely was not executed.
    Write,
}

/// Longer addresses are sent as a form: the server refuses 8 KB.
const LONGEST_ADDRESS: usize = 4_000;
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// A request without address and token, so that each attempt is built anew.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) effect: Effect,
    pub(super) method: Method,
    /// From `/v1/…` or `/bulk/v1/…` on, with the query.
    pub(super) path: String,
    pub(super) content_type: Option<String>,
    pub(super) body: Bytes,
    /// `Range: bytes=a-b`, for files.
    pub(super) range: Option<(u64, u64)>,
}

fn encoded(params: &[(&str, &str)]) -> String {
    Serializer::new(String::new()).extend_pairs(params).finish()
}

impl Call {
    fn new(effect: Effect, method: Method, path: String) -> Self {
        Self {
            effect,
            method,
            path,
            content_type: None,
            body: Bytes::new(),
            range: None,
        }
    }

    /// A read: a plain GET while it is short, else [`Call::form`].
    pub(super) fn get(path: &str, params: &[(&str, &str)]) -> Self {
        if params.is_empty() {
            return Self::new(Effect::Read, Method::GET, path.to_owned());
        }
        let query = encoded(params);
        if path.len() + query.len() > LONGEST_ADDRESS {
            return Self::form(path, params);
        }
        Self::new(Effect::Read, Method::GET, format!("{path}?{query}"))
    }

    /// A read whose parameters travel in the body (`_method=GET`): the address stays short and free of personal data.
    pub(super) fn form(path: &str, params: &[(&str, &str)]) -> Self {
        Self {
            content_type: Some(FORM.to_owned()),
            body: Bytes::from(encoded(params)),
            ..Self::new(Effect::Read, Method::POST, format!("{path}?_method=GET"))
        }
    }

    /// A write with a JSON body.
    pub(super) fn post(path: &str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self {
            content_type: (!body.is_empty()).then(|| JSON.to_owned()),
            body,
            ..Self::new(Effect::Write, Method::POST, path.to_owned())
        }
    }

    /// A write whose parameters travel as a form, as the asset calls take them.
    pub(super) fn post_form(path: &str, params: &[(&str, &str)]) -> Self {
        Self {
            content_type: Some(FORM.to_owned()),
            ..Self::post(path, encoded(params))
        }
    }

    /// A part of a file. Bytes are counted from 0, the last one included.
    pub(super) fn part(path: &str, from: u64, to: u64) -> Self {
        Self {
            range: Some((from, to)),
            ..Self::get(path, &[])
        }
    }

    /// A write that uploads one file as `multipart/form-data`, in the part `file`.
    pub(super) fn upload(path: &str, params: &[(&str, &str)], file: &[u8]) -> Self {
        let mut boundary = String::from("syncdeck-part");
        // A line that begins like this must not occur in the file.
        while memchr::memmem::find(file, boundary.as_bytes()).is_some() {
            boundary.push('x');
        }
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"rows.csv\"\r\nContent-Type: text/csv\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let body = [head.as_bytes(), file, tail.as_bytes()].concat();
        let path = format!("{path}?{}", encoded(params));
        Self {
            content_type: Some(format!("multipart/form-data; boundary={boundary}")),
            body: Bytes::from(body),
            ..Self::new(Effect::Write, Method::POST, path)
        }
    }

    /// The same, known to be harmless to repeat.
    pub(super) fn repeatable(mut self) -> Self {
        self.effect = Effect::Read;
        self
    }
}
