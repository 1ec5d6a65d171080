//! Printing secrets as they are: who may, and that it is written down first.

use crate::config::{Config, Environment, Tier};
use crate::ledger::audit::{Audit, AuditKind, Deed};
use crate::model::{EnvId, LogQuery, Problem, ProblemKind};
use crate::redact;

fn environment(config: &Config, env: EnvId) -> Option<&Environment> {
    config.environments.get(usize::from(env.0))
}

/// Whether it may be done here.
///
/// # Errors
/// The environment is guarded, and the configuration does not name it.
pub fn permit(config: &Config, env: EnvId, query: &LogQuery) -> Result<(), Problem> {
    // Whoever has a file can read it anyway.
    if query.is_of_files() {
        return Ok(());
    }
    let Some(here) = environment(config, env) else { return Ok(()) };
    let is_named = config.redact.allow_unmasked.iter().any(|name| here.goes_by(name));
    if here.tier != Tier::Guarded || is_named {
        return Ok(());
    }
    let text = format!("{} is guarded: secrets in its logs are not printed", here.name);
    Err(Problem::new(ProblemKind::Config, text).hint(format!(
        "`[redact] allow_unmasked = [{:?}]` in the configuration permits it",
        here.name
    )))
}

/// Writes it down, before anything is printed.
///
/// # Errors
/// The audit cannot be written: then nothing is printed.
pub fn record(audit: &Audit, config: &Config, env: EnvId, query: &LogQuery) -> Result<(), Problem> {
    let here = environment(config, env).filter(|_| !query.is_of_files());
    let namespaces = match &query.namespaces {
        _ if !query.asks_cluster() => String::new(),
        crate::model::Namespaces::All => "-A ".to_owned(),
        crate::model::Namespaces::Some(names) => format!("-n {} ", names.join(",")),
    };
    let deed = Deed {
        environment: here.map(|here| here.name.clone()).unwrap_or_default(),
        context: here
            .and_then(|here| here.kubernetes.as_ref())
            .map(|k| k.context.clone())
            .unwrap_or_default(),
        action: "logs".to_owned(),
        command: redact::mask_text(&format!("qd logs --no-redact {namespaces}{query}")).into_owned(),
        ..Deed::default()
    };
    audit.append(AuditKind::Unredacted, deed, jiff::Timestamp::now()).map(drop)
}
