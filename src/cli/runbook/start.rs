//! What a walk without a screen begins with: the page, its values, and a look at what is wrong.

use crate::app::{App, Effect, books};
use crate::model::{Problem, ProblemKind, Time};
use crate::runbook::library::Shelved;

/// The page that is asked for, and what is known of it before anything was seen.
#[derive(Clone, Debug)]
pub struct Start {
    pub page: Shelved,
    /// `--var NAME=VALUE`
    pub typed: Vec<(String, String)>,
    /// Since when it is waited for what is wrong.
    since: Option<Time>,
}

/// So long (seconds) it is waited for what the cluster tells: values that are known by then need not be asked for.
const PATIENCE: i64 = 10;

impl Start {
    /// # Errors
    /// A value has no name.
    pub fn new(page: Shelved, pairs: &[String]) -> Result<Self, Problem> {
        let typed = pairs.iter().map(|pair| {
            let split = pair.split_once('=').filter(|(name, _)| !name.is_empty());
            let (name, value) = split.ok_or_else(|| bad(format!("--var {pair} is no NAME=VALUE")))?;
            Ok((name.to_owned(), value.to_owned()))
        });
        Ok(Self {
            page,
            typed: typed.collect::<Result<_, Problem>>()?,
            since: None,
        })
    }

    /// Whether what is wrong was seen, or has been waited for long enough.
    pub fn is_ready(&mut self, app: &App) -> bool {
        let since = *self.since.get_or_insert(app.now);
        let has_cluster = app.connected.contains(&app.env());
        let is_judged = app.seen().is_some_and(crate::store::EnvStore::is_judged);
        !has_cluster || is_judged && app.diagnosis(app.env()).is_some() || since.age(app.now) >= PATIENCE
    }

    /// Begins to walk.
    ///
    /// # Errors
    /// A value is none.
    pub fn walk(&self, app: &mut App) -> Result<Vec<Effect>, Problem> {
        books::walk(app, self.page.clone(), &self.typed, &variable).map_err(bad)
    }

    /// Begins to check.
    ///
    /// # Errors
    /// A value is none.
    pub fn check(&self, app: &mut App) -> Result<(), Problem> {
        books::check(app, self.page.clone(), &self.typed, &variable).map_err(bad)
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn bad(text: String) -> Problem {
    Problem::new(ProblemKind::Config, text).hint("as in --var POD=backend-7d9f; `qd runbook show` names the variables")
}
