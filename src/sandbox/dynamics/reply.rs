//! What an operation answers: a reply, or a fault in the vendor's envelope.

use std::fmt::Write as _;

/// The media type of every JSON answer.
pub const JSON: &str = "application/json; odata.metadata=minimal";

/// An answer before it becomes HTTP, alone or as a part of a batch.
#[derive(Debug, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers beyond those every answer has.
    pub headers: Vec<(&'static str, String)>,
    /// Media type of the body, when there is one.
    pub content: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// A JSON answer.
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            body,
            content: Some(JSON.into()),
            headers: Vec::new(),
        }
    }

    /// A JSON document.
    pub fn value(value: &serde_json::Value) -> Self {
        Self::json(200, value.to_string().into_bytes())
    }

    /// 204 No Content.
    pub fn empty() -> Self {
        Self {
            status: 204,
            ..Self::default()
        }
    }

    /// Plain text.
    pub fn text(text: String) -> Self {
        Self {
            status: 200,
            content: Some("text/plain".into()),
            body: text.into_bytes(),
            headers: Vec::new(),
        }
    }

    /// The same with one more header.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// A refusal with the vendor's code.
#[derive(Debug, Clone)]
pub struct Fault {
    /// HTTP status.
    pub status: u16,
    /// Hex code such as `0x80040217`; may be empty.
    pub code: &'static str,
    /// The symbolic name, sent only with annotations.
    pub name: &'static str,
    /// The vendor's text.
    pub message: String,
    /// Seconds, on throttling.
    pub retry_after: Option<u64>,
}

/// The result of an operation.
pub type Answer = Result<Reply, Fault>;

impl Fault {
    /// Any fault.
    pub fn new(status: u16, code: &'static str, name: &'static str, message: String) -> Self {
        Self {
            status,
            code,
            name,
            message,
            retry_after: None,
        }
    }

    /// 400 from the OData layer: malformed URL, filter, unknown property.
    pub fn odata(message: impl Into<String>) -> Self {
        Self::new(400, "0x80060888", "", message.into())
    }

    /// 400: the body is not what the table takes.
    pub fn payload(entity: &str, message: &str) -> Self {
        let text = format!(
            "Error identified in Payload provided by the user for Entity :'{entity}', For more information on this error please follow this help link https://go.microsoft.com/fwlink/?linkid=2195293  ---->  InnerException : Microsoft.OData.ODataException: {message}"
        );
        Self::new(400, "0x80048d19", "InvalidPayload", text)
    }

    /// 400 InvalidArgument.
    pub fn argument(message: impl Into<String>) -> Self {
        Self::new(400, "0x80040203", "InvalidArgument", message.into())
    }

    /// 404: no such row.
    pub fn missing(entity: &str, id: &uuid::Uuid) -> Self {
        let text = format!("{entity} With Id = {id} Does Not Exist");
        Self::new(404, "0x80040217", "ObjectDoesNotExist", text)
    }

    /// 404: no such resource.
    pub fn segment(name: &str) -> Self {
        let text = format!("Resource not found for the segment '{name}'.");
        Self::new(404, "0x80060888", "", text)
    }

    /// The envelope; `detailed` adds what `odata.include-annotations="*"` brings.
    pub fn reply(&self, detailed: bool) -> Reply {
        let mut error = serde_json::json!({"code": self.code, "message": self.message});
        if detailed && let Some(error) = error.as_object_mut() {
            let mut put = |name: &str, value: String| {
                error.insert(format!("@Microsoft.PowerApps.CDS.{name}"), value.into());
            };
            put("ErrorDetails.ApiExceptionMessageName", self.name.into());
            put(
                "ErrorDetails.ApiExceptionHttpStatusCode",
                self.status.to_string(),
            );
            put("ErrorDetails.ApiExceptionCategory", "ClientError".into());
            put(
                "HelpLink",
                format!(
                    "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a{}",
                    self.code
                ),
            );
            put("InnerError.Message", self.message.clone());
        }
        let body = serde_json::json!({ "error": error })
            .to_string()
            .into_bytes();
        let reply = Reply::json(self.status, body);
        match self.retry_after {
            Some(seconds) => reply.with("Retry-After", seconds.to_string()),
            None => reply,
        }
    }
}

/// Percent-encodes what may not stand in a query value.
pub fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~$,()'=:@/".contains(&byte) {
            out.push(byte as char);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02x}");
        }
    }
    out
}

/// Decodes percent-encoding; `plus` also turns `+` into a blank.
pub fn decode(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .and_then(|pair| std::str::from_utf8(pair).ok());
        let code = hex.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}
