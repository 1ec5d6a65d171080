//! What the JSON of an answer must say: `$.status == "ok"`.
//!
//! ```text
//! assertion = path ( "exists" | "missing" | operator literal )
//! path      = "$" ( "." name | "[" index "]" | "[*]" | "[" string "]" )*
//! operator  = "==" | "!=" | "<" | "<=" | ">" | ">=" | "contains" | "matches"
//! literal   = a string ("…" or '…'), a number, true, false, null
//! ```
//!
//! `[*]` stands for every element of a list or every value of an object: all of them must pass, and there must be one.
//! Pure: text in, a verdict out; what is printed is read again as the same.

use std::fmt;

use regex::Regex;
use serde_json::Value;

/// The most of a value that a sentence shows, in bytes.
const SHOWN: usize = 60;

/// One thing that the body must say.
#[derive(Clone, Debug, PartialEq)]
pub struct Assertion {
    path: Vec<Step>,
    test: Test,
}

/// One step from a value to a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    Every,
}

#[derive(Clone, Debug, PartialEq)]
enum Test {
    Exists,
    Missing,
    Compare(Operator, Value),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Matches,
}

/// The longer come first, so that `<=` is not read as `<`.
const OPERATORS: [(&str, Operator); 8] = [
    ("==", Operator::Equal),
    ("!=", Operator::Unequal),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("<", Operator::Less),
    (">", Operator::Greater),
    ("contains", Operator::Contains),
    ("matches", Operator::Matches),
];

/// Why a body does not pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Where in the body: `$.checks[1].status`.
    pub place: String,
    /// `== "ok"`
    pub expected: String,
    /// `"degraded"`, `missing`
    pub actual: String,
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is {}, expected {}", self.place, self.actual, self.expected)
    }
}

/// Why a text is no assertion: a sentence, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub sentence: String,
    pub hint: String,
}

fn unreadable(sentence: impl Into<String>, hint: impl Into<String>) -> Unreadable {
    Unreadable {
        sentence: sentence.into(),
        hint: hint.into(),
    }
}

impl Assertion {
    /// Reads one.
    ///
    /// # Errors
    /// What is wrong with it, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        let text = text.trim();
        let Some(mut rest) = text.strip_prefix('$') else {
            let name = text.split([' ', '=', '<', '>', '!']).next().unwrap_or_default();
            let hint = match name {
                "" => "as in $.status == \"ok\"".to_owned(),
                name => format!("write $.{}", name.trim_start_matches('.')),
            };
            return Err(unreadable("a path starts with $", hint));
        };
        let mut path = Vec::new();
        loop {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(|c: char| !is_plain(c)).unwrap_or(after.len());
                let (name, after) = after.split_at(end);
                if name.is_empty() {
                    return Err(unreadable("a name is missing after the dot", "as in $.status, or $[\"odd name\"]"));
                }
                path.push(Step::Key(name.to_owned()));
                rest = after;
            } else if let Some(after) = rest.strip_prefix('[') {
                let (step, after) = bracket(after)?;
                path.push(step);
                rest = after;
            } else {
                break;
            }
        }
        if !rest.is_empty() && !rest.starts_with(|c: char| c.is_whitespace() || "=!<>".contains(c)) {
            return Err(unreadable(
                format!("`{rest}` does not belong to a path"),
                "as in $.checks[0].status",
            ));
        }
        Ok(Self {
            path,
            test: test(rest.trim())?,
        })
    }

    /// Whether a body says it.
    ///
    /// # Errors
    /// Where it does not, what was expected there and what is there.
    pub fn check(&self, body: &Value) -> Result<(), Failed> {
        self.walk(body, &self.path, "$".to_owned())
    }

    fn walk(&self, value: &Value, path: &[Step], place: String) -> Result<(), Failed> {
        let Some((step, rest)) = path.split_first() else {
            return self.judge(Some(value), place);
        };
        let found = match (step, value) {
            (Step::Every, Value::Array(items)) if !items.is_empty() => {
                return (0..)
                    .zip(items)
                    .try_for_each(|(at, item)| self.walk(item, rest, format!("{place}{}", Step::Index(at))));
            }
            (Step::Every, Value::Object(map)) if !map.is_empty() => {
                return map
                    .iter()
                    .try_for_each(|(key, item)| self.walk(item, rest, format!("{place}{}", Step::Key(key.clone()))));
            }
            (Step::Every, _) => None,
            (Step::Key(key), value) => value.get(key.as_str()),
            (Step::Index(at), value) => value.get(*at),
        };
        let place = format!("{place}{step}");
        match found {
            Some(value) => self.walk(value, rest, place),
            None => self.judge(None, rest.iter().fold(place, |place, step| format!("{place}{step}"))),
        }
    }

    fn judge(&self, value: Option<&Value>, place: String) -> Result<(), Failed> {
        let passes = match (&self.test, value) {
            (Test::Exists, value) => value.is_some(),
            (Test::Missing, value) => value.is_none(),
            (Test::Compare(..), None) => false,
            (Test::Compare(operator, literal), Some(value)) => operator.holds(value, literal),
        };
        if passes {
            return Ok(());
        }
        Err(Failed {
            place,
            expected: match &self.test {
                Test::Exists => "to be there".into(),
                Test::Missing => "to be missing".into(),
                Test::Compare(operator, literal) => format!("{} {}", operator.sign(), shown(literal)),
            },
            actual: value.map_or_else(|| "missing".into(), shown),
        })
    }
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// What stands between brackets, and what comes after them.
fn bracket(text: &str) -> Result<(Step, &str), Unreadable> {
    let hint = "as in [0], [*] or [\"odd name\"]";
    if text.starts_with(['"', '\'']) {
        let (name, rest) = quoted(text)?;
        let rest = rest.trim_start().strip_prefix(']');
        return match rest {
            Some(rest) => Ok((Step::Key(name), rest)),
            None => Err(unreadable("a bracket is not closed", hint)),
        };
    }
    let Some((inside, rest)) = text.split_once(']') else {
        return Err(unreadable("a bracket is not closed", hint));
    };
    let step = match inside.trim() {
        "*" => Step::Every,
        number => match number.parse() {
            Ok(at) => Step::Index(at),
            Err(_) => return Err(unreadable(format!("[{number}] is neither a number nor a name"), hint)),
        },
    };
    Ok((step, rest))
}

/// A quoted text, and what comes after it. In single quotes nothing is escaped.
fn quoted(text: &str) -> Result<(String, &str), Unreadable> {
    let open = unreadable("a quote is not closed", "");
    if let Some(inside) = text.strip_prefix('\'') {
        let (name, rest) = inside.split_once('\'').ok_or(open)?;
        return Ok((name.to_owned(), rest));
    }
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => {
                let (whole, rest) = text.split_at(at + 1);
                let name = serde_json::from_str(whole).map_err(|error| unreadable(format!("{whole} is not a string: {error}"), ""))?;
                return Ok((name, rest));
            }
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    Err(open)
}

fn test(text: &str) -> Result<Test, Unreadable> {
    match text {
        "" => {
            let hint = "add == and a value, or the word exists";
            return Err(unreadable("it says where, but not what is expected there", hint));
        }
        "exists" => return Ok(Test::Exists),
        "missing" => return Ok(Test::Missing),
        _ => {}
    }
    let found = OPERATORS
        .iter()
        .find_map(|(sign, operator)| Some((*operator, text.strip_prefix(sign)?)));
    let Some((operator, rest)) = found else {
        let word = text.split_whitespace().next().unwrap_or_default();
        let hint = match word {
            "=" => "did you mean `==`?".to_owned(),
            "is" | "equals" | "eq" => "write ==".to_owned(),
            _ if word.starts_with('=') => "did you mean `==`?".to_owned(),
            _ => "known here: ==, !=, <, <=, >, >=, contains, matches, exists, missing".to_owned(),
        };
        return Err(unreadable(format!("`{word}` is no comparison"), hint));
    };
    let literal = literal(rest.trim())?;
    let sign = operator.sign();
    match (operator, &literal) {
        (Operator::Matches, Value::String(pattern)) => {
            if let Err(error) = Regex::new(pattern) {
                let reason = error.to_string();
                let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                return Err(unreadable(format!("`{pattern}` is not a regular expression: {reason}"), ""));
            }
        }
        (Operator::Matches, _) => return Err(unreadable("matches needs a text", "as in $.version matches \"^1[.]\"")),
        (Operator::Less | Operator::LessOrEqual | Operator::Greater | Operator::GreaterOrEqual, value) if !value.is_number() => {
            return Err(unreadable(
                format!("{sign} needs a number"),
                "numbers stand without quotes, as in $.waiting < 10",
            ));
        }
        _ => {}
    }
    Ok(Test::Compare(operator, literal))
}

fn literal(text: &str) -> Result<Value, Unreadable> {
    if text.is_empty() {
        return Err(unreadable("the value is missing", "as in $.status == \"ok\""));
    }
    if text.starts_with('\'') {
        let (inside, rest) = quoted(text)?;
        return match rest.trim() {
            "" => Ok(Value::String(inside)),
            rest => Err(unreadable(
                format!("`{rest}` is too much"),
                "each condition is a text of its own: json = [\"…\", \"…\"]",
            )),
        };
    }
    match serde_json::from_str(text) {
        Ok(Value::Array(_) | Value::Object(_)) => Err(unreadable("lists and objects cannot be compared", "compare one value of them")),
        Ok(value) => Ok(value),
        Err(_) if text.starts_with('"') => match quoted(text) {
            Ok((_, rest)) => {
                let hint = "each condition is a text of its own: json = [\"…\", \"…\"]";
                Err(unreadable(format!("`{}` is too much", rest.trim()), hint))
            }
            Err(open) => Err(open),
        },
        Err(_) => Err(unreadable(
            format!("`{text}` is no value"),
            format!("text stands in quotes: \"{text}\""),
        )),
    }
}

impl Operator {
    fn sign(self) -> &'static str {
        OPERATORS
            .iter()
            .find(|(_, operator)| *operator == self)
            .map_or("", |(sign, _)| sign)
    }

    fn holds(self, value: &Value, literal: &Value) -> bool {
        let numbers = || Some((value.as_f64()?, literal.as_f64()?));
        match self {
            Self::Equal => equal(value, literal),
            Self::Unequal => !equal(value, literal),
            Self::Less => numbers().is_some_and(|(a, b)| a < b),
            Self::LessOrEqual => numbers().is_some_and(|(a, b)| a <= b),
            Self::Greater => numbers().is_some_and(|(a, b)| a > b),
            Self::GreaterOrEqual => numbers().is_some_and(|(a, b)| a >= b),
            Self::Contains => match (value, literal) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::Array(items), part) => items.iter().any(|item| equal(item, part)),
                (Value::Object(map), Value::String(key)) => map.contains_key(key),
                _ => false,
            },
            Self::Matches => {
                let pattern = literal.as_str().and_then(|pattern| Regex::new(pattern).ok());
                pattern.zip(value.as_str()).is_some_and(|(pattern, text)| pattern.is_match(text))
            }
        }
    }
}

/// Whether both are the same value: 1 and 1.0 are.
fn equal(a: &Value, b: &Value) -> bool {
    a == b || a.as_f64().zip(b.as_f64()).is_some_and(|(a, b)| a == b)
}

/// A value in a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(map) => format!("an object of {}", map.len()),
        value => crate::model::shorten(&value.to_string(), SHOWN).into_owned(),
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(name) if !name.is_empty() && name.chars().all(is_plain) => write!(f, ".{name}"),
            Self::Key(name) => write!(f, "[{}]", Value::from(name.as_str())),
            Self::Index(at) => write!(f, "[{at}]"),
            Self::Every => f.write_str("[*]"),
        }
    }
}

impl fmt::Display for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.path.iter().try_for_each(|step| write!(f, "{step}"))?;
        match &self.test {
            Test::Exists => f.write_str(" exists"),
            Test::Missing => f.write_str(" missing"),
            Test::Compare(operator, literal) => write!(f, " {} {literal}", operator.sign()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn said(text: &str, body: &Value) -> String {
        match Assertion::parse(text).unwrap().check(body) {
            Ok(()) => "ok".into(),
            Err(failed) => failed.to_string(),
        }
    }

    #[test]
    fn a_body_passes_or_the_sentence_says_where_and_why_not() {
        let body = json!({
            "status": "degraded", "uptime": 12.5, "ready": true, "none": null, "odd name": 1,
            "checks": [{"name": "database", "status": "ok"}, {"name": "cache", "status": "down"}], "empty": [],
            "pool": {"used": 20, "max": 20}, "tags": ["a", "b"], "version": "v1.8.3"
        });
        for (text, expected) in [
            ("$.status == \"degraded\"", "ok"),
            ("$.status == 'ok'", "$.status is \"degraded\", expected == \"ok\""),
            ("$.status != \"ok\"", "ok"),
            ("$.ready == true", "ok"),
            ("$.ready==false", "$.ready is true, expected == false"),
            ("$.uptime > 10", "ok"),
            ("$.uptime <= 10", "$.uptime is 12.5, expected <= 10"),
            ("$.status > 1", "$.status is \"degraded\", expected > 1"),
            ("$.pool.used < 20", "$.pool.used is 20, expected < 20"),
            ("$.pool.used == 20.0", "ok"),
            ("$.pool.idle > 0", "$.pool.idle is missing, expected > 0"),
            ("$.none exists", "ok"),
            ("$.none == null", "ok"),
            ("$.gone exists", "$.gone is missing, expected to be there"),
            ("$.gone missing", "ok"),
            ("$.status missing", "$.status is \"degraded\", expected to be missing"),
            ("$[\"odd name\"] == 1", "ok"),
            ("$['odd name'] == 2", "$[\"odd name\"] is 1, expected == 2"),
            ("$.checks[0].status == \"ok\"", "ok"),
            ("$.checks[7].status == \"ok\"", "$.checks[7].status is missing, expected == \"ok\""),
            ("$.checks[*].status == \"ok\"", "$.checks[1].status is \"down\", expected == \"ok\""),
            ("$.checks[*].name exists", "ok"),
            ("$.empty[*] == 1", "$.empty[*] is missing, expected == 1"),
            ("$.pool[*] == 20", "ok"),
            ("$.pool[*] < 20", "$.pool.max is 20, expected < 20"),
            ("$.tags contains \"b\"", "ok"),
            ("$.tags contains \"c\"", "$.tags is a list of 2, expected contains \"c\""),
            ("$.pool contains \"max\"", "ok"),
            ("$.version matches \"^v1[.]\"", "ok"),
            ("$.version matches \"^v2\"", "$.version is \"v1.8.3\", expected matches \"^v2\""),
            ("$ exists", "ok"),
        ] {
            assert_eq!(said(text, &body), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_what_to_write_instead() {
        for (text, sentence, hint) in [
            ("status == \"ok\"", "a path starts with $", "write $.status"),
            ("$.status = \"ok\"", "`=` is no comparison", "did you mean `==`?"),
            ("$.status is \"ok\"", "`is` is no comparison", "write =="),
            ("$.status == ok", "`ok` is no value", "text stands in quotes: \"ok\""),
            ("$.status", "it says where, but not what is expected there", "add =="),
            ("$.status ==", "the value is missing", "as in"),
            ("$.a < \"1\"", "< needs a number", "without quotes"),
            ("$.a matches 1", "matches needs a text", "as in"),
            ("$.a matches \"(\"", "is not a regular expression", ""),
            ("$.a[1 == 2", "a bracket is not closed", "as in"),
            ("$.a[x] == 2", "[x] is neither a number nor a name", "as in"),
            ("$..a == 1", "a name is missing after the dot", "as in"),
            ("$.a == [1]", "lists and objects cannot be compared", "compare one"),
            ("$.a == \"b\" and $.c == 1", "`and $.c == 1` is too much", "a text of its own"),
            ("$.a == \"b", "a quote is not closed", ""),
            ("$.é == 1", "a name is missing after the dot", "odd name"),
            ("$x == 1", "`x == 1` does not belong to a path", "as in"),
            ("", "a path starts with $", "as in"),
        ] {
            let wrong = Assertion::parse(text).unwrap_err();
            assert!(wrong.sentence.contains(sentence), "{text}: {}", wrong.sentence);
            assert!(wrong.hint.contains(hint), "{text}: {}", wrong.hint);
        }
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            "[a-zA-Z_-]{1,8}".prop_map(Step::Key),
            any::<String>().prop_map(Step::Key),
            (0..50_usize).prop_map(Step::Index),
            Just(Step::Every),
        ];
        proptest::collection::vec(step, 0..5)
    }

    fn tests() -> impl Strategy<Value = Test> {
        let number = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<i32>().prop_map(|n| Value::from(f64::from(n) / 4.0))
        ];
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            number.clone(),
        ];
        let any_operator = prop_oneof![Just(Operator::Equal), Just(Operator::Unequal), Just(Operator::Contains)];
        let ordering = prop_oneof![
            Just(Operator::Less),
            Just(Operator::LessOrEqual),
            Just(Operator::Greater),
            Just(Operator::GreaterOrEqual),
        ];
        prop_oneof![
            Just(Test::Exists),
            Just(Test::Missing),
            (any_operator, scalar).prop_map(|(operator, literal)| Test::Compare(operator, literal)),
            (ordering, number).prop_map(|(operator, literal)| Test::Compare(operator, literal)),
            any::<String>().prop_map(|text| Test::Compare(Operator::Matches, regex::escape(&text).into())),
        ]
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_again_as_the_same(path in steps(), test in tests()) {
            let assertion = Assertion { path, test };
            prop_assert_eq!(Assertion::parse(&assertion.to_string()), Ok(assertion));
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>(), body in any::<String>()) {
            if let Ok(assertion) = Assertion::parse(&format!("${text}")) {
                // Whatever it says, it says it in one sentence.
                let _ = assertion.check(&json!({"a": body})).map_err(|failed| failed.to_string());
            }
        }
    }
}
