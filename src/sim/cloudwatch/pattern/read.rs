//! Reads patterns.

use regex::Regex;
use serde_json::Value;

use super::{Condition, Operand, Operator, Pattern, Step, Word};

/// How deep conditions may be nested.
const DEEPEST: usize = 20;

pub(super) fn words(text: &str) -> Result<Pattern, String> {
    let (mut all, mut any, mut none) = (Vec::new(), Vec::new(), Vec::new());
    let mut rest = text;
    while !rest.is_empty() {
        let (list, from) = match rest.chars().next() {
            Some('?') => (&mut any, rest.get(1..).unwrap_or_default()),
            Some('-') => (&mut none, rest.get(1..).unwrap_or_default()),
            _ => (&mut all, rest),
        };
        let (word, after) = word(from)?;
        list.push(word);
        rest = after.trim_start();
    }
    Ok(Pattern::Words { all, any, none })
}

fn word(text: &str) -> Result<(Word, &str), String> {
    if let Some(inner) = text.strip_prefix('"') {
        let (phrase, rest) = quoted(inner)?;
        return Ok((Word::Plain(phrase), rest));
    }
    if let Some(inner) = text.strip_prefix('%') {
        let (pattern, rest) = inner.split_once('%').ok_or("a closing % is missing")?;
        return Ok((Word::Regex(regex(pattern)?), rest));
    }
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let odd = word.chars().find(|c| !c.is_alphanumeric() && *c != '_');
    match odd {
        Some(c) => Err(format!("`{c}` must stand in quotes")),
        None if word.is_empty() => Err("a word is missing".to_owned()),
        None => Ok((Word::Plain(word.to_owned()), rest)),
    }
}

/// The text up to the closing quote, and what follows.
fn quoted(text: &str) -> Result<(String, &str), String> {
    let mut phrase = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((phrase, text.get(at + 1..).unwrap_or_default())),
            '\\' => phrase.extend(chars.next().map(|(_, c)| c)),
            c => phrase.push(c),
        }
    }
    Err("a closing quote is missing".to_owned())
}

fn regex(text: &str) -> Result<Regex, String> {
    let built = regex::RegexBuilder::new(text).size_limit(1 << 18).build();
    built.map_err(|_| format!("`{text}` is no regular expression"))
}

/// Reads conditions.
pub(super) struct Reader<'a> {
    pub rest: &'a str,
}

impl<'a> Reader<'a> {
    pub fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn eat_word(&mut self, word: &str) -> bool {
        self.skip();
        let head = self.rest.get(..word.len());
        let fits = head.is_some_and(|head| head.eq_ignore_ascii_case(word));
        if fits {
            self.rest = self.rest.get(word.len()..).unwrap_or_default();
        }
        fits
    }

    pub fn either(&mut self, depth: usize) -> Result<Condition, String> {
        let mut list = vec![self.both(depth)?];
        while self.eat("||") {
            list.push(self.both(depth)?);
        }
        Ok(single(list, Condition::Or))
    }

    fn both(&mut self, depth: usize) -> Result<Condition, String> {
        let mut list = vec![self.one(depth)?];
        while self.eat("&&") {
            list.push(self.one(depth)?);
        }
        Ok(single(list, Condition::And))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > DEEPEST {
            return Err("conditions are nested too deep".to_owned());
        }
        if self.eat("(") {
            let inner = self.either(depth + 1)?;
            return if self.eat(")") {
                Ok(inner)
            } else {
                Err("a closing ) is missing".to_owned())
            };
        }
        let path = self.path()?;
        if self.eat_word("IS") {
            let value = [("NULL", Value::Null), ("TRUE", Value::Bool(true)), ("FALSE", Value::Bool(false))];
            let found = value.into_iter().find(|(word, _)| self.eat_word(word));
            return found
                .map(|(_, value)| Condition::Is(path, value))
                .ok_or_else(|| "IS what?".to_owned());
        }
        if self.eat_word("NOT") {
            return if self.eat_word("EXISTS") {
                Ok(Condition::Exists(path, false))
            } else {
                Err("NOT what?".to_owned())
            };
        }
        if self.eat_word("EXISTS") {
            return Ok(Condition::Exists(path, true));
        }
        let operators = [
            ("!=", Operator::NotEqual),
            (">=", Operator::MoreEqual),
            ("<=", Operator::LessEqual),
            ("=", Operator::Equal),
            (">", Operator::More),
            ("<", Operator::Less),
        ];
        let operator = operators
            .into_iter()
            .find(|(token, _)| self.eat(token))
            .map(|(_, operator)| operator);
        let operator = operator.ok_or("an operator is missing")?;
        let operand = self.operand()?;
        if matches!(operand, Operand::Text(_) | Operand::Regex(_)) && !matches!(operator, Operator::Equal | Operator::NotEqual) {
            return Err("texts can only be equal or not".to_owned());
        }
        Ok(Condition::Compare(path, operator, operand))
    }

    fn operand(&mut self) -> Result<Operand, String> {
        self.skip();
        if let Some(inner) = self.rest.strip_prefix('"') {
            let (text, rest) = quoted(inner)?;
            self.rest = rest;
            return Ok(Operand::Text(text));
        }
        if let Some(inner) = self.rest.strip_prefix('%') {
            let (pattern, rest) = inner.split_once('%').ok_or("a closing % is missing")?;
            self.rest = rest;
            return Ok(Operand::Regex(regex(pattern)?));
        }
        let end = self.rest.find(|c: char| c.is_whitespace() || matches!(c, ')' | '&' | '|'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Operand::Number(number)),
            _ if word.is_empty() => Err("a value is missing".to_owned()),
            _ => Ok(Operand::Text(word.to_owned())),
        }
    }

    fn path(&mut self) -> Result<Vec<Step>, String> {
        if !self.eat("$") {
            return Err(format!("`$` is missing before `{}`", self.rest));
        }
        let mut steps = Vec::new();
        loop {
            if let Some(rest) = self.rest.strip_prefix("['").or_else(|| self.rest.strip_prefix("[\"")) {
                let end = rest.find(['\'', '"']).ok_or("a closing quote is missing")?;
                steps.push(Step::Name(rest.get(..end).unwrap_or_default().to_owned()));
                let after = rest.get(end + 1..).unwrap_or_default();
                self.rest = after.strip_prefix(']').ok_or("a closing ] is missing")?;
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (number, rest) = rest.split_once(']').ok_or("a closing ] is missing")?;
                steps.push(match number {
                    "*" => Step::Every,
                    number => Step::Number(number.parse().map_err(|_| format!("`{number}` is no index"))?),
                });
                self.rest = rest;
            } else if let Some(rest) = self.rest.strip_prefix('.') {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '@' | '/')));
                let (name, rest) = rest.split_at(end.unwrap_or(rest.len()));
                if name.is_empty() {
                    return Err("a name is missing after `.`".to_owned());
                }
                steps.push(Step::Name(name.to_owned()));
                self.rest = rest;
            } else if steps.is_empty() {
                return Err("`$` alone names no field".to_owned());
            } else {
                return Ok(steps);
            }
        }
    }
}

fn single(mut list: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    match list.pop() {
        Some(only) if list.is_empty() => only,
        Some(last) => {
            list.push(last);
            many(list)
        }
        None => many(list),
    }
}
