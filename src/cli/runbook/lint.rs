//! `qd runbook lint`: for people and for CI.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Lint, report};
use crate::config::Config;
use crate::model::{Problem, ProblemKind};
use crate::runbook::flaw::{Flaw, Rule};
use crate::runbook::library::{AlertRule, Library, Uncovered, alert_rules, page_of_url, uncovered};
use crate::runbook::lint::{Known, lint};
use crate::runbook::parse;
use crate::source::runbooks;

/// Prints what is wrong.
pub fn run(wanted: &Lint, config: &Config, library: &Library, out: &mut impl Write) -> Result<ExitCode, Problem> {
    let files = files(&wanted.paths)?;
    let pages = files
        .iter()
        .map(|file| Ok((file.clone(), runbooks::stem(file), runbooks::page(file)?)))
        .collect::<Result<Vec<(PathBuf, String, String)>, Problem>>()?;
    let names: Vec<&str> = pages.iter().map(|(_, name, _)| name.as_str()).chain(library.names()).collect();
    let known = Known {
        today: wanted.today,
        books: Some(&names),
        read_commands: &config.guard.read_commands,
    };
    let mut text = String::new();
    let (mut errors, mut warnings) = (0_usize, 0_usize);
    let mut seen: HashMap<&str, &Path> = HashMap::new();
    for (file, name, page) in &pages {
        let (book, mut found) = parse(name, page);
        // Notes and readmes have no steps: nobody walks them, and their names mean nothing.
        let walked = !book.steps.is_empty() || book.front.is_oncall;
        if let Some(other) = seen.get(name.as_str()).filter(|_| walked) {
            found.push(Flaw::new(
                1,
                Rule::Unique,
                format!("{} has the same name: links lead to one of the two", other.display()),
            ));
        } else if walked {
            seen.insert(name, file);
        }
        for flaw in lint(&book, found, &known) {
            if flaw.rule.is_warning() {
                warnings += 1;
            } else {
                errors += 1;
            }
            // Writing to a string does not fail.
            let _ = writeln!(text, "{}:{flaw}", file.display());
        }
    }
    for (place, flaw) in critical(config, &pages, library)? {
        warnings += 1;
        let _ = writeln!(text, "{}:{flaw}", place.display());
    }
    if wanted.coverage {
        let mut all = library.clone();
        for (file, name, page) in &pages {
            all.add(
                name,
                page,
                crate::runbook::library::Place::File(file.clone()),
                crate::runbook::library::Trust::Not,
            );
        }
        let rules: Vec<AlertRule> = rule_files(config)?
            .into_iter()
            .flat_map(|(_, rules)| rules.into_iter().map(|(_, rule)| rule))
            .collect();
        for one in uncovered(&all, &rules) {
            warnings += 1;
            let _ = match one {
                Uncovered::Finding { id, page } => writeln!(text, "no page {page} for the finding {id}"),
                Uncovered::Alert { name, severity, url } if url.is_empty() => {
                    writeln!(text, "no page for the alert {name} ({severity}): it has no runbook_url")
                }
                Uncovered::Alert { name, severity, url } => {
                    writeln!(text, "no page for the alert {name} ({severity}): {url} leads to none")
                }
            };
        }
    }
    report::print(out, &text)?;
    Ok(match errors > 0 || (wanted.strict && warnings > 0) {
        true => ExitCode::from(crate::cli::FINDINGS),
        false => ExitCode::SUCCESS,
    })
}

/// The files that are meant.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Problem> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            let (found, told) = runbooks::pages(path);
            if let Some(told) = told.first() {
                return Err(Problem::new(ProblemKind::Config, told));
            }
            files.extend(found);
        } else {
            files.push(path.clone());
        }
    }
    Ok(files)
}

type Ruled = Vec<(PathBuf, Vec<(usize, AlertRule)>)>;

/// The rule files of the configuration, with the line of each alert.
fn rule_files(config: &Config) -> Result<Ruled, Problem> {
    let read = |file: &PathBuf| {
        let text = runbooks::page(file)?;
        let rules = alert_rules(&text).map_err(|fault| {
            let text = format!("{} is no rule file: {fault}", file.display());
            Problem::new(ProblemKind::Config, text).hint("it stands in [runbooks] rules")
        })?;
        let line = |rule: &AlertRule| {
            let is = |line: &str| {
                line.trim_start()
                    .trim_start_matches("- ")
                    .strip_prefix("alert:")
                    .is_some_and(|name| name.trim().trim_matches(['"', '\'']) == rule.name)
            };
            text.lines().position(is).map_or(1, |nth| nth + 1)
        };
        let rules = rules.into_iter().map(|rule| (line(&rule), rule)).collect();
        Ok((file.clone(), rules))
    };
    config.runbooks.rules.iter().map(read).collect()
}

/// Critical alerts that lead to no page.
fn critical(config: &Config, pages: &[(PathBuf, String, String)], library: &Library) -> Result<Vec<(PathBuf, Flaw)>, Problem> {
    let there = |url: &str| {
        page_of_url(url).is_some_and(|name| {
            library.get(&name).is_some() || pages.iter().any(|(_, page, _)| crate::runbook::library::bare(page) == name)
        })
    };
    let mut all = Vec::new();
    for (file, rules) in rule_files(config)? {
        for (line, rule) in rules
            .iter()
            .filter(|(_, rule)| rule.severity == "critical" && !there(&rule.runbook_url))
        {
            let text = match rule.runbook_url.as_str() {
                "" => format!("the critical alert {} has no runbook_url", rule.name),
                url => format!("the runbook_url of the critical alert {} leads to no page: {url}", rule.name),
            };
            all.push((file.clone(), Flaw::new(*line, Rule::Alerted, text)));
        }
    }
    Ok(all)
}
