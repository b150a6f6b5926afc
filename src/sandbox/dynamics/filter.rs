//! The grammar of `$filter`: text to a tree, names and literals not yet bound to a table.

use winnow::ascii::multispace0;
use winnow::combinator::{alt, delimited, opt, peek, preceded, repeat, separated, terminated};
use winnow::prelude::*;
use winnow::token::{literal, take_till, take_while};

/// Deepest nesting of parentheses and `not`.
const DEPTH_MAX: usize = 64;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "OData's own words")]
pub enum Operator {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A quoted string; also the inside of `Enum'x'`.
    Text(String),
    /// Anything unquoted: numbers, dates, ids.
    Bare(String),
    /// `["a","b"]`.
    List(Vec<Literal>),
}

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// All of them.
    And(Box<Expr>, Box<Expr>),
    /// Either.
    Or(Box<Expr>, Box<Expr>),
    /// The opposite.
    Not(Box<Expr>),
    /// `path op literal`; a missing operator is a Boolean column by itself.
    Compare(String, Operator, Literal),
    /// `name(path, arguments)`: string tests and the vendor's functions (by their last word).
    Call(String, Vec<Argument>),
    /// `path/any(x:…)` (true) or `all` (false).
    Lambda(String, bool, String, Option<Box<Expr>>),
}

/// What stands between a function's parentheses, by name or by place.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// `PropertyName` and the like; empty by place.
    pub name: String,
    /// The value; a path is a [`Literal::Bare`].
    pub value: Literal,
}

/// Parses a filter; the error is the place where the text stops making sense.
pub fn parse(text: &str) -> Result<Expr, String> {
    let mut deepest: usize = 0;
    for letter in text.chars() {
        deepest += usize::from(letter == '(');
    }
    if deepest > DEPTH_MAX * 64 {
        return Err("too many parentheses".into());
    }
    delimited(multispace0, or, multispace0)
        .parse(text)
        .map_err(|e| format!("Syntax error at position {} in '{text}'.", e.offset()))
}

fn or(input: &mut &str) -> ModalResult<Expr> {
    let first = and(input)?;
    let rest: Vec<Expr> = repeat(0.., preceded(word("or"), and)).parse_next(input)?;
    Ok(rest
        .into_iter()
        .fold(first, |a, b| Expr::Or(Box::new(a), Box::new(b))))
}

fn and(input: &mut &str) -> ModalResult<Expr> {
    let first = unary(input)?;
    let rest: Vec<Expr> = repeat(0.., preceded(word("and"), unary)).parse_next(input)?;
    Ok(rest
        .into_iter()
        .fold(first, |a, b| Expr::And(Box::new(a), Box::new(b))))
}

fn unary(input: &mut &str) -> ModalResult<Expr> {
    preceded(
        multispace0,
        alt((
            preceded(
                (literal("not"), peek(alt((literal("("), literal(" "))))),
                unary,
            )
            .map(|inner| Expr::Not(Box::new(inner))),
            delimited(('(', multispace0), or, (multispace0, ')')),
            lambda,
            call,
            comparison,
        )),
    )
    .parse_next(input)
}

fn word<'a>(
    text: &'static str,
) -> impl Parser<&'a str, (), winnow::error::ErrMode<winnow::error::ContextError>> {
    (
        multispace0,
        literal(text),
        peek(alt((literal(" "), literal("(")))),
    )
        .void()
}

fn comparison(input: &mut &str) -> ModalResult<Expr> {
    let path = path(input)?;
    let operator = opt(preceded(
        multispace0,
        terminated(
            alt((
                literal("eq").value(Operator::Eq),
                literal("ne").value(Operator::Ne),
                literal("ge").value(Operator::Ge),
                literal("gt").value(Operator::Gt),
                literal("le").value(Operator::Le),
                literal("lt").value(Operator::Lt),
            )),
            peek(literal(" ")),
        ),
    ))
    .parse_next(input)?;
    let Some(operator) = operator else {
        return Ok(Expr::Compare(
            path.into(),
            Operator::Eq,
            Literal::Bool(true),
        ));
    };
    let value = preceded(multispace0, constant).parse_next(input)?;
    Ok(Expr::Compare(path.into(), operator, value))
}

fn call(input: &mut &str) -> ModalResult<Expr> {
    let name: &str = terminated(
        take_while(1.., |c: char| {
            c.is_ascii_alphanumeric() || c == '.' || c == '_'
        }),
        ('(', multispace0),
    )
    .parse_next(input)?;
    let arguments: Vec<Argument> =
        separated(0.., argument, (multispace0, ',', multispace0)).parse_next(input)?;
    (multispace0, ')').parse_next(input)?;
    let short = name.rsplit('.').next().unwrap_or(name);
    let call = Expr::Call(short.to_owned(), arguments);
    // `contains(x,'y') eq true` is how some clients write it.
    let compared: Option<&str> = opt(preceded(
        (multispace0, literal("eq"), literal(" "), multispace0),
        alt((literal("true"), literal("false"))),
    ))
    .parse_next(input)?;
    Ok(if compared == Some("false") {
        Expr::Not(Box::new(call))
    } else {
        call
    })
}

fn argument(input: &mut &str) -> ModalResult<Argument> {
    let name: Option<&str> = opt(terminated(
        take_while(1.., |c: char| c.is_ascii_alphanumeric()),
        (multispace0, '=', multispace0),
    ))
    .parse_next(input)?;
    let value = constant(input)?;
    Ok(Argument {
        name: name.unwrap_or_default().to_owned(),
        value,
    })
}

fn lambda(input: &mut &str) -> ModalResult<Expr> {
    let whole = path(input)?;
    let (collection, quantifier) = match whole.rsplit_once('/') {
        Some((collection, "any")) => (collection, true),
        Some((collection, "all")) => (collection, false),
        _ => return winnow::combinator::fail.parse_next(input),
    };
    ('(', multispace0).parse_next(input)?;
    let variable: Option<&str> = opt(terminated(
        take_while(1.., |c: char| c.is_ascii_alphanumeric() || c == '_'),
        (multispace0, ':', multispace0),
    ))
    .parse_next(input)?;
    let inner = match variable {
        Some(_) => Some(Box::new(or(input)?)),
        None => None,
    };
    (multispace0, ')').parse_next(input)?;
    let variable = variable.unwrap_or_default().to_owned();
    Ok(Expr::Lambda(
        collection.to_owned(),
        quantifier,
        variable,
        inner,
    ))
}

fn path<'a>(input: &mut &'a str) -> ModalResult<&'a str> {
    take_while(1.., |c: char| {
        c.is_alphanumeric() || matches!(c, '_' | '/' | '@' | '.')
    })
    .parse_next(input)
}

fn constant(input: &mut &str) -> ModalResult<Literal> {
    alt((
        delimited(
            ('[', multispace0),
            separated(0.., constant, (multispace0, ',', multispace0)),
            (multispace0, ']'),
        )
        .map(Literal::List),
        double_quoted.map(Literal::Text),
        quoted.map(Literal::Text),
        enumeration.map(Literal::Text),
        bare,
    ))
    .parse_next(input)
}

/// `Microsoft.Dynamics.CRM.AttributeTypeCode'Picklist'`.
fn enumeration(input: &mut &str) -> ModalResult<String> {
    preceded(
        take_while(1.., |c: char| {
            c.is_ascii_alphanumeric() || c == '.' || c == '_'
        }),
        quoted,
    )
    .parse_next(input)
}

fn quoted(input: &mut &str) -> ModalResult<String> {
    let parts: Vec<&str> =
        repeat(1.., delimited('\'', take_till(0.., '\''), '\'')).parse_next(input)?;
    Ok(parts.join("'"))
}

fn double_quoted(input: &mut &str) -> ModalResult<String> {
    let start = *input;
    let mut stream = serde_json::Deserializer::from_str(start).into_iter::<serde_json::Value>();
    if start.starts_with('"')
        && let Some(Ok(serde_json::Value::String(text))) = stream.next()
    {
        *input = &start[stream.byte_offset()..];
        return Ok(text);
    }
    winnow::combinator::fail.parse_next(input)
}

fn bare(input: &mut &str) -> ModalResult<Literal> {
    let word: &str = take_while(1.., |c: char| {
        !matches!(c, ' ' | ',' | ')' | '(' | ']' | '\'' | '"')
    })
    .parse_next(input)?;
    Ok(match word {
        "null" => Literal::Null,
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        other => Literal::Bare(other.to_owned()),
    })
}
