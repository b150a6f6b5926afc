//! The one file of a multipart body.

use memchr::memmem;

/// The content of the part named `file`, or of the first part that has a file name. `None` when
/// there is none or the body is not framed by the boundary.
pub(crate) fn file<'a>(boundary: &str, body: &'a [u8]) -> Option<&'a [u8]> {
    if boundary.is_empty() {
        return None;
    }
    let mark = format!("--{boundary}");
    let starts: Vec<usize> = memmem::find_iter(body, mark.as_bytes()).collect();
    let mut chosen = None;
    for pair in starts.windows(2) {
        let part = body.get(pair[0] + mark.len()..pair[1])?;
        let part = part
            .strip_prefix(b"\r\n")
            .or_else(|| part.strip_prefix(b"\n"))?;
        let (head, content) = split(part)?;
        let head = String::from_utf8_lossy(head).to_ascii_lowercase();
        let content = content
            .strip_suffix(b"\r\n")
            .or_else(|| content.strip_suffix(b"\n"))
            .unwrap_or(content);
        if head.contains("name=\"file\"") || head.contains("name=file") {
            return Some(content);
        }
        if head.contains("filename=") && chosen.is_none() {
            chosen = Some(content);
        }
    }
    chosen
}

/// Headers and content of a part.
fn split(part: &[u8]) -> Option<(&[u8], &[u8])> {
    for gap in [b"\r\n\r\n".as_slice(), b"\n\n"] {
        if let Some(at) = memmem::find(part, gap) {
            return Some((&part[..at], &part[at + gap.len()..]));
        }
    }
    None
}
