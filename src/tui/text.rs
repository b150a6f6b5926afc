//! Words and numbers for the screen: text from outside is made harmless here, and cut by its width on screen.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Makes text from outside harmless for a terminal: control characters and line breaks become blanks;
/// zero-width and direction-changing characters go away. Everything drawn passes through here.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| !is_harmful(c)) {
        return Cow::Borrowed(text);
    }
    let kept = text.chars().filter_map(|c| match c {
        c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => Some(' '),
        c if is_harmful(c) => None,
        c => Some(c),
    });
    Cow::Owned(kept.collect())
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Columns the text takes on screen.
pub fn width(text: &str) -> usize {
    clean(text).width()
}

/// The text, cleaned, in at most `columns`; what does not fit shows as `…`.
pub fn fit(text: &str, columns: usize) -> String {
    let text = clean(text);
    if text.width() <= columns {
        return text.into_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let (mut out, mut used) = (String::new(), 0);
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if used + wide > columns - 1 {
            break;
        }
        used += wide;
        out.push(character);
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// The text in exactly `columns`, blanks after it, or before it when it is a number.
pub fn pad(text: &str, columns: usize, right: bool) -> String {
    let text = fit(text, columns);
    let blanks = " ".repeat(columns.saturating_sub(text.width()));
    if right {
        blanks + &text
    } else {
        text + &blanks
    }
}

/// The text in lines of at most `columns`, broken at blanks where there are any.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let text = clean(text);
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    let columns = columns.max(indent.len() + 4);
    let (mut lines, mut line) = (Vec::new(), indent.clone());
    let mut empty = true;
    for word in text.split_whitespace() {
        for piece in pieces(word, columns - indent.len()) {
            let gap = usize::from(!empty);
            if !empty && line.width() + gap + piece.width() > columns {
                lines.push(std::mem::replace(&mut line, indent.clone()));
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(&piece);
            empty = false;
        }
    }
    lines.push(line);
    lines
}

/// A word in pieces that fit.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    let (mut pieces, mut piece) = (Vec::new(), String::new());
    for character in word.chars() {
        if piece.width() + character.width().unwrap_or(0) > columns {
            pieces.push(std::mem::take(&mut piece));
        }
        piece.push(character);
    }
    pieces.push(piece);
    pieces
}

/// A count in at most five columns: `842`, `9,999`, `12.3k`, `4.56M`.
pub fn count(number: u64) -> String {
    let n = number as f64;
    match number {
        0..1_000 => number.to_string(),
        1_000..10_000 => format!("{},{:03}", number / 1_000, number % 1_000),
        10_000..99_950 => format!("{:.1}k", n / 1e3),
        99_950..999_500 => format!("{:.0}k", n / 1e3),
        999_500..9_995_000 => format!("{:.2}M", n / 1e6),
        _ => format!("{:.1}M", n / 1e6),
    }
}

/// A span of time in one unit, at most three columns: `52s`, `3m`, `2h`, `5d`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", (seconds / 86_400).min(99)),
    }
}

/// A time left, rounded up to one unit, and never absurd.
pub fn left(seconds: u64) -> String {
    match seconds {
        0..91 => format!("{seconds}s"),
        91..5_401 => format!("{}m", seconds.div_ceil(60)),
        5_401..172_800 => format!("{}h", seconds.div_ceil(3_600)),
        _ => ">2d".to_owned(),
    }
}

/// A countdown, `04:59` or `1:04:59`.
pub fn countdown(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{seconds:02}")
    } else {
        format!("{minutes:02}:{seconds:02}")
    }
}
