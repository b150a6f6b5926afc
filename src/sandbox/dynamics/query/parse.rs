//! The grammar of the `SELECT` that Dataverse's `?sql=` takes.

use super::lex::{Word, words};
use super::select::{Item, Joined, Name, Select};

/// Reads a statement; the error is the sentence that says what cannot be.
pub fn parse(text: &str) -> Result<Select, String> {
    let mut parser = Parser {
        words: words(text)?,
        at: 0,
    };
    let select = parser.select()?;
    if let Some(word) = parser.peek() {
        return Err(match word {
            Word::Name { text, .. } if text == "union" || text == "having" => {
                format!("{} is not supported.", text.to_uppercase())
            }
            Word::Sign(sign) if sign == ";" => "Multiple SQL statements are not supported.".into(),
            other => format!("Incorrect syntax near {}.", shown(other)),
        });
    }
    Ok(select)
}

/// Words being read.
pub struct Parser {
    words: Vec<Word>,
    at: usize,
}

const CLAUSES: [&str; 19] = [
    "from", "where", "group", "order", "join", "inner", "left", "right", "full", "cross", "on",
    "offset", "fetch", "union", "having", "as", "and", "or", "outer",
];

impl Parser {
    pub fn peek(&self) -> Option<&Word> {
        self.words.get(self.at)
    }

    pub fn next(&mut self) -> Option<Word> {
        let word = self.words.get(self.at).cloned();
        self.at += 1;
        word
    }

    pub fn take(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|word| word.is(keyword));
        self.at += usize::from(found);
        found
    }

    pub fn sign(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|word| word.is_sign(sign));
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, keyword: &str) -> Result<(), String> {
        if self.take(keyword) || self.sign(keyword) {
            return Ok(());
        }
        Err(self.unexpected())
    }

    pub fn unexpected(&self) -> String {
        match self.peek() {
            Some(word) if word.is("select") => "Subqueries are not supported.".into(),
            Some(word) => format!("Incorrect syntax near {}.", shown(word)),
            None => "Incorrect syntax near the end of the statement.".into(),
        }
    }

    fn identifier(&mut self) -> Result<String, String> {
        match self.peek() {
            Some(Word::Name { text, quoted }) if *quoted || !CLAUSES.contains(&text.as_str()) => {
                let text = text.clone();
                self.at += 1;
                Ok(text)
            }
            _ => Err(self.unexpected()),
        }
    }

    fn number(&mut self) -> Result<usize, String> {
        let parenthesised = self.sign("(");
        let number = match self.next() {
            Some(Word::Number(text)) => text.parse().map_err(|_| self.unexpected())?,
            _ => return Err("An integer literal was expected in the SQL statement.".into()),
        };
        if parenthesised {
            self.expect(")")?;
        }
        Ok(number)
    }

    fn select(&mut self) -> Result<Select, String> {
        if self.take("with") {
            return Err("Common table expressions are not supported.".into());
        }
        if !self.take("select") {
            return Err("Only SELECT statements are supported.".into());
        }
        let mut select = Select {
            distinct: self.take("distinct"),
            ..Select::default()
        };
        if self.take("top") {
            select.top = Some(self.number()?);
        }
        loop {
            let item = self.item()?;
            let named = self.take("as")
                || matches!(self.peek(), Some(Word::Name { text, quoted })
                if *quoted || !CLAUSES.contains(&text.as_str()));
            select.items.push((
                item,
                if named {
                    Some(self.identifier()?)
                } else {
                    None
                },
            ));
            if !self.sign(",") {
                break;
            }
        }
        self.expect("from")?;
        (select.table, select.alias) = self.table()?;
        self.joins(&mut select)?;
        if self.take("where") {
            select.filter = Some(self.either(0)?);
        }
        self.tail(&mut select)?;
        Ok(select)
    }

    fn table(&mut self) -> Result<(String, String), String> {
        let mut table = self.identifier()?;
        // A schema such as `dbo` may stand before it.
        if self.sign(".") {
            table = self.identifier()?;
        }
        let named = self.take("as");
        let alias = match self.identifier() {
            Ok(alias) => alias,
            Err(error) if named => return Err(error),
            Err(_) => table.clone(),
        };
        Ok((table, alias))
    }

    fn joins(&mut self, select: &mut Select) -> Result<(), String> {
        loop {
            let comma = self.sign(",");
            let mut left = false;
            if !comma {
                for refused in ["right", "full", "cross"] {
                    if self.peek().is_some_and(|word| word.is(refused)) {
                        return Err(format!("{} JOIN is not supported.", refused.to_uppercase()));
                    }
                }
                if self.take("left") {
                    left = true;
                    self.take("outer");
                } else {
                    self.take("inner");
                }
                if !self.take("join") {
                    return Ok(());
                }
            }
            let (table, alias) = self.table()?;
            let on = if comma {
                None
            } else {
                self.expect("on")?;
                Some(self.either(0)?)
            };
            select.joins.push(Joined {
                left,
                table,
                alias,
                on,
            });
        }
    }

    fn tail(&mut self, select: &mut Select) -> Result<(), String> {
        if self.take("group") {
            self.expect("by")?;
            loop {
                select.group.push(self.name()?);
                if !self.sign(",") {
                    break;
                }
            }
        }
        if self.peek().is_some_and(|word| word.is("having")) {
            return Err("HAVING is not supported.".into());
        }
        if self.take("order") {
            self.expect("by")?;
            loop {
                let item = self.item()?;
                let down = self.take("desc");
                if !down {
                    self.take("asc");
                }
                select.order.push((item, down));
                if !self.sign(",") {
                    break;
                }
            }
        }
        if self.take("offset") {
            select.offset = Some(self.number()?);
            let _ = self.take("rows") || self.take("row");
            if self.take("fetch") {
                let _ = self.take("next") || self.take("first");
                select.fetch = Some(self.number()?);
                let _ = self.take("rows") || self.take("row");
                self.expect("only")?;
            }
        }
        Ok(())
    }

    pub fn name(&mut self) -> Result<Name, String> {
        let first = self.identifier()?;
        if self.sign(".") {
            let column = self.identifier()?;
            return Ok(Name {
                table: Some(first),
                column,
            });
        }
        Ok(Name {
            table: None,
            column: first,
        })
    }

    fn item(&mut self) -> Result<Item, String> {
        if self.sign("*") {
            return Err("SELECT * is not supported. Specify column names explicitly.".into());
        }
        if self.peek().is_some_and(|word| word.is("case")) {
            return Err("CASE is not supported.".into());
        }
        let name = self.name()?;
        if !self.sign("(") {
            return Ok(Item::Column(name));
        }
        if !["count", "sum", "avg", "min", "max"].contains(&name.column.as_str()) {
            return Err(format!("The function '{}' is not supported.", name.column));
        }
        let distinct = self.take("distinct");
        let over = if self.sign("*") {
            None
        } else {
            Some(self.name()?)
        };
        self.expect(")")?;
        Ok(Item::Function(name.column, over, distinct))
    }
}

fn shown(word: &Word) -> String {
    match word {
        Word::Name { text, .. } | Word::Number(text) | Word::Text(text) | Word::Sign(text) => {
            format!("'{text}'")
        }
    }
}
