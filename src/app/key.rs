//! A key press in words of our own, so that decisions never name a terminal library.

use std::fmt;

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A character, as typed (upper case included).
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key.
    F(u8),
}

/// A key with the Control modifier, which is the only one that matters here (Shift is in the character).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    /// Which key.
    pub code: Code,
    /// Whether Control was held.
    pub ctrl: bool,
}

const NAMED: [(&str, Code, &str); 15] = [
    ("enter", Code::Enter, "Enter"),
    ("esc", Code::Esc, "Esc"),
    ("tab", Code::Tab, "Tab"),
    ("shift-tab", Code::BackTab, "Shift-Tab"),
    ("backspace", Code::Backspace, "Backspace"),
    ("delete", Code::Delete, "Delete"),
    ("up", Code::Up, "↑"),
    ("down", Code::Down, "↓"),
    ("left", Code::Left, "←"),
    ("right", Code::Right, "→"),
    ("pgup", Code::PageUp, "PgUp"),
    ("pgdn", Code::PageDown, "PgDn"),
    ("home", Code::Home, "Home"),
    ("end", Code::End, "End"),
    ("space", Code::Char(' '), "Space"),
];

impl Key {
    /// A key without modifiers.
    pub fn plain(code: Code) -> Self {
        Self { code, ctrl: false }
    }

    /// A typed character.
    pub fn char(character: char) -> Self {
        Self::plain(Code::Char(character))
    }

    /// The key a name in the registry stands for: `a`, `enter`, `ctrl-c`, `f1`.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(rest) = name.strip_prefix("ctrl-") {
            let key = Self::named(rest)?;
            return Some(Self { ctrl: true, ..key });
        }
        if let Some((_, code, _)) = NAMED.iter().find(|(word, ..)| *word == name) {
            return Some(Self::plain(*code));
        }
        let mut characters = name.chars();
        match (characters.next(), characters.as_str()) {
            (Some(character), "") => Some(Self::char(character)),
            (Some('f'), digits) => Some(Self::plain(Code::F(digits.parse().ok()?))),
            _ => None,
        }
    }

    /// The character this key types into a text field, if any.
    pub fn typed(self) -> Option<char> {
        match self.code {
            Code::Char(character) if !self.ctrl => Some(character),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    /// The label on screen: `Enter`, `←`, `ctrl-c`, `/`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if let Some((.., label)) = NAMED.iter().find(|(_, code, _)| *code == self.code) {
            return f.write_str(label);
        }
        match self.code {
            Code::Char(character) => write!(f, "{character}"),
            Code::F(number) => write!(f, "F{number}"),
            _ => Ok(()),
        }
    }
}
