//! `qd policy check`: what is asked where, and whether the policies mean what they say.

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

use super::report::print;
use crate::action::Class;
use crate::action::guard::{MANY, Shape, floor, frozen};
use crate::action::plan::WORDS;
use crate::config::{Config, Environment, Level, Rule, Tier, nearest};
use crate::model::{Problem, Time};

/// What is done, its class, and what of it decides.
const ROWS: [(&str, Class, Shape); 8] = [
    ("read", Class::R, Shape::Usual),
    ("forward, copy out", Class::T, Shape::Light),
    ("exec, attach, debug", Class::T, Shape::Usual),
    ("a change that can be taken back", Class::W1, Shape::Usual),
    ("what disrupts", Class::W2, Shape::Usual),
    ("… and leaves nothing ready, or is of many", Class::W2, Shape::Wide),
    ("what may lose data", Class::D, Shape::Usual),
    ("a command that cannot be read", Class::X, Shape::Usual),
];

/// Prints it for the user of this process. See [`check`].
///
/// # Errors
/// The result cannot be written.
pub fn run(config: &Config, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let user = std::env::var("USER").or_else(|_| std::env::var("LOGNAME")).unwrap_or_default();
    check(config, &user, out)
}

/// Prints it. Exit code 1: a policy names an action that there is none of.
///
/// # Errors
/// The result cannot be written.
pub fn check(config: &Config, user: &str, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let now = Time(jiff::Timestamp::now().as_second());
    let mut text = String::new();
    for environment in &config.environments {
        one(&mut text, config, environment, user, now);
    }
    let wrong = mistakes(config);
    for mistake in &wrong {
        let _ = writeln!(text, "wrong: {mistake}");
    }
    print(out, &text)?;
    Ok(if wrong.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(super::FINDINGS)
    })
}

fn one(text: &mut String, config: &Config, environment: &Environment, user: &str, now: Time) {
    let guard = &config.guard;
    let lock = match environment.tier {
        Tier::Guarded => format!(
            ", starts locked; unlocked for {} min, {} min without a key",
            guard.unlock / 60,
            guard.idle / 60
        ),
        Tier::Open | Tier::Confirm => String::new(),
    };
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "{} ({}): {}{lock}",
        environment.name,
        environment.shown(),
        environment.tier.word()
    );
    let allow_shell = guard.allow_shell.iter().any(|name| environment.goes_by(name));
    for (what, class, shape) in ROWS {
        let asked = match floor(environment.tier, class, shape, allow_shell) {
            Ok(None) => "nothing is asked".to_owned(),
            Ok(Some(level)) => word(level, environment),
            Err(problem) => format!("refused: {}", problem.text),
        };
        let _ = writeln!(text, "  {what:42}  {asked}");
    }
    let _ = writeln!(
        text,
        "  many: more than {MANY} objects{}",
        guard
            .max_objects
            .map_or_else(String::new, |most| format!("; more than {most} are refused"))
    );
    for policy in &config.policies {
        if !policy.environments.is_empty() && !policy.environments.iter().any(|name| environment.goes_by(name)) {
            continue;
        }
        let actions = if policy.actions.is_empty() {
            "everything".to_owned()
        } else {
            policy.actions.join(", ")
        };
        let who = match policy.who.as_slice() {
            [] => String::new(),
            who if who.iter().any(|name| name == user) => format!(" for {} (you)", who.join(", ")),
            who => format!(" for {}", who.join(", ")),
        };
        let rule = match (policy.rule, policy.level) {
            (Rule::Deny, _) => "refused".to_owned(),
            (Rule::Confirm, Some(level)) => format!("at least {}", word(level, environment)),
            (Rule::Confirm, None) => "asked as usual".to_owned(),
        };
        let reason = if policy.reason.is_empty() {
            String::new()
        } else {
            format!(" ({})", policy.reason)
        };
        let _ = writeln!(text, "  policy: {actions}{who}: {rule}{reason}");
    }
    let zone = jiff::tz::TimeZone::system();
    if let Some(frozen) = frozen(&config.freezes, environment, &zone, now) {
        let _ = writeln!(text, "  frozen now: {frozen}; only what can be taken back, and in full");
    }
}

fn word(level: Level, environment: &Environment) -> String {
    let label = environment.shown();
    match level {
        Level::Key => "y".to_owned(),
        Level::Token => format!("`{label}` and the number of the effect"),
        Level::Full => format!("`{label}/` and the object's name"),
    }
}

/// Policies about actions that there are none of.
fn mistakes(config: &Config) -> Vec<String> {
    let actions = config
        .policies
        .iter()
        .enumerate()
        .flat_map(|(nth, policy)| policy.actions.iter().map(move |action| (nth, action)));
    actions
        .filter(|(_, action)| !WORDS.contains(&action.as_str()))
        .map(|(nth, action)| {
            let hint = nearest(action, &WORDS).map_or_else(
                || format!("they are {}", WORDS.join(", ")),
                |meant| format!("did you mean {meant}?"),
            );
            format!("policy {} names the action {action}, which there is not: {hint}", nth + 1)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Policy;

    fn told(config: &Config) -> (String, ExitCode) {
        let mut out = Vec::new();
        let code = check(config, "anna", &mut out).unwrap();
        (String::from_utf8(out).unwrap(), code)
    }

    fn config() -> Config {
        Config {
            environments: vec![Environment {
                name: "production".into(),
                label: "prod".into(),
                tier: Tier::Guarded,
                ..Environment::default()
            }],
            ..Config::default()
        }
    }

    #[test]
    fn what_is_asked_stands_there_in_words() {
        let (text, code) = told(&config());
        assert!(
            text.starts_with("production (prod): guarded, starts locked; unlocked for 60 min, 20 min without a key\n"),
            "{text}"
        );
        for line in [
            "  read                                        nothing is asked\n",
            "  a change that can be taken back             `prod` and the number of the effect\n",
            "  … and leaves nothing ready, or is of many   `prod/` and the object's name\n",
            "  a command that cannot be read               refused: shell commands are refused in this environment\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        assert_eq!(code, ExitCode::SUCCESS);
    }

    #[test]
    fn a_policy_about_nothing_is_found() {
        let mut config = config();
        config.policies = vec![Policy {
            environments: Vec::new(),
            actions: vec!["dleete".into()],
            rule: Rule::Deny,
            level: None,
            who: vec!["anna".into()],
            reason: String::new(),
        }];
        let (text, code) = told(&config);
        assert!(text.contains("policy: dleete for anna (you): refused"), "{text}");
        assert!(
            text.contains("wrong: policy 1 names the action dleete, which there is not: did you mean delete?"),
            "{text}"
        );
        assert_eq!(code, ExitCode::from(1));
    }
}
