//! Variables in queries (PromQL, log patterns): only inside of texts, and there only as text.

use crate::action::variables::Variable;

/// The variables of a query, each once.
pub fn variables(query: &str) -> Vec<Variable> {
    let mut seen = std::collections::HashSet::new();
    let names = pieces(query).into_iter().filter_map(|piece| match piece {
        Piece::Variable { name, .. } => Some(name),
        Piece::Text(_) => None,
    });
    names
        .filter(|name| seen.insert(*name))
        .map(|name| Variable::Named(name.to_owned()))
        .collect()
}

/// Puts values into a query. They stand inside of its texts, escaped; in a text that is a regular expression they mean themselves.
///
/// # Errors
///
/// A variable stands outside of a text, or has no value.
pub fn fill<'v>(query: &str, value: &dyn Fn(&str) -> Option<&'v str>) -> Result<String, String> {
    let mut out = String::with_capacity(query.len() + 64);
    for piece in pieces(query) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Variable { name, inside: None, .. } => {
                return Err(format!(
                    "${name} stands outside of quotes: a value could become a part of the query"
                ));
            }
            Piece::Variable {
                name,
                inside: Some(quote),
                regex,
            } => {
                let value = value(name).ok_or_else(|| format!("${name} has no value"))?;
                if value.chars().any(char::is_control) || quote == '`' && value.contains('`') {
                    return Err(format!("the value of ${name} cannot stand in a query"));
                }
                let value = if regex { regex::escape(value) } else { value.to_owned() };
                match quote {
                    '`' => out.push_str(&value),
                    quote => {
                        for c in value.chars() {
                            if c == '\\' || c == quote {
                                out.push('\\');
                            }
                            out.push(c);
                        }
                    }
                }
            }
        }
    }
    Ok(out)
}

enum Piece<'a> {
    Text(&'a str),
    Variable {
        name: &'a str,
        /// The quote that it stands in.
        inside: Option<char>,
        /// Whether the text is a regular expression.
        regex: bool,
    },
}

fn pieces(query: &str) -> Vec<Piece<'_>> {
    let mut all = Vec::new();
    let (mut from, mut at) = (0, 0);
    let mut quote: Option<char> = None;
    let mut regex = false;
    while let Some(c) = query.get(at..).and_then(|rest| rest.chars().next()) {
        match (quote, c) {
            (Some('"' | '\''), '\\') => {
                at += 1;
                at += query.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                continue;
            }
            (Some(open), c) if open == c => quote = None,
            (None, '"' | '\'' | '`') => {
                let before = query.get(..at).unwrap_or_default().trim_end();
                regex = before.ends_with("=~") || before.ends_with("!~");
                quote = Some(c);
            }
            (None, '#') => {
                let rest = query.get(at..).unwrap_or_default();
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            (_, '$') => {
                let rest = query.get(at + 1..).unwrap_or_default();
                let braced = rest.starts_with('{');
                let inside = rest.strip_prefix('{').unwrap_or(rest);
                let length = inside
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(inside.len());
                let name = inside.get(..length).unwrap_or_default();
                let closed = !braced || inside.get(length..).is_some_and(|rest| rest.starts_with('}'));
                // `$` before anything else is only one: the end of a regular expression.
                if name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && closed {
                    all.push(Piece::Text(query.get(from..at).unwrap_or_default()));
                    all.push(Piece::Variable {
                        name,
                        inside: quote,
                        regex,
                    });
                    at += 1 + length + if braced { 2 } else { 0 };
                    from = at;
                    continue;
                }
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    all.push(Piece::Text(query.get(from..).unwrap_or_default()));
    all
}

#[cfg(test)]
mod tests {
    use promql_parser::parser::{Expr, parse};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_stand_in_texts_as_text() {
        let query = "sum by (pod) (x{ns=\"$NS\", pod=~\"${D}-.*$\", c='a$NS'}) # $NO";
        let value = |name: &str| match name {
            "NS" => Some("a\"} or up{x='"),
            "D" => Some("web.1"),
            _ => None,
        };
        assert_eq!(
            fill(query, &value).unwrap(),
            "sum by (pod) (x{ns=\"a\\\"} or up{x='\", pod=~\"web\\\\.1-.*$\", c='aa\"} or up{x=\\''}) # $NO"
        );
        assert!(fill("rate(x[$RANGE])", &|_| Some("5m")).unwrap_err().contains("outside of quotes"));
        assert!(fill("x{a=\"$B\"}", &|_| None).is_err());
    }

    proptest! {
        #[test]
        fn a_value_never_becomes_a_part_of_a_query(value in "\\PC{0,30}|[\"'`\\\\{}$a-z=~]{0,30}") {
            for (query, quote) in [("up{ns=\"$V\"}", false), ("up{ns='${V}'}", false), ("up{ns=~\"$V\"}", true)] {
                let Ok(filled) = fill(query, &|_| Some(&value)) else { continue };
                let Ok(Expr::VectorSelector(selector)) = parse(&filled) else {
                    return Err(TestCaseError::fail(format!("{filled} is another query")));
                };
                prop_assert_eq!(selector.name.as_deref(), Some("up"));
                prop_assert_eq!(selector.matchers.matchers.len(), 1);
                let wanted = if quote { regex::escape(&value) } else { value.clone() };
                prop_assert_eq!(&selector.matchers.matchers[0].value, &wanted);
            }
        }
    }
}
