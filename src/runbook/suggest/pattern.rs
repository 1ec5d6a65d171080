//! Log patterns as CloudWatch reads them, as far as runbooks use them: words of which all, or with `?` any, have to be there.

/// A pattern of words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPattern {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

impl LogPattern {
    /// Reads one; none, where it is another sort (of fields, of columns) or empty.
    pub fn read(text: &str) -> Option<Self> {
        let mut pattern = Self::default();
        let mut rest = text.trim();
        if rest.starts_with(['{', '[']) {
            return None;
        }
        while !rest.is_empty() {
            let mark = rest.chars().next().filter(|c| matches!(c, '?' | '-'));
            let body = rest.get(mark.map_or(0, char::len_utf8)..).unwrap_or_default();
            let (word, after) = match body.strip_prefix('"') {
                Some(inside) => inside.split_once('"')?,
                None => body.split_once(char::is_whitespace).unwrap_or((body, "")),
            };
            if word.is_empty() {
                return None;
            }
            match mark {
                Some('?') => pattern.any.push(word.to_owned()),
                Some(_) => pattern.none.push(word.to_owned()),
                None => pattern.all.push(word.to_owned()),
            }
            rest = after.trim_start();
        }
        let some = !pattern.all.is_empty() || !pattern.any.is_empty();
        some.then_some(pattern)
    }

    /// The same as a pattern of the log view's search: any of the words, or all of them in any order. None: it wants more words
    /// than can be said so.
    pub fn searched(&self) -> Option<String> {
        let word = |word: &String| regex::escape(word);
        match self.all.as_slice() {
            [] => Some(self.any.iter().map(word).collect::<Vec<_>>().join("|")),
            [one] => Some(word(one)),
            [one, two] => {
                let (one, two) = (word(one), word(two));
                Some(format!("{one}.*{two}|{two}.*{one}"))
            }
            _ => None,
        }
    }

    /// Whether a line has what it wants. With other words beside them, CloudWatch does not ask for those with `?`.
    pub fn fits(&self, line: &str) -> bool {
        let has = |word: &String| line.contains(word.as_str());
        let wanted = if self.all.is_empty() {
            self.any.iter().any(has)
        } else {
            self.all.iter().all(has)
        };
        wanted && !self.none.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_it_wants_can_be_searched_for() {
        for (pattern, line, finds) in [
            (
                "?ECONNREFUSED ?\"too many clients\"",
                "FATAL: sorry, too many clients already",
                true,
            ),
            ("?ECONNREFUSED ?\"too many clients\"", "too many cooks", false),
            ("ERROR timeout", "a timeout, ERROR", true),
            ("ERROR timeout", "ERROR", false),
            ("a.c", "abc", false),
        ] {
            let searched = LogPattern::read(pattern).unwrap().searched().unwrap();
            assert_eq!(regex::Regex::new(&searched).unwrap().is_match(line), finds, "{pattern} {line}");
        }
        assert_eq!(LogPattern::read("a b c").unwrap().searched(), None);
    }

    #[test]
    fn words_are_all_wanted_or_any_of_them() {
        for (pattern, line, fits) in [
            (
                "?ECONNREFUSED ?\"too many clients already\"",
                "FATAL: sorry, too many clients already",
                true,
            ),
            ("?ECONNREFUSED ?\"too many clients already\"", "too many cooks", false),
            ("ERROR timeout", "ERROR: a timeout", true),
            ("ERROR timeout", "ERROR", false),
            ("ERROR -health", "ERROR in /health", false),
            ("ERROR ?x", "ERROR", true),
        ] {
            assert_eq!(LogPattern::read(pattern).unwrap().fits(line), fits, "{pattern} {line}");
        }
        for none in ["", "{ $.level = 50 }", "[ip, user]", "\"open", "?", "-x"] {
            assert_eq!(LogPattern::read(none), None, "{none}");
        }
    }
}
