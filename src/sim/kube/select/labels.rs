//! Label selectors: `app=web,tier in (a, b),!canary,size>3`. The grammar and the words of refusals are those of
//! Kubernetes.

/// One requirement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub key: String,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
    Above(i64),
    Below(i64),
}

impl Requirement {
    /// Whether an object with this value of the label (`None`: without the label) is meant.
    pub fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|v| v.parse::<i64>().ok());
        match &self.test {
            Test::In(wanted) => value.is_some_and(|v| wanted.iter().any(|w| w == v)),
            Test::NotIn(refused) => value.is_none_or(|v| refused.iter().all(|r| r != v)),
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
            Test::Above(least) => number().is_some_and(|n| n > *least),
            Test::Below(most) => number().is_some_and(|n| n < *most),
        }
    }
}

/// A word, an operator, or a mark.
#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Mark(&'static str),
    End,
}

impl Token {
    fn text(&self) -> &str {
        match self {
            Self::Word(word) => word,
            Self::Mark(mark) => mark,
            Self::End => "",
        }
    }
}

const MARKS: [&str; 9] = ["!=", "==", "=", "!", "(", ")", ",", ">", "<"];

fn tokens(text: &str) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            tokens.push(Token::Mark(mark));
            rest = rest.get(mark.len()..).unwrap_or_default().trim_start();
        } else {
            let end = rest
                .find(|c: char| c.is_whitespace() || "=!(),<>".contains(c))
                .unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            tokens.push(Token::Word(word.to_owned()));
            rest = after.trim_start();
        }
    }
    tokens
}

struct Reader {
    tokens: std::vec::IntoIter<Token>,
}

impl Reader {
    fn next(&mut self) -> Token {
        self.tokens.next().unwrap_or(Token::End)
    }

    fn peek(&self) -> &Token {
        self.tokens.as_slice().first().unwrap_or(&Token::End)
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let mut token = self.next();
        let negated = token == Token::Mark("!");
        if negated {
            token = self.next();
        }
        let Token::Word(key) = token else {
            return Err(format!("found '{}', expected: identifier", token.text()));
        };
        if negated {
            return Ok(Requirement { key, test: Test::Missing });
        }
        if matches!(self.peek(), Token::End | Token::Mark(",")) {
            return Ok(Requirement { key, test: Test::Exists });
        }
        let operator = self.next();
        let test = match operator.text() {
            "in" => Test::In(self.values()?),
            "notin" => Test::NotIn(self.values()?),
            "=" | "==" => Test::In(vec![self.value()?]),
            "!=" => Test::NotIn(vec![self.value()?]),
            ">" => Test::Above(self.number()?),
            "<" => Test::Below(self.number()?),
            other => return Err(format!("found '{other}', expected: '=', '!=', '==', 'in', notin'")),
        };
        Ok(Requirement { key, test })
    }

    fn value(&mut self) -> Result<String, String> {
        if matches!(self.peek(), Token::End | Token::Mark(",")) {
            return Ok(String::new());
        }
        match self.next() {
            Token::Word(value) => valid(value),
            other => Err(format!("found '{}', expected: identifier", other.text())),
        }
    }

    fn number(&mut self) -> Result<i64, String> {
        let value = self.value()?;
        value
            .parse()
            .map_err(|_| format!("values[0]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"))
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        match self.next() {
            Token::Mark("(") => {}
            other => return Err(format!("found '{}' expected: '('", other.text())),
        }
        let mut values = Vec::new();
        let mut after_comma = true;
        loop {
            match self.next() {
                Token::Word(value) if after_comma => {
                    values.push(valid(value)?);
                    after_comma = false;
                }
                Token::Mark(",") => {
                    // Two commas, or a comma at the beginning, stand around the empty value.
                    if after_comma {
                        values.push(String::new());
                    }
                    after_comma = true;
                }
                Token::Mark(")") => {
                    if after_comma && !values.is_empty() {
                        values.push(String::new());
                    }
                    return Ok(values);
                }
                other => return Err(format!("found '{}', expected: ',', or ')'", other.text())),
            }
        }
    }
}

/// A label's value as it may be: at most 63 letters, digits, `-`, `_`, `.`, with letters or digits at its ends.
fn valid(value: String) -> Result<String, String> {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    let ends = [value.bytes().next(), value.bytes().last()];
    let good = value.len() <= 63 && value.bytes().all(inner) && ends.iter().flatten().all(u8::is_ascii_alphanumeric);
    if good {
        return Ok(value);
    }
    Err(format!(
        "values[0]: Invalid value: \"{value}\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
    ))
}

/// Reads a selector.
///
/// # Errors
/// What is wrong with it, in a server's words.
pub fn parse(text: &str) -> Result<Vec<Requirement>, String> {
    let mut reader = Reader {
        tokens: tokens(text).into_iter(),
    };
    let mut requirements = Vec::new();
    loop {
        match reader.peek() {
            Token::End => return Ok(requirements),
            Token::Word(_) | Token::Mark("!") => {
                let requirement = reader.requirement().map_err(|e| format!("unable to parse requirement: {e}"))?;
                requirements.push(requirement);
            }
            other => return Err(format!("found '{}', expected: !, identifier, or 'end of string'", other.text())),
        }
        match reader.next() {
            Token::End => return Ok(requirements),
            Token::Mark(",") => {
                if !matches!(reader.peek(), Token::Word(_) | Token::Mark("!")) {
                    return Err(format!("found '{}', expected: identifier after ','", reader.peek().text()));
                }
            }
            other => return Err(format!("found '{}', expected: ',' or 'end of string'", other.text())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holds(selector: &str, value: Option<&str>) -> bool {
        parse(selector).unwrap().iter().all(|r| r.holds(value))
    }

    #[test]
    fn selectors_select() {
        for (selector, value, expected) in [
            ("a=x", Some("x"), true),
            ("a==x", Some("y"), false),
            ("a!=x", None, true),
            ("a in (x, y)", Some("y"), true),
            ("a in (x,y)", None, false),
            ("a notin (x,y)", Some("z"), true),
            ("a", Some(""), true),
            ("!a", Some(""), false),
            ("a=", Some(""), true),
            ("a in ()", Some(""), false),
            ("a in (,x)", Some(""), true),
            ("a>3", Some("4"), true),
            ("a < 3", Some("x"), false),
            ("a,a!=x", Some("y"), true),
            ("", None, true),
        ] {
            assert_eq!(holds(selector, value), expected, "{selector} with {value:?}");
        }
    }

    /// The words of a server of version 1.20.
    #[test]
    fn refusals_are_a_servers() {
        for (selector, words) in [
            (
                "a b",
                "unable to parse requirement: found 'b', expected: '=', '!=', '==', 'in', notin'",
            ),
            ("==", "found '==', expected: !, identifier, or 'end of string'"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
            ("a in b", "unable to parse requirement: found 'b' expected: '('"),
            ("!a=b", "found '=', expected: ',' or 'end of string'"),
        ] {
            assert_eq!(parse(selector).unwrap_err(), words, "{selector}");
        }
        assert!(parse("a=-b").is_err() && parse("a,").is_err() && parse("a in (b").is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "[ab!=(),<> \\PC]{0,40}") {
            if let Ok(requirements) = parse(&text) {
                for requirement in requirements {
                    requirement.holds(Some("a"));
                }
            }
        }
    }
}
