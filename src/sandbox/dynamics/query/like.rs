//! SQL's `LIKE`: `%` any text, `_` any one character, `[abc]` and `[^a-c]` one of a set.

/// One step of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Any,
    One,
    Same(char),
    Set(Vec<(char, char)>, bool),
}

/// A pattern; case is ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wild(Vec<Step>);

impl Wild {
    /// Reads a pattern.
    pub fn new(text: &str) -> Self {
        let text = text.to_lowercase();
        let mut steps = Vec::new();
        let mut rest = text.as_str();
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            steps.push(match letter {
                '%' => Step::Any,
                '_' => Step::One,
                '[' => match rest.split_once(']') {
                    Some((inside, after)) => {
                        rest = after;
                        set(inside)
                    }
                    None => Step::Same('['),
                },
                other => Step::Same(other),
            });
        }
        Self(steps)
    }

    /// Whether a text is meant.
    pub fn matches(&self, text: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let (mut at, mut step) = (0, 0);
        let mut back: Option<(usize, usize)> = None;
        while at < text.len() {
            match self.0.get(step) {
                Some(Step::Any) => {
                    back = Some((step, at));
                    step += 1;
                }
                Some(one) if one.takes(text[at]) => {
                    step += 1;
                    at += 1;
                }
                _ => {
                    // Let the last `%` swallow one character more and try again.
                    let Some((any, from)) = back else {
                        return false;
                    };
                    back = Some((any, from + 1));
                    (step, at) = (any + 1, from + 1);
                }
            }
        }
        self.0[step..].iter().all(|step| *step == Step::Any)
    }
}

impl Step {
    fn takes(&self, letter: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Same(same) => *same == letter,
            Self::Set(ranges, meant) => {
                let inside = ranges.iter().any(|(a, b)| *a <= letter && letter <= *b);
                inside == *meant
            }
        }
    }
}

fn set(inside: &str) -> Step {
    let (meant, inside) = match inside.strip_prefix('^') {
        Some(rest) => (false, rest),
        None => (true, inside),
    };
    let letters: Vec<char> = inside.chars().collect();
    let (mut ranges, mut at) = (Vec::new(), 0);
    while at < letters.len() {
        if letters.get(at + 1) == Some(&'-') && at + 2 < letters.len() {
            ranges.push((letters[at], letters[at + 2]));
            at += 3;
        } else {
            ranges.push((letters[at], letters[at]));
            at += 1;
        }
    }
    Step::Set(ranges, meant)
}
