//! The grammar of SQL's `WHERE` and `ON`.

use super::lex::Word;
use super::parse::Parser;
use super::select::{Expr, Value, negate};
use crate::sandbox::dynamics::filter::Operator;

/// Deepest nesting of parentheses and `NOT`.
const DEPTH_MAX: usize = 32;

impl Parser {
    /// Conditions joined by `OR`, so deep in parentheses.
    pub fn either(&mut self, depth: usize) -> Result<Expr, String> {
        let mut parts = vec![self.both(depth)?];
        while self.take("or") {
            parts.push(self.both(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.swap_remove(0)
        } else {
            Expr::Some(parts)
        })
    }

    fn both(&mut self, depth: usize) -> Result<Expr, String> {
        let mut parts = vec![self.unary(depth)?];
        while self.take("and") {
            parts.push(self.unary(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.swap_remove(0)
        } else {
            Expr::All(parts)
        })
    }

    fn unary(&mut self, depth: usize) -> Result<Expr, String> {
        if depth > DEPTH_MAX {
            return Err("The WHERE clause is nested too deep.".into());
        }
        if self.take("not") {
            return Ok(negate(self.unary(depth + 1)?));
        }
        if self.peek().is_some_and(|word| word.is("exists")) {
            return Err("Subqueries are not supported.".into());
        }
        if self.sign("(") {
            let inner = self.either(depth + 1)?;
            self.expect(")")?;
            return Ok(inner);
        }
        self.predicate()
    }

    fn predicate(&mut self) -> Result<Expr, String> {
        let name = self.name()?;
        if self.peek().is_some_and(|word| word.is_sign("(")) {
            return Err(format!("The function '{}' is not supported.", name.column));
        }
        if self.take("is") {
            let not = self.take("not");
            self.expect("null")?;
            return Ok(Expr::Null(name, not));
        }
        let not = self.take("not");
        if self.take("like") {
            let pattern = self.value()?.unwrap_or_default();
            return Ok(Expr::Like(name, pattern, not));
        }
        if self.take("in") {
            self.expect("(")?;
            let mut values = vec![self.value()?];
            while self.sign(",") {
                values.push(self.value()?);
            }
            self.expect(")")?;
            return Ok(Expr::In(name, values, not));
        }
        if self.take("between") {
            let low = self.value()?;
            self.expect("and")?;
            let both = Expr::All(vec![
                Expr::Value(name.clone(), Operator::Ge, low),
                Expr::Value(name, Operator::Le, self.value()?),
            ]);
            return Ok(if not { negate(both) } else { both });
        }
        let operator = match self.next() {
            Some(Word::Sign(sign)) => match sign.as_str() {
                "=" => Operator::Eq,
                "<>" | "!=" => Operator::Ne,
                ">" => Operator::Gt,
                ">=" => Operator::Ge,
                "<" => Operator::Lt,
                "<=" => Operator::Le,
                _ => return Err(format!("Incorrect syntax near '{sign}'.")),
            },
            _ => return Err(format!("Incorrect syntax near '{}'.", name.column)),
        };
        match self.peek() {
            Some(Word::Name { text, quoted }) if *quoted || text != "null" => {
                Ok(Expr::Columns(name, operator, self.name()?))
            }
            _ => Ok(Expr::Value(name, operator, self.value()?)),
        }
    }

    fn value(&mut self) -> Result<Value, String> {
        let minus = self.sign("-");
        match self.peek().cloned() {
            Some(Word::Number(text)) => {
                let _ = self.next();
                Ok(Some(if minus { format!("-{text}") } else { text }))
            }
            Some(Word::Text(text)) if !minus => {
                let _ = self.next();
                Ok(Some(text))
            }
            Some(word) if word.is("null") => {
                let _ = self.next();
                Ok(None)
            }
            _ => Err(self.unexpected()),
        }
    }
}
