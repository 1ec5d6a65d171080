//! Label and field selectors.

use serde_json::Value;

use super::status::Status;

/// What a list or watch asks for, besides kind and namespace.
#[derive(Clone, Debug, Default)]
pub struct Selector {
    labels: Vec<Rule>,
    fields: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    key: String,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Missing,
}

/// The fields that real servers select by, of the kinds that matter here.
const FIELDS: &[&str] = &[
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "status.phase",
    "involvedObject.kind",
    "involvedObject.name",
    "involvedObject.namespace",
    "involvedObject.uid",
    "reason",
    "type",
];

impl Selector {
    pub fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Self, Status> {
        let labels = split(labels.unwrap_or_default())
            .into_iter()
            .map(|term| label_rule(&term))
            .collect::<Result<_, _>>()?;
        let fields: Vec<Rule> = split(fields.unwrap_or_default())
            .into_iter()
            .map(|term| equality(&term))
            .collect::<Result<_, _>>()?;
        if let Some(rule) = fields.iter().find(|rule| !FIELDS.contains(&rule.key.as_str())) {
            return Err(Status::bad_request(format!("field label not supported: {}", rule.key)));
        }
        Ok(Self { labels, fields })
    }

    pub fn matches(&self, object: &Value) -> bool {
        let label = |rule: &Rule| rule.holds(object["metadata"]["labels"][rule.key.as_str()].as_str());
        let field = |rule: &Rule| {
            let pointer = format!("/{}", rule.key.replace('.', "/"));
            rule.holds(Some(object.pointer(&pointer).and_then(Value::as_str).unwrap_or_default()))
        };
        self.labels.iter().all(label) && self.fields.iter().all(field)
    }
}

impl Rule {
    fn holds(&self, value: Option<&str>) -> bool {
        match &self.test {
            Test::In(wanted) => value.is_some_and(|v| wanted.iter().any(|w| w == v)),
            Test::NotIn(refused) => value.is_none_or(|v| refused.iter().all(|r| r != v)),
            Test::Exists => value.is_some(),
            Test::Missing => value.is_none(),
        }
    }
}

/// At commas, but not at those inside parentheses.
fn split(text: &str) -> Vec<String> {
    let (mut terms, mut depth) = (vec![String::new()], 0);
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if c == ',' && depth == 0 {
            terms.push(String::new());
        } else if let Some(term) = terms.last_mut() {
            term.push(c);
        }
    }
    terms.into_iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect()
}

fn label_rule(term: &str) -> Result<Rule, Status> {
    let set = |text: &str| text.trim_matches(['(', ')']).split(',').map(|v| v.trim().to_owned()).collect();
    if let Some((key, values)) = term.split_once(" notin ") {
        return Ok(Rule {
            key: key.trim().to_owned(),
            test: Test::NotIn(set(values.trim())),
        });
    }
    if let Some((key, values)) = term.split_once(" in ") {
        return Ok(Rule {
            key: key.trim().to_owned(),
            test: Test::In(set(values.trim())),
        });
    }
    if term.contains('=') {
        return equality(term);
    }
    match term.strip_prefix('!') {
        Some(key) => Ok(Rule {
            key: key.trim().to_owned(),
            test: Test::Missing,
        }),
        None if term.contains(char::is_whitespace) => Err(Status::bad_request(format!("unable to parse requirement: {term}"))),
        None => Ok(Rule {
            key: term.to_owned(),
            test: Test::Exists,
        }),
    }
}

fn equality(term: &str) -> Result<Rule, Status> {
    let (key, value) = term
        .split_once('=')
        .ok_or_else(|| Status::bad_request(format!("invalid selector: {term}")))?;
    let value = vec![value.trim_start_matches('=').trim().to_owned()];
    Ok(match key.strip_suffix('!') {
        Some(key) => Rule {
            key: key.trim().to_owned(),
            test: Test::NotIn(value),
        },
        None => Rule {
            key: key.trim().to_owned(),
            test: Test::In(value),
        },
    })
}
