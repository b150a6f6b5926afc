//! The words of an SQL statement.

/// Longest statement read, in bytes; a URL holds no more.
const LENGTH_MAX: usize = 64 * 1024;

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Word {
    /// A keyword or name; `quoted` ones (`[x]`, `"x"`) are never keywords.
    Name {
        /// Lower case: Dataverse's names are.
        text: String,
        /// Whether it stood in brackets or quotes.
        quoted: bool,
    },
    /// A number as written.
    Number(String),
    /// A quoted text.
    Text(String),
    /// `,` `(` `)` `.` `*` `=` `<>` `!=` `<` `<=` `>` `>=` `;` …
    Sign(String),
}

impl Word {
    /// Whether it is this keyword.
    pub fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Name { text, quoted: false } if text == keyword)
    }

    /// Whether it is this sign.
    pub fn is_sign(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(text) if text == sign)
    }
}

/// The words of a statement, comments left out; the error says what is wrong.
pub fn words(text: &str) -> Result<Vec<Word>, String> {
    if text.len() > LENGTH_MAX {
        return Err("The SQL statement is too long.".into());
    }
    let letters: Vec<char> = text.chars().collect();
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(letter) = letters.get(at).copied() {
        let next = letters.get(at + 1).copied();
        match letter {
            _ if letter.is_whitespace() => at += 1,
            '-' if next == Some('-') => at = until(&letters, at, |a| letters[a] == '\n'),
            '/' if next == Some('*') => {
                let close = |a: usize| letters[a] == '*' && letters.get(a + 1) == Some(&'/');
                at = until(&letters, at + 2, close) + 2;
            }
            '\'' => at = quoted(&letters, at, '\'', |text| words.push(Word::Text(text)))?,
            'N' | 'n' if next == Some('\'') => {
                at = quoted(&letters, at + 1, '\'', |text| words.push(Word::Text(text)))?;
            }
            '[' | '"' => {
                let close = if letter == '[' { ']' } else { '"' };
                let push = |text: String| {
                    let text = text.to_lowercase();
                    words.push(Word::Name { text, quoted: true });
                };
                at = quoted(&letters, at, close, push)?;
            }
            _ if letter.is_ascii_digit() => {
                let end = until(&letters, at, |a| {
                    !letters[a].is_ascii_digit() && letters[a] != '.'
                });
                words.push(Word::Number(letters[at..end].iter().collect()));
                at = end;
            }
            _ if letter.is_alphabetic() || letter == '_' => {
                let end = until(&letters, at, |a| {
                    !letters[a].is_alphanumeric() && letters[a] != '_'
                });
                let text: String = letters[at..end].iter().collect();
                let text = text.to_lowercase();
                words.push(Word::Name {
                    text,
                    quoted: false,
                });
                at = end;
            }
            _ => {
                let two: String = letters[at..].iter().take(2).collect();
                let sign = match two.as_str() {
                    "<>" | "!=" | "<=" | ">=" => two,
                    _ => letter.to_string(),
                };
                at += sign.len().max(1);
                words.push(Word::Sign(sign));
            }
        }
    }
    Ok(words)
}

fn until(letters: &[char], from: usize, stop: impl Fn(usize) -> bool) -> usize {
    (from..letters.len())
        .find(|at| stop(*at))
        .unwrap_or(letters.len())
}

/// Reads from an opening quote to its closing one, doubled ones being themselves.
fn quoted(
    letters: &[char],
    open: usize,
    close: char,
    found: impl FnOnce(String),
) -> Result<usize, String> {
    let (mut text, mut at) = (String::new(), open + 1);
    loop {
        match letters.get(at) {
            None => return Err("Unclosed quotation mark in the SQL statement.".into()),
            Some(letter) if *letter == close => {
                if letters.get(at + 1) != Some(&close) {
                    found(text);
                    return Ok(at + 1);
                }
                text.push(close);
                at += 2;
            }
            Some(letter) => {
                text.push(*letter);
                at += 1;
            }
        }
    }
}
