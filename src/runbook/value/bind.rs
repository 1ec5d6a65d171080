//! Which variables a page has, and which values they get.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::role::{Role, name, role};
use super::{Declared, Source};
use crate::action::variables::Variable;
use crate::model::clean;
use crate::runbook::page::{Block, Runbook};

/// A place that a page leaves to be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// In capitals: `POD`, `DB_HOST`. What it is kept under, and handed to a process as.
    pub name: String,
    /// As the page writes it: `$POD`, `<pod-name>`.
    pub written: Vec<Variable>,
    pub role: Option<Role>,
    /// What its name says besides: the pod of `<backend-pod>` is one of the backend's.
    pub hint: Option<String>,
    pub declared: Option<Declared>,
    /// Where it is needed first.
    pub line: usize,
    /// Whether a step of the page prints it.
    pub captured: bool,
}

impl Slot {
    /// Whether the page says that it is a secret.
    pub fn is_secret(&self) -> bool {
        self.declared.as_ref().is_some_and(|declared| declared.secret)
    }
}

/// A value, and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Value {
    pub text: String,
    pub origin: Origin,
}

/// Where a value came from. It is shown beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    Selection,
    Finding,
    Alert,
    /// The environment in front, as it is configured.
    Environment,
    /// The page's own default.
    Default,
    /// This process's environment.
    Process,
    /// A secret of the cluster.
    Secret,
    /// What a step printed.
    Step(String),
    /// Somebody typed or picked it.
    Typed,
}

impl Origin {
    /// As it stands behind the value.
    pub fn said(&self) -> String {
        match self {
            Self::Selection => "selected".to_owned(),
            Self::Finding => "from the finding".to_owned(),
            Self::Alert => "from the alert".to_owned(),
            Self::Environment => "of the environment".to_owned(),
            Self::Default => "the page's default".to_owned(),
            Self::Process => "from this process's environment".to_owned(),
            Self::Secret => "from a secret".to_owned(),
            Self::Step(step) => format!("printed by {step}"),
            Self::Typed => "typed".to_owned(),
        }
    }
}

/// What is known when a walk begins: the first that fits holds.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    values: Vec<(Role, String, Origin)>,
    /// Values by the name of a variable: from labels of an alert or a firing series, from the command line.
    named: Vec<(String, String, Origin)>,
}

impl Facts {
    pub fn add(&mut self, role: Role, value: impl Into<String>, origin: Origin) {
        let value = value.into();
        if !value.is_empty() {
            self.values.push((role, value, origin));
        }
    }

    pub fn name(&mut self, name: impl Into<String>, value: impl Into<String>, origin: Origin) {
        self.named.push((name.into(), value.into(), origin));
    }

    /// What is known besides: what is known already holds.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        self.values.extend(others.values);
        self.named.extend(others.named);
        self
    }

    /// What is known of a place.
    pub fn of(&self, slot: &Slot) -> Option<Value> {
        let named = self.named.iter().find(|(name, ..)| *name == slot.name);
        let named = named.map(|(_, text, origin)| (text, origin));
        // A pod of the backend is not any pod that happens to be selected.
        let fits = |text: &str| slot.hint.as_deref().is_none_or(|hint| text.starts_with(hint));
        let by_role = || {
            let role = slot.role?;
            let found = self.values.iter().find(|(r, text, _)| *r == role && fits(text));
            found.map(|(_, text, origin)| (text, origin))
        };
        let (text, origin) = named.or_else(by_role)?;
        Some(Value {
            text: text.clone(),
            origin: origin.clone(),
        })
    }
}

/// The values of a walk, by name. They are frozen: only what steps print and what somebody types comes to them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Bindings(BTreeMap<String, Value>);

impl Bindings {
    /// Fills in what is known. What the page wants from the selection (`bind`) is not taken from its defaults.
    ///
    /// A secret has no value here: it is neither shown nor written down, and reaches a program by the environment alone.
    pub fn begin(book: &Runbook, facts: &Facts, process: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut bindings = Self::default();
        for slot in book.slots().into_iter().filter(|slot| !slot.is_secret()) {
            let default = || {
                let declared = slot.declared.as_ref()?;
                let text = declared.default.clone().filter(|_| !book.front.bind.contains(&slot.name))?;
                Some(Value {
                    text,
                    origin: Origin::Default,
                })
            };
            let from_process = || {
                let Some(Source::Environment(key)) = slot.declared.as_ref()?.from.as_ref() else {
                    return None;
                };
                Some(Value {
                    text: process(key)?,
                    origin: Origin::Process,
                })
            };
            let value = facts.of(&slot).or_else(from_process).or_else(default);
            // One that makes no sense is as good as none: it is asked for, and says why then.
            if let Some(value) = value.filter(|value| checked(&slot, &value.text).is_ok()) {
                bindings.0.insert(slot.name.clone(), value);
            }
        }
        bindings
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.text.as_str())
    }

    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// What is still not known of what a page needs. What its steps print is not asked for.
    pub fn missing<'b>(&self, slots: &'b [Slot]) -> Vec<&'b Slot> {
        slots
            .iter()
            .filter(|slot| !slot.captured && !self.0.contains_key(&slot.name))
            .collect()
    }

    /// The value of a place as a command writes it: `$POD`, `<pod-name>`.
    pub fn of(&self, variable: &Variable) -> Option<&str> {
        self.get(&canonical(variable))
    }

    /// The name under which the value of a place is kept.
    pub fn name_of(variable: &Variable) -> String {
        canonical(variable)
    }

    /// Fills a command in, as far as is known.
    pub fn fill(&self, command: &mut crate::runbook::command::Command) {
        for variable in command.variables() {
            if let Some(value) = self.of(&variable) {
                command.bind(&variable, value);
            }
        }
    }
}

/// The name under which a variable's value is kept: `<pod-name>`, `$POD_NAME` and `$POD` are one.
fn canonical(variable: &Variable) -> String {
    match role(variable) {
        Some((role, None)) => role.name().to_owned(),
        _ => name(variable),
    }
}

impl Runbook {
    /// Everything that the page leaves to be filled in, in the order in which it is needed.
    pub fn slots(&self) -> Vec<Slot> {
        let mut slots: Vec<Slot> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        let captures: HashSet<&str> = self.steps.iter().filter_map(|step| step.capture()).collect();
        let declared: HashMap<String, &Declared> = self
            .variables
            .iter()
            .rev()
            .map(|declared| (canonical(&Variable::Named(declared.name.clone())), declared))
            .collect();
        let mut add = |variable: Variable, line: usize| {
            let key = canonical(&variable);
            if let Some(slot) = places.get(&key).and_then(|at| slots.get_mut(*at)) {
                if !slot.written.contains(&variable) {
                    slot.written.push(variable);
                }
                return;
            }
            places.insert(key.clone(), slots.len());
            let (role, hint) = role(&variable).map_or((None, None), |(role, hint)| (Some(role), hint));
            slots.push(Slot {
                declared: declared.get(&key).map(|declared| (*declared).clone()),
                captured: captures.contains(key.as_str()),
                name: key,
                written: vec![variable],
                role,
                hint,
                line,
            });
        };
        for step in &self.steps {
            match &step.block {
                Some(Block::Command(command)) => command.variables().into_iter().for_each(|v| add(v, step.line)),
                Some(Block::PromQl { query, .. }) => super::promql::variables(query).into_iter().for_each(|v| add(v, step.line)),
                Some(Block::Logs { pattern: query, .. } | Block::Insights { query, .. }) => {
                    super::promql::variables(query).into_iter().for_each(|v| add(v, step.line));
                }
                Some(Block::Sql(_) | Block::Http(_)) | None => {}
            }
        }
        slots
    }
}

/// Whether a value may be what a place is.
///
/// # Errors
///
/// Why not, as a sentence.
pub fn checked(slot: &Slot, text: &str) -> Result<(), String> {
    let name = &slot.name;
    if slot.is_secret() {
        return Err(format!(
            "{name} is a secret: it is not typed here; start qd with it in its environment"
        ));
    }
    if text.is_empty() {
        return Err(format!("{name} cannot be empty"));
    }
    if text.chars().any(char::is_control) || clean(text) != text {
        return Err(format!("{name} cannot hold control characters"));
    }
    let declared = slot.declared.as_ref();
    if let Some(declared) = declared.filter(|d| !d.one_of.is_empty())
        && !declared.one_of.iter().any(|one| one == text)
    {
        return Err(format!("{name} is one of {}", declared.one_of.join(", ")));
    }
    if let Some(pattern) = declared.and_then(|d| d.pattern.as_deref()) {
        let whole = format!("^(?:{pattern})$");
        let built = regex::RegexBuilder::new(&whole).size_limit(1 << 20).build();
        let fits = built.map_err(|_| format!("the pattern of {name} is none"))?.is_match(text);
        return match fits {
            true => Ok(()),
            false => Err(format!("{name} has to fit {pattern}")),
        };
    }
    let first = |ok: fn(char) -> bool| text.starts_with(ok);
    let good = match slot.role {
        Some(Role::Namespace) => {
            first(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
                && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        }
        Some(Role::Pod | Role::Container | Role::Deployment | Role::Service | Role::Node) => {
            first(|c| c.is_ascii_alphanumeric()) && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        }
        _ => true,
    };
    match (good, slot.role) {
        (false, Some(role)) => Err(format!("`{}` is no name of a {}", crate::model::shorten(text, 60), role.said())),
        _ => Ok(()),
    }
}
