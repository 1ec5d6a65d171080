//! Label selectors as kubectl reads them: `app=x,env!=y,tier in (a,b),!key,key`.

use super::Labels;

/// Requirements that must all hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    condition: Condition,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Condition {
    Exists,
    Absent,
    In(Vec<String>),
    /// Holds for objects without the label, too, as on the server.
    NotIn(Vec<String>),
}

const HINT: &str = "a label selector is written like app=web,tier!=db,env in (a,b),!old";

impl Selector {
    /// Reads a whole selector; what makes no sense in it asks for nothing.
    pub fn read(text: &str) -> Self {
        Self::parse(text).0
    }

    /// Reads a selector from the start of the text: what was read, what follows it, and what is wrong.
    /// Values that are still to be typed at the end (`app=`) ask for the key alone.
    pub fn parse(text: &str) -> (Self, &str, Option<String>) {
        let mut requirements = Vec::new();
        let mut rest = text.trim_start();
        loop {
            match requirement(rest) {
                Some((requirement, after)) => {
                    requirements.extend(requirement);
                    rest = after;
                }
                // Nothing typed yet, or a comma just now.
                None if rest.is_empty() => break,
                None => {
                    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                    let (bad, after) = rest.split_at(end);
                    return (Self(requirements), after, Some(format!("\"{bad}\": {HINT}")));
                }
            }
            match rest.trim_start().strip_prefix(',') {
                Some(after) => rest = after.trim_start(),
                None => break,
            }
        }
        let junk = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (bad, after) = rest.split_at(junk);
        let problem = (!bad.is_empty()).then(|| format!("\"{bad}\": {HINT}"));
        (Self(requirements), after, problem)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object with these labels is selected.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|r| {
            let value = labels.get(&r.key);
            match &r.condition {
                Condition::Exists => value.is_some(),
                Condition::Absent => value.is_none(),
                Condition::In(values) => value.is_some_and(|v| values.iter().any(|x| x == v)),
                Condition::NotIn(values) => !value.is_some_and(|v| values.iter().any(|x| x == v)),
            }
        })
    }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/')
}

/// A key or value, and what follows it.
fn word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()))
}

/// One requirement (none where it asks for nothing yet) and what follows it.
fn requirement(text: &str) -> Option<(Option<Requirement>, &str)> {
    if let Some(rest) = text.strip_prefix('!').filter(|r| !r.starts_with('=')) {
        let (key, after) = word(rest.trim_start());
        let make = |key: &str| Requirement {
            key: key.into(),
            condition: Condition::Absent,
        };
        return Some(((!key.is_empty()).then(|| make(key)), after));
    }
    let (key, after) = word(text);
    if key.is_empty() {
        return None;
    }
    let make = |condition| {
        Some(Requirement {
            key: key.into(),
            condition,
        })
    };
    let operator = after.trim_start();
    for (sign, equal) in [("!=", false), ("==", true), ("=", true)] {
        if let Some(rest) = operator.strip_prefix(sign) {
            let (value, after) = word(rest.trim_start());
            return Some(match (value.is_empty() && after.is_empty(), equal) {
                (true, true) => (make(Condition::Exists), after),
                (true, false) => (None, after),
                (false, true) => (make(Condition::In(vec![value.into()])), after),
                (false, false) => (make(Condition::NotIn(vec![value.into()])), after),
            });
        }
    }
    for (name, inside) in [("in", true), ("notin", false)] {
        let list = operator.strip_prefix(name).filter(|_| operator.len() < after.len());
        if let Some(list) = list.and_then(|rest| rest.trim_start().strip_prefix('(')) {
            // Unclosed while it is typed: up to the end.
            let (inner, after) = list.split_once(')').unwrap_or((list, ""));
            let values: Vec<String> = inner.split(',').map(|v| v.trim().to_owned()).filter(|v| !v.is_empty()).collect();
            return Some(match (values.is_empty(), inside) {
                (true, _) => (make(Condition::Exists).filter(|_| inside), after),
                (false, true) => (make(Condition::In(values)), after),
                (false, false) => (make(Condition::NotIn(values)), after),
            });
        }
    }
    Some((make(Condition::Exists), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_read_as_kubectl_reads_them() {
        let labels = Labels::new([("app", "web"), ("tier", "front"), ("app.kubernetes.io/name", "web")]);
        let table = [
            ("app=web", true, ""),
            ("app==web", true, ""),
            ("app = web", true, ""),
            ("app=web,tier=back", false, ""),
            ("app=web, tier=front", true, ""),
            ("tier!=back", true, ""),
            ("nothing!=x", true, ""),
            ("tier in (front,back)", true, ""),
            ("tier in (back, middle)", false, ""),
            ("tier notin (back)", true, ""),
            ("nothing notin (x)", true, ""),
            ("app", true, ""),
            ("!app", false, ""),
            ("!nothing", true, ""),
            ("app.kubernetes.io/name=web", true, ""),
            ("app=web crash", true, " crash"),
            ("app=web !crash", true, " !crash"),
            ("app in", true, " in"),
            ("app index", true, " index"),
            // Unfinished.
            ("", true, ""),
            ("app=", true, ""),
            ("app!=", true, ""),
            ("app=web,", true, ""),
            ("tier in (front", true, ""),
            ("tier in (", true, ""),
        ];
        for (text, expected, rest) in table {
            let (selector, after, problem) = Selector::parse(text);
            assert_eq!((selector.matches(&labels), after, problem), (expected, rest, None), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_selector_is_said() {
        for text in ["=web", "app=web@1", "a=b,,c", "(x)"] {
            let (_, _, problem) = Selector::parse(text);
            assert!(problem.is_some_and(|p| p.contains(HINT)), "{text}");
        }
    }
}
