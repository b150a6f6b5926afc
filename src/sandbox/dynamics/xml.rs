//! The little XML that FetchXML needs: elements, attributes, text, the five entities.

/// An element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: String,
    /// Attributes in order.
    pub attributes: Vec<(String, String)>,
    /// Elements inside.
    pub children: Vec<Element>,
    /// Text inside.
    pub text: String,
}

/// Deepest nesting read.
const DEPTH_MAX: usize = 32;

impl Element {
    /// An attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v.as_str())
    }

    /// Elements inside with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// The root element of a document, or nothing when it is malformed.
pub fn parse(text: &str) -> Option<Element> {
    let mut rest = text.trim();
    if let Some(declared) = rest.strip_prefix("<?xml") {
        rest = declared.split_once("?>")?.1.trim_start();
    }
    let root = element(&mut rest, 0)?;
    rest.trim().is_empty().then_some(root)
}

fn element(rest: &mut &str, depth: usize) -> Option<Element> {
    if depth > DEPTH_MAX {
        return None;
    }
    *rest = rest.strip_prefix('<')?;
    let mut found = Element {
        name: name(rest)?,
        ..Element::default()
    };
    loop {
        *rest = rest.trim_start();
        if let Some(after) = rest.strip_prefix("/>") {
            *rest = after;
            return Some(found);
        }
        if let Some(after) = rest.strip_prefix('>') {
            *rest = after;
            break;
        }
        let attribute = name(rest)?;
        *rest = rest.trim_start().strip_prefix('=')?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (value, after) = rest[1..].split_once(quote)?;
        found.attributes.push((attribute, unescape(value)));
        *rest = after;
    }
    loop {
        let (text, _) = rest.split_once('<')?;
        found.text.push_str(&unescape(text));
        *rest = &rest[text.len()..];
        if let Some(after) = rest.strip_prefix("</") {
            *rest = after;
            let closed = name(rest)?;
            *rest = rest.trim_start().strip_prefix('>')?;
            return (closed == found.name).then_some(found);
        }
        if let Some(comment) = rest.strip_prefix("<!--") {
            *rest = comment.split_once("-->")?.1;
            continue;
        }
        found.children.push(element(rest, depth + 1)?);
    }
}

fn name(rest: &mut &str) -> Option<String> {
    let ends = |c: char| c.is_whitespace() || matches!(c, '>' | '/' | '=' | '<');
    let end = rest.find(ends)?;
    let (name, after) = rest.split_at(end);
    *rest = after;
    (!name.is_empty()).then(|| name.to_owned())
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&amp;", "&")
}
