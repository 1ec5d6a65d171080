//! Reads queries.

use regex::{Regex, RegexBuilder};

use super::Query;
use super::expression::{Comparison, Expression};
use super::stats::{By, Figure, Stats};

/// How deep conditions may be nested.
const DEEPEST: usize = 20;

/// A word of a query.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A name, a number, a keyword.
    Word(String),
    Text(String),
    Pattern(String),
    Sign(&'static str),
}

/// Reads a whole query.
pub(super) fn query(text: &str) -> Result<Query, String> {
    if text.len() > 10_000 {
        return Err("the query is longer than 10000 characters".to_owned());
    }
    let mut query = Query {
        fields: Vec::new(),
        filters: Vec::new(),
        stats: None,
        sort: Vec::new(),
        limit: None,
    };
    let tokens = tokens(text)?;
    for command in tokens.split(|token| *token == Token::Sign("|")) {
        if !command.is_empty() {
            let mut reader = Reader { tokens: command, at: 0 };
            reader.command(&mut query)?;
            if let Some(token) = reader.peek() {
                return Err(format!("unexpected {token:?}"));
            }
        }
    }
    if query.fields.is_empty() {
        query.fields = vec!["@timestamp".to_owned(), "@message".to_owned()];
    }
    Ok(query)
}

const SIGNS: [&str; 14] = ["!=", ">=", "<=", "=~", "||", "&&", "|", "=", ">", "<", "(", ")", ",", "["];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '#' {
            rest = rest.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
            continue;
        }
        if matches!(first, '"' | '\'' | '`' | '/') {
            let (inside, after) = enclosed(rest.get(1..).unwrap_or_default(), first)?;
            tokens.push(match first {
                '/' => Token::Pattern(inside),
                '`' => Token::Word(inside),
                _ => Token::Text(inside),
            });
            rest = after.trim_start();
            continue;
        }
        let sign = SIGNS.iter().chain(&["]", "*"]).find(|sign| rest.starts_with(**sign));
        if let Some(sign) = sign {
            tokens.push(Token::Sign(sign));
            rest = rest.get(sign.len()..).unwrap_or_default().trim_start();
            continue;
        }
        let end = rest
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@' | '.' | '-')))
            .unwrap_or(rest.len());
        if end == 0 {
            return Err(format!("unexpected symbol found {first}"));
        }
        let (word, after) = rest.split_at(end);
        tokens.push(Token::Word(word.to_owned()));
        rest = after.trim_start();
    }
    Ok(tokens)
}

/// The text up to a closing mark, and what follows.
fn enclosed(text: &str, mark: char) -> Result<(String, &str), String> {
    let mut inside = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == mark {
            return Ok((inside, text.get(at + c.len_utf8()..).unwrap_or_default()));
        }
        if c == '\\' {
            let Some((_, next)) = chars.next() else { break };
            if next != mark {
                inside.push('\\');
            }
            inside.push(next);
        } else {
            inside.push(c);
        }
    }
    Err(format!("a closing {mark} is missing"))
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += usize::from(token.is_some());
        token
    }

    fn eat(&mut self, sign: &'static str) -> bool {
        let fits = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(fits);
        fits
    }

    /// Takes this keyword if it comes next.
    fn keyword(&mut self, word: &str) -> bool {
        let fits = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(fits);
        fits
    }

    fn need(&mut self, sign: &'static str) -> Result<(), String> {
        if self.eat(sign) {
            Ok(())
        } else {
            Err(format!("`{sign}` is missing"))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(name)) => Ok(name),
            other => Err(format!("a field is missing, there is {other:?}")),
        }
    }

    fn command(&mut self, query: &mut Query) -> Result<(), String> {
        let command = self.name()?.to_lowercase();
        match command.as_str() {
            "fields" | "display" => {
                if command == "display" {
                    query.fields.clear();
                }
                loop {
                    query.fields.push(self.name()?);
                    if !self.eat(",") {
                        return Ok(());
                    }
                }
            }
            "filter" => {
                query.filters.push(self.either(0)?);
                Ok(())
            }
            "sort" => loop {
                let field = self.field_or_call()?;
                let descending = self.keyword("desc") || !self.keyword("asc");
                query.sort.push((field, descending));
                if !self.eat(",") {
                    return Ok(());
                }
            },
            "limit" | "head" | "tail" => {
                let number = self.name()?.parse::<usize>().ok().filter(|n| (1..=10_000).contains(n));
                query.limit = Some(number.ok_or("limit must be between 1 and 10000")?);
                Ok(())
            }
            "stats" => {
                query.stats = Some(self.stats()?);
                Ok(())
            }
            other => Err(format!("unknown command `{other}`")),
        }
    }

    /// A field, or a call as the column of a `stats` is named: `count(*)`, `bin(5m)`.
    fn field_or_call(&mut self) -> Result<String, String> {
        let mut name = self.name()?;
        if self.eat("(") {
            name.push('(');
            loop {
                match self.next() {
                    Some(Token::Sign(")")) => break,
                    Some(Token::Sign(sign)) => name.push_str(sign),
                    Some(Token::Word(word)) => name.push_str(&word),
                    _ => return Err("`)` is missing".to_owned()),
                }
            }
            name.push(')');
        }
        Ok(name)
    }

    fn stats(&mut self) -> Result<Stats, String> {
        let mut stats = Stats {
            figures: Vec::new(),
            by: Vec::new(),
        };
        loop {
            let (name, figure) = self.figure()?;
            let name = if self.keyword("as") { self.name()? } else { name };
            stats.figures.push((name, figure));
            if !self.eat(",") {
                break;
            }
        }
        if self.keyword("by") {
            loop {
                let by = self.by()?;
                let by = match (self.keyword("as"), by) {
                    (true, By::Bin(_, width)) => By::Bin(self.name()?, width),
                    (true, By::Field(_)) => return Err("only bin(…) can be renamed".to_owned()),
                    (false, by) => by,
                };
                stats.by.push(by);
                if !self.eat(",") {
                    break;
                }
            }
        }
        Ok(stats)
    }

    fn figure(&mut self) -> Result<(String, Figure), String> {
        let function = self.name()?.to_lowercase();
        self.need("(")?;
        if function == "count" {
            let field = if self.eat("*") || self.peek() == Some(&Token::Sign(")")) {
                None
            } else {
                Some(self.name()?)
            };
            self.need(")")?;
            return Ok((format!("count({})", field.as_deref().unwrap_or("*")), Figure::Count(field)));
        }
        let field = self.name()?;
        if matches!(function.as_str(), "pct" | "percentile") {
            self.need(",")?;
            let part = self.name()?.parse::<f64>().ok().filter(|p| (0.0..=100.0).contains(p));
            let part = part.ok_or("a percentile is between 0 and 100")?;
            self.need(")")?;
            return Ok((format!("{function}({field},{part})"), Figure::Percentile(field, part)));
        }
        self.need(")")?;
        let name = format!("{function}({field})");
        let figure = match function.as_str() {
            "count_distinct" => Figure::CountDistinct(field),
            "sum" => Figure::Sum(field),
            "avg" => Figure::Average(field),
            "min" => Figure::Least(field),
            "max" => Figure::Most(field),
            other => return Err(format!("unknown function `{other}`")),
        };
        Ok((name, figure))
    }

    fn by(&mut self) -> Result<By, String> {
        let name = self.name()?;
        if !name.eq_ignore_ascii_case("bin") || !self.eat("(") {
            return Ok(By::Field(name));
        }
        let text = self.name()?;
        self.need(")")?;
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(split);
        let unit = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" | "min" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(format!("`{text}` is no time")),
        };
        let number = number.parse::<i64>().ok().filter(|n| *n > 0);
        let width = number
            .and_then(|n| n.checked_mul(unit))
            .ok_or_else(|| format!("`{text}` is no time"))?;
        Ok(By::Bin(format!("bin({text})"), width))
    }

    fn either(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.both(depth)?;
        while self.keyword("or") || self.eat("||") {
            left = Expression::Or(Box::new(left), Box::new(self.both(depth)?));
        }
        Ok(left)
    }

    fn both(&mut self, depth: usize) -> Result<Expression, String> {
        let mut left = self.one(depth)?;
        while self.keyword("and") || self.eat("&&") {
            left = Expression::And(Box::new(left), Box::new(self.one(depth)?));
        }
        Ok(left)
    }

    fn one(&mut self, depth: usize) -> Result<Expression, String> {
        if depth > DEEPEST {
            return Err("conditions are nested too deep".to_owned());
        }
        if self.keyword("not") {
            return Ok(Expression::Not(Box::new(self.one(depth + 1)?)));
        }
        if self.eat("(") {
            let inner = self.either(depth + 1)?;
            self.need(")")?;
            return Ok(inner);
        }
        let field = self.name()?;
        if field.eq_ignore_ascii_case("ispresent") && self.eat("(") {
            let field = self.name()?;
            self.need(")")?;
            return Ok(Expression::Present(field));
        }
        self.condition(field)
    }

    fn condition(&mut self, field: String) -> Result<Expression, String> {
        let negated = self.keyword("not");
        let positive = if self.keyword("like") || self.eat("=~") {
            Expression::Like(field, self.pattern()?)
        } else if self.keyword("in") {
            Expression::In(field, self.list()?)
        } else if negated {
            return Err("`like` or `in` must follow `not`".to_owned());
        } else {
            let signs = [
                ("!=", Comparison::NotEqual),
                (">=", Comparison::MoreEqual),
                ("<=", Comparison::LessEqual),
                ("=", Comparison::Equal),
                (">", Comparison::More),
                ("<", Comparison::Less),
            ];
            let found = signs.into_iter().find(|(sign, _)| self.eat(sign)).map(|(_, comparison)| comparison);
            let comparison = found.ok_or_else(|| format!("an operator is missing after `{field}`"))?;
            Expression::Compare(field, comparison, self.value()?)
        };
        Ok(if negated { Expression::Not(Box::new(positive)) } else { positive })
    }

    fn value(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Word(value) | Token::Text(value)) => Ok(value),
            other => Err(format!("a value is missing, there is {other:?}")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        self.need("[")?;
        let mut list = Vec::new();
        loop {
            list.push(self.value()?);
            if !self.eat(",") {
                self.need("]")?;
                return Ok(list);
            }
        }
    }

    fn pattern(&mut self) -> Result<Regex, String> {
        let text = match self.next() {
            Some(Token::Pattern(text)) => text,
            Some(Token::Text(text) | Token::Word(text)) => regex::escape(&text),
            other => return Err(format!("a pattern is missing, there is {other:?}")),
        };
        let built = RegexBuilder::new(&text).size_limit(1 << 18).build();
        built.map_err(|_| format!("`{text}` is no regular expression"))
    }
}
