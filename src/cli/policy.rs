//! `qd policy check`: what is asked where, and whether the policies mean what they say.

use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;

use super::report::print;
use crate::action::Class;
use crate::action::guard::{MANY, Rules, Shape, floor, frozen};
use crate::action::kubectl::parse;
use crate::action::plan::WORDS;
use crate::config::{Config, Environment, Level, Rule, Source, Tier, nearest};
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

/// What is no line of kubectl: silences as they usually are, and programs of this machine, as bad as can be unless the
/// configuration says otherwise.
const OTHERS: [(&str, Class); 4] = [
    ("silence", Class::W1),
    ("expire", Class::W1),
    ("plugin", Class::X),
    ("shell", Class::X),
];

/// A line of each other action, of one object: how harmful an action is, its line says.
const EXAMPLES: [(&str, &str); 26] = [
    ("exec", "kubectl exec -it web -- sh"),
    ("attach", "kubectl attach -it web"),
    ("copy", "kubectl cp ./a web:/a"),
    ("debug", "kubectl debug -it web --image=busybox"),
    ("forward", "kubectl port-forward web 8080:80"),
    ("scale", "kubectl scale deploy/web --replicas=2"),
    ("undo", "kubectl rollout undo deploy/web"),
    ("restart", "kubectl rollout restart deploy/web"),
    ("pause", "kubectl rollout pause deploy/web"),
    ("resume", "kubectl rollout resume deploy/web"),
    ("image", "kubectl set image deploy/web app=web:2"),
    ("env", "kubectl set env deploy/web A=b"),
    ("resources", "kubectl set resources deploy/web --limits=cpu=1"),
    ("label", "kubectl label pod web a=b"),
    ("annotate", "kubectl annotate pod web a=b"),
    ("delete", "kubectl delete pod web"),
    ("cordon", "kubectl cordon node-1"),
    ("uncordon", "kubectl uncordon node-1"),
    ("drain", "kubectl drain node-1"),
    ("evict", "kubectl evict-pod web"),
    ("taint", "kubectl taint node node-1 a=b:NoSchedule"),
    ("autoscale", "kubectl autoscale deploy/web --max=3"),
    ("trigger", "kubectl create job web --from=cronjob/web"),
    ("apply", "kubectl apply -f web.yaml"),
    ("edit", "kubectl edit deploy/web"),
    ("patch", "kubectl patch deploy web -p {}"),
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
        match environment.source {
            Source::Configured => environment.tier.word().to_owned(),
            Source::Kubeconfig => format!("{} (no configuration names it)", environment.tier.word()),
        }
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
    let rules = Rules {
        config,
        environment,
        user,
        zone: &zone,
        now,
    };
    by_action(text, &rules);
    if let Some(frozen) = frozen(&config.freezes, environment, &zone, now) {
        let _ = writeln!(text, "  frozen now: {frozen}; only what can be taken back, and in full");
    }
}

/// What is asked for each action in the end, by what is asked.
fn by_action(text: &mut String, rules: &Rules<'_>) {
    let who = if rules.user.is_empty() { "anybody" } else { rules.user };
    let _ = writeln!(text, "  each action, for {who}, now:");
    let mut asked: Vec<(String, Vec<&str>)> = Vec::new();
    let of_line = |(word, line): (&'static str, &str)| {
        let action = parse(line).ok()?;
        Some((word, action.class(&rules.config.guard.read_commands)))
    };
    for (word, class) in OTHERS.into_iter().chain(EXAMPLES.into_iter().filter_map(of_line)) {
        let shape = if word == "forward" { Shape::Light } else { Shape::Usual };
        let what = match rules.ask(word, class, shape) {
            Ok((None, _)) => "nothing is asked".to_owned(),
            Ok((Some(level), _)) => self::word(level, rules.environment),
            Err(problem) => format!("refused: {}", problem.text),
        };
        match asked.iter_mut().find(|(told, _)| *told == what) {
            Some((_, words)) => words.push(word),
            None => asked.push((what, vec![word])),
        }
    }
    for (what, words) in asked {
        let _ = writeln!(text, "    {what}: {}", words.join(", "));
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
    fn every_action_has_an_example_of_itself() {
        let lines = EXAMPLES.iter().map(|(word, _)| *word);
        let others = OTHERS.iter().map(|(word, _)| *word);
        let words: Vec<&str> = others.chain(lines).collect();
        assert_eq!(words, WORDS);
        for (word, line) in EXAMPLES {
            assert_eq!(crate::action::plan::word(&parse(line).unwrap().verb), word, "{line}");
        }
    }

    #[test]
    fn what_is_asked_in_the_end_is_told_by_action_and_user() {
        let mut config = config();
        let policy = |actions: &[&str], who: &[&str], rule, level| Policy {
            environments: vec!["prod".into()],
            actions: actions.iter().map(|action| (*action).to_owned()).collect(),
            rule,
            level,
            who: who.iter().map(|user| (*user).to_owned()).collect(),
            reason: "ask the DevOps team".into(),
        };
        config.policies = vec![
            policy(&["delete", "drain"], &["anna"], Rule::Deny, None),
            policy(&["scale"], &[], Rule::Confirm, Some(Level::Full)),
            policy(&["restart"], &["ben"], Rule::Deny, None),
        ];
        let (text, _) = told(&config);
        for line in [
            "  each action, for anna, now:\n",
            "    y: forward\n",
            "    `prod/` and the object's name: scale\n",
            "    refused: delete is not done in prod: ask the DevOps team: delete\n",
            "    refused: drain is not done in prod: ask the DevOps team: drain\n",
        ] {
            assert!(text.contains(line), "{line}{text}");
        }
        let token = text.lines().find(|line| line.starts_with("    `prod` and the number")).unwrap();
        assert!(token.contains("restart") && !token.contains("delete"), "{token}");
        config.freezes = vec![crate::config::Freeze {
            name: "year end".into(),
            ..crate::config::Freeze::default()
        }];
        let (text, _) = told(&config);
        assert!(
            text.lines()
                .any(|line| line.starts_with("    refused: no changes now: year end: ") && line.contains("copy")),
            "{text}"
        );
        assert!(
            text.lines()
                .any(|line| line.starts_with("    `prod/` and the object's name:") && line.contains("restart")),
            "{text}"
        );
        config.environments[0].source = Source::Kubeconfig;
        assert!(
            told(&config)
                .0
                .starts_with("production (prod): guarded (no configuration names it), starts locked")
        );
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
