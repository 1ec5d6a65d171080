//! The attributes of a fence, cut as Runme cuts them: from the first `{` to the first `}`.

/// What stands behind a fence's language.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    /// In the order of the line; the last of a name holds.
    pairs: Vec<(String, String)>,
    /// What is wrong with the text, as a sentence.
    pub fault: Option<String>,
}

impl Attributes {
    /// Reads them. Text that is neither JSON nor `{ name=value }` has a fault, and whatever Runme would make of it is not guessed.
    pub fn read(info: &str) -> Self {
        let Some(from) = info.find('{') else {
            // Words without braces are another tool's (`sh title="x"`): none of our business.
            return Self::default();
        };
        let rest = info.get(from..).unwrap_or_default();
        let Some(end) = rest.find('}') else {
            return Self::faulty("the attributes have no `}`");
        };
        let (cut, after) = rest.split_at(end + 1);
        if cut == "{}" {
            return Self::default();
        }
        match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(cut) {
            Ok(_) if !after.trim().is_empty() => Self::faulty(format!(
                "`{}` stands behind the attributes: a value cannot hold a `}}`",
                after.trim()
            )),
            Ok(map) => Self {
                pairs: map.into_iter().map(|(name, value)| (name, text(&value))).collect(),
                fault: None,
            },
            Err(error) if cut.contains('"') => match rest.rfind('}') {
                Some(last) if last > end => {
                    Self::faulty("a value holds a `}`, where Runme would stop reading: put that text into the block's body")
                }
                _ => Self::faulty(format!("the attributes are no JSON: {error}")),
            },
            Err(_) => Self::html(cut.trim_matches(['{', '}'])),
        }
    }

    /// The form `{ name=x interactive=false }`, split at spaces.
    fn html(inside: &str) -> Self {
        let pairs = inside.split_whitespace().map(|word| word.split_once('=').ok_or(word));
        match pairs.collect::<Result<Vec<_>, _>>() {
            Ok(pairs) => Self {
                pairs: pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                fault: None,
            },
            Err(word) => Self::faulty(format!("`{word}` is no name=value")),
        }
    }

    fn faulty(fault: impl Into<String>) -> Self {
        Self {
            pairs: Vec::new(),
            fault: Some(fault.into()),
        }
    }

    /// The value of an attribute.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// Whether an attribute says `true`.
    pub fn is(&self, name: &str) -> bool {
        self.get(name) == Some("true")
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }
}

/// As Runme makes strings of what is none.
fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_json_or_words_and_end_at_the_first_brace() {
        let read = Attributes::read;
        assert_eq!(read("{\"name\":\"a b\",\"n\":1}").get("n"), Some("1"));
        assert_eq!(read("{ name=x interactive=false }").get("interactive"), Some("false"));
        assert_eq!(read("title=\"x\""), Attributes::default());
        assert_eq!(read("{}"), Attributes::default());
        for (info, fault) in [
            (
                "{\"until\":\"stdout =~ 'a{2}'\"}",
                "a value holds a `}`, where Runme would stop reading",
            ),
            ("{\"a\":\"b\"", "the attributes have no `}`"),
            ("{\"a\":\"b\",}", "the attributes are no JSON"),
            ("{\"a\":\"b\"} x", "`x` stands behind the attributes"),
            ("{ name }", "`name` is no name=value"),
        ] {
            let found = read(info).fault.unwrap_or_default();
            assert!(found.starts_with(fault), "{info}: {found}");
        }
    }
}
