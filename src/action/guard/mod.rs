//! What is asked of the hand before something is done, and what is refused. A guide, not a fence: that is what RBAC is.
//!
//! The table of tiers and classes is [`floor`]; a policy, a freeze, a blind spot of the plan or a repeated action only ever
//! ask for more. Only this room makes a [`Confirmed`], and only `execute` takes one.

mod freeze;
mod lock;
mod question;

pub use freeze::{Frozen, frozen};
pub use lock::{Lock, Locks};
pub use question::{Answer, Confirmed, Question};

use super::plan::{Origin, Plan};
use super::{Class, CopyPath, Verb};
use crate::config::{Config, Environment, Level, Policy, Rule, Tier};
use crate::model::{Problem, ProblemKind, Server, Time};

/// The most objects that one change touches before it is asked for in full.
pub const MANY: usize = 10;

/// What holds while a plan is judged.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    pub config: &'a Config,
    pub environment: &'a Environment,
    /// The account on this machine.
    pub user: &'a str,
    /// The API server that answers.
    pub server: &'a Server,
    pub lock: &'a Lock,
    /// The machine's time zone.
    pub zone: &'a jiff::tz::TimeZone,
    pub now: Time,
    /// Whether the same was done to the same object a moment ago.
    pub again: bool,
    /// What the server said of the plan, tried without keeping it.
    pub tried: &'a Tried,
}

/// What became of the dry run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// It is under way.
    Pending,
    /// It would be taken; what the server warns of.
    Accepted(Vec<String>),
    /// It would be refused.
    Refused(Problem),
    /// The server did not say.
    Silent(Problem),
}

/// What the guard says of a plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Ruling {
    /// Ask, as the question says.
    Ask(Question),
    /// It is done without asking.
    Free,
    /// It is not done, and why.
    Refused(Problem),
}

/// What of a plan decides within its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A forward, or a copy out of a container.
    Light,
    Usual,
    /// Nothing is ready afterwards, or more than [`MANY`] objects are touched.
    Wide,
}

impl Shape {
    fn of(plan: &Plan) -> Self {
        let emptied = plan.blast.ready.is_some_and(|(now, after)| now > 0 && after == 0);
        match &plan.action.verb {
            Verb::PortForward(_) => Self::Light,
            Verb::Cp(copy) if matches!(copy.from, CopyPath::Pod { .. }) => Self::Light,
            _ if emptied || plan.touched() > MANY => Self::Wide,
            _ => Self::Usual,
        }
    }
}

/// The least that is asked, by tier and class; `None`: nothing. `Err`: refused.
///
/// # Errors
/// A shell command in a guarded environment that does not allow it.
pub fn floor(tier: Tier, class: Class, shape: Shape, allow_shell: bool) -> Result<Option<Level>, Problem> {
    use Level::{Full, Key, Token};
    Ok(match (class, tier) {
        (Class::R, _) | (Class::T, Tier::Open | Tier::Confirm) => None,
        (Class::T, Tier::Guarded) => Some(if shape == Shape::Light { Key } else { Token }),
        (Class::W1, Tier::Open | Tier::Confirm) | (Class::W2 | Class::X, Tier::Open) => Some(Key),
        (Class::W1, Tier::Guarded) | (Class::W2 | Class::X, Tier::Confirm) | (Class::D, Tier::Open) => Some(Token),
        (Class::W2, Tier::Guarded) => Some(if shape == Shape::Wide { Full } else { Token }),
        (Class::D, Tier::Confirm | Tier::Guarded) => Some(Full),
        (Class::X, Tier::Guarded) if allow_shell => Some(Full),
        (Class::X, Tier::Guarded) => {
            let problem = Problem::new(ProblemKind::Denied, "shell commands are refused in this environment");
            return Err(problem.hint("[guard] allow_shell names the environments that allow them"));
        }
    })
}

/// Judges a plan.
pub fn rule(plan: &Plan, here: &Circumstances<'_>) -> Ruling {
    match judged(plan, here) {
        Ok(ruling) => ruling,
        Err(problem) => Ruling::Refused(problem),
    }
}

fn refused(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Denied, text)
}

fn judged(plan: &Plan, here: &Circumstances<'_>) -> Result<Ruling, Problem> {
    let environment = here.environment;
    let label = environment.shown();
    is_the_one(environment, here.server)?;
    if let Some((right, why)) = plan.missing().next() {
        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
        return Err(refused(format!("you may not {right}{why}")).hint("the line can be copied for somebody who may"));
    }
    if let Some(hurdle) = plan.hurdle() {
        return Err(Problem::new(ProblemKind::Config, &hurdle.text));
    }
    if let Tried::Refused(problem) = here.tried {
        return Err(problem.clone());
    }
    let most = here.config.guard.max_objects.and_then(|most| usize::try_from(most).ok());
    if let Some(most) = most.filter(|most| plan.touched() > *most) {
        return Err(refused(format!(
            "{} objects are more than the {most} that one action may touch",
            plan.touched()
        ))
        .hint("[guard] max_objects"));
    }
    let rules = Rules {
        config: here.config,
        environment,
        user: here.user,
        zone: here.zone,
        now: here.now,
    };
    let (mut level, mut why) = rules.ask(plan.verb, plan.class, Shape::of(plan))?;
    let at_least = |level: &mut Option<Level>, least: Level| *level = (*level).max(Some(least));
    if level.is_some() {
        if let Some(floor) = plan.draft.floor.filter(|floor| level < Some(*floor)) {
            at_least(&mut level, floor);
            why.push("the runbook asks for it".into());
        }
        if here.again {
            at_least(&mut level, Level::Full);
            why.push("the same was done to it a moment ago".into());
        }
        if plan.draft.origin == Origin::Undo && plan.verb == "undo" {
            at_least(&mut level, Level::Full);
            why.push("it brings back what was rolled back".into());
        }
        let untold = environment.identity.untold(here.server);
        let untold = untold.map(|part| format!("the kubeconfig does not tell the {part} that the configuration names"));
        for reason in plan.raised.iter().cloned().chain(silent(here.tried)).chain(untold) {
            level = level.map(raised);
            why.push(reason);
        }
    }
    let Some(level) = level else { return Ok(Ruling::Free) };
    Ok(Ruling::Ask(Question::new(plan, label, level, why, environment.tier, here)))
}

/// What the configuration says of an action, whatever the object: by tier, policy and freeze.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    pub config: &'a Config,
    pub environment: &'a Environment,
    /// The account on this machine.
    pub user: &'a str,
    /// The machine's time zone.
    pub zone: &'a jiff::tz::TimeZone,
    pub now: Time,
}

impl Rules<'_> {
    /// The least that is asked, and why it is more than the tier's; `None`: nothing.
    ///
    /// # Errors
    /// It is refused.
    pub fn ask(&self, word: &str, class: Class, shape: Shape) -> Result<(Option<Level>, Vec<String>), Problem> {
        let environment = self.environment;
        let allow_shell = self.config.guard.allow_shell.iter().any(|name| environment.goes_by(name));
        let mut level = floor(environment.tier, class, shape, allow_shell)?;
        let mut why: Vec<String> = Vec::new();
        why.extend(by_policy(self.config, environment, self.user, word, &mut level)?);
        if class > Class::T
            && let Some(frozen) = frozen(&self.config.freezes, environment, self.zone, self.now)
        {
            // What stops the bleeding is allowed; nothing else can wait for Monday and be done today.
            if class > Class::W1 {
                return Err(refused(format!("no changes now: {frozen}")).hint("what can be taken back is still possible"));
            }
            level = level.max(Some(Level::Full));
            why.push(format!("no changes now: {frozen}"));
        }
        Ok((level, why))
    }
}

/// The next level up.
fn raised(level: Level) -> Level {
    match level {
        Level::Key => Level::Token,
        Level::Token | Level::Full => Level::Full,
    }
}

fn silent(tried: &Tried) -> Option<String> {
    match tried {
        Tried::Silent(problem) => Some(format!("the dry run did not answer: {}", problem.text)),
        Tried::Pending | Tried::Accepted(_) | Tried::Refused(_) => None,
    }
}

/// The first policy that is about this.
fn policy<'a>(config: &'a Config, environment: &Environment, user: &str, word: &str) -> Option<&'a Policy> {
    config.policies.iter().find(|policy| {
        let here_too = policy.environments.is_empty() || policy.environments.iter().any(|name| environment.goes_by(name));
        let this_too = policy.actions.is_empty() || policy.actions.iter().any(|action| action == word);
        let them_too = policy.who.is_empty() || policy.who.iter().any(|someone| someone == user);
        here_too && this_too && them_too
    })
}

/// What a policy adds to what is asked; why, where it does.
///
/// # Errors
/// It refuses.
fn by_policy(
    config: &Config,
    environment: &Environment,
    user: &str,
    word: &str,
    level: &mut Option<Level>,
) -> Result<Option<String>, Problem> {
    let Some(policy) = policy(config, environment, user, word) else {
        return Ok(None);
    };
    let reason = if policy.reason.is_empty() {
        "a policy says so"
    } else {
        &policy.reason
    };
    match (policy.rule, policy.level) {
        (Rule::Deny, _) => {
            let text = format!("{word} is not done in {}: {reason}", environment.shown());
            Err(refused(text).hint("[[policy]]"))
        }
        (Rule::Confirm, Some(asked)) if level.is_none_or(|level| level < asked) => {
            *level = Some(asked);
            Ok(Some(reason.to_owned()))
        }
        (Rule::Confirm, _) => Ok(None),
    }
}

/// What is asked for a forward, which has no plan: by tier and policy.
///
/// # Errors
/// A policy refuses it.
pub fn forward(config: &Config, environment: &Environment, user: &str) -> Result<Option<Level>, Problem> {
    let mut level = floor(environment.tier, Class::T, Shape::Light, false)?;
    by_policy(config, environment, user, "forward", &mut level)?;
    Ok(level)
}

/// An environment is its cluster, not the name of a context: whether what answers is what the configuration names.
///
/// # Errors
/// It is another.
pub fn is_the_one(environment: &Environment, server: &Server) -> Result<(), Problem> {
    match environment.mismatch(server) {
        None => Ok(()),
        Some(mismatch) => Err(refused(mismatch.to_string()).hint("nothing is changed in it; is the context the right one?")),
    }
}

#[cfg(test)]
mod tests;
