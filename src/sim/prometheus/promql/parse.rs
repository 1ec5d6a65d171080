//! From text to an expression, with the limits that keep a small server safe, and errors as Prometheus words them.

use promql_parser::parser::{self, Expr, VectorSelector};

use super::Fail;

/// How long an expression may be.
const LONGEST: usize = 16_384;

/// How many operators and brackets it may have: expressions are evaluated recursively.
const MOST_OPERATORS: usize = 300;

/// Reads an expression.
///
/// # Errors
/// It is no PromQL, or larger than this server takes: `1:5: parse error: …`.
pub fn parse(text: &str) -> Result<Expr, Fail> {
    if text.trim().is_empty() {
        return Err(fail(text, 0, "no expression found in input"));
    }
    check(text)?;
    parser::parse(text).map_err(|message| fail(text, text.len(), &message))
}

/// Reads a selector, as `match[]` takes it.
///
/// # Errors
/// It is something else.
pub fn selector(text: &str) -> Result<VectorSelector, Fail> {
    match parse(text)? {
        Expr::VectorSelector(selector) => Ok(selector),
        _ => Err(fail(text, 0, "unexpected expression, expected a series selector")),
    }
}

/// Lengths, brackets and quotes, before the parser sees it.
fn check(text: &str) -> Result<(), Fail> {
    if text.len() > LONGEST {
        return Err(fail(text, 0, "expression is too long"));
    }
    let mut open: Vec<char> = Vec::new();
    let (mut quote, mut escaped) = (None::<(char, usize)>, false);
    let mut operators = 0;
    let mut comment = false;
    for (at, c) in text.char_indices() {
        if comment {
            comment = c != '\n';
            continue;
        }
        if let Some((end, _)) = quote {
            match c {
                _ if escaped => escaped = false,
                '\\' if end != '`' => escaped = true,
                _ if c == end => quote = None,
                _ => {}
            }
            continue;
        }
        match c {
            '#' => comment = true,
            '"' | '\'' | '`' => quote = Some((c, at)),
            '(' | '[' | '{' => open.push(c),
            ')' | ']' | '}' => {
                let name = if c == ')' { "parenthesis" } else { "bracket" };
                match open.pop() {
                    Some('(') if c == ')' => {}
                    Some('[') if c == ']' => {}
                    Some('{') if c == '}' => {}
                    _ => return Err(fail(text, at + 1, &format!("unexpected right {name} '{c}'"))),
                }
            }
            _ => {}
        }
        operators += usize::from(c.is_ascii_punctuation() && !matches!(c, '_' | ':' | ',' | '.' | '"' | '\''));
    }
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    operators += words
        .filter(|w| matches!(w.to_ascii_lowercase().as_str(), "and" | "or" | "unless" | "atan2"))
        .count();
    if operators > MOST_OPERATORS {
        return Err(fail(text, 0, "expression has too many operators"));
    }
    match (quote, open.last()) {
        (Some((_, at)), _) => Err(fail(text, at, "unterminated quoted string")),
        // Told where the text ends, as Prometheus does.
        (_, Some('(')) => Err(fail(text, text.len(), "unclosed left parenthesis")),
        (_, Some('[')) => Err(fail(text, text.len(), "unclosed left bracket")),
        (_, Some(_)) => Err(fail(text, text.len(), "unexpected end of input inside braces")),
        _ => Ok(()),
    }
}

/// The error at this byte of the text: lines and characters are counted from 1.
fn fail(text: &str, at: usize, message: &str) -> Fail {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    Fail::Bad(format!("{line}:{column}: parse error: {message}"))
}

/// A number as Prometheus reads it: also `+Inf` and `NaN`.
pub fn float(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// `1h30m`, `15s`, `250ms` in milliseconds; units go from large to small.
pub fn duration(text: &str) -> Option<i64> {
    let units = [
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let (mut rest, mut total, mut from) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: i64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = rest.get(..letters)?;
        let index = units.iter().position(|(name, _)| *name == unit).filter(|i| *i >= from)?;
        let (_, millis) = units.get(index)?;
        total = total.checked_add(number.checked_mul(*millis)?)?;
        from = index + 1;
        rest = rest.get(letters..)?;
    }
    (!text.is_empty()).then_some(total)
}
