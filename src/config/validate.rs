//! What a file may say by its types but cannot mean: two environments of one name, a policy for nobody.

use std::collections::BTreeMap;
use std::path::Path;

use super::fault::{self, at};
use super::file::File;
use super::{Environment, Freeze};
use crate::model::Problem;

/// Something wrong, and where to look for it.
pub(super) struct Finding {
    place: Place,
    sentence: String,
    hint: String,
}

/// Where in the file it is; the line is looked up only when there is something to say.
enum Place {
    /// The nth (from 0) `[[header]]`.
    Header(&'static str, usize),
    /// A key of a `[section]`.
    Key(&'static str, String),
}

impl Finding {
    fn new(place: Place, sentence: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            place,
            sentence: sentence.into(),
            hint: hint.into(),
        }
    }

    pub(super) fn in_file(self, source: &str, file: &Path) -> Problem {
        let line = match &self.place {
            Place::Header(header, nth) => fault::header_line(source, header, *nth),
            Place::Key(section, key) => fault::key_line(source, section, key),
        };
        at(file, line, &self.sentence, self.hint)
    }
}

/// Checks a whole file; the first finding is the error.
pub(super) fn validate(file: &File, known_commands: &[&str]) -> Result<(), Finding> {
    environments(&file.environments)?;
    let listed = |place: fn(usize) -> Place, lists: Vec<&Vec<String>>| {
        for (nth, names) in lists.into_iter().enumerate() {
            known_environments(names, &file.environments, || place(nth))?;
        }
        Ok(())
    };
    listed(
        |nth| Place::Header("[[policy]]", nth),
        file.policies.iter().map(|p| &p.environments).collect(),
    )?;
    listed(
        |nth| Place::Header("[[freeze]]", nth),
        file.freezes.iter().map(|f| &f.environments).collect(),
    )?;
    listed(
        |nth| Place::Header("[[plugin]]", nth),
        file.plugins.iter().map(|p| &p.environments).collect(),
    )?;
    listed(|_| Place::Key("guard", "allow_shell".into()), vec![&file.guard.allow_shell])?;
    listed(|_| Place::Key("redact", "allow_unmasked".into()), vec![&file.redact.allow_unmasked])?;
    for (nth, window) in file.freezes.iter().enumerate() {
        freeze(window, nth)?;
    }
    contacts(file)?;
    plugins(file, known_commands)?;
    panels(file)?;
    ui(file)?;
    keys(file, known_commands)
}

fn environments(all: &[Environment]) -> Result<(), Finding> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    let mut probed = 0;
    for (nth, environment) in all.iter().enumerate() {
        let here = || Place::Header("[[environment]]", nth);
        if environment.name.is_empty() {
            return Err(Finding::new(here(), "an environment without a name", "add a line `name = …`"));
        }
        let mut own: Vec<&str> = vec![&environment.name, &environment.label];
        own.extend(environment.aliases.iter().map(String::as_str));
        own.sort_unstable();
        own.dedup();
        for name in own {
            if let Some(other) = seen.insert(name, &environment.name) {
                let sentence = format!("`{name}` names two environments, `{other}` and `{}`", environment.name);
                return Err(Finding::new(here(), sentence, "names, labels and aliases must differ"));
            }
        }
        if environment
            .kubernetes
            .as_ref()
            .is_some_and(|k| k.all_namespaces && !k.namespaces.is_empty())
        {
            let sentence = format!("`{}` has both namespaces and all_namespaces", environment.name);
            return Err(Finding::new(here(), sentence, "keep one of the two"));
        }
        if environment
            .cloudwatch
            .iter()
            .any(|c| c.region.is_empty() && c.endpoint_url.is_empty())
        {
            let sentence = format!("cloudwatch of `{}` has no region", environment.name);
            return Err(Finding::new(here(), sentence, "add region, or endpoint_url"));
        }
        for (at, probe) in environment.probes.iter().enumerate() {
            let place = Place::Header("[[environment.probe]]", probed + at);
            if probe.name.is_empty() {
                return Err(Finding::new(
                    place,
                    "a probe without a name",
                    "add a line `name = …`: the service that it asks",
                ));
            }
            if let Some((sentence, hint)) = probe.contradiction(environment) {
                return Err(Finding::new(place, sentence, hint));
            }
        }
        probed += environment.probes.len();
        let mut probes: Vec<&str> = environment.probes.iter().map(|probe| probe.name.as_str()).collect();
        probes.sort_unstable();
        if let Some([twice, _]) = probes.windows(2).find(|pair| pair.first() == pair.last()) {
            let sentence = format!("`{}` has two probes called `{twice}`", environment.name);
            return Err(Finding::new(here(), sentence, "give each probe its own name"));
        }
    }
    Ok(())
}

fn known_environments(names: &[String], all: &[Environment], place: impl Fn() -> Place) -> Result<(), Finding> {
    match names.iter().find(|name| !all.iter().any(|environment| environment.goes_by(name))) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<&str> = all.iter().map(|environment| environment.name.as_str()).collect();
            let sentence = format!("unknown environment `{name}`");
            Err(Finding::new(place(), sentence, fault::suggestion(name, &known)))
        }
    }
}

fn freeze(window: &Freeze, nth: usize) -> Result<(), Finding> {
    let sentence = match (&window.from, &window.until, &window.weekly) {
        (Some(from), Some(until), None) if from < until => return Ok(()),
        (None, None, Some(_)) => return Ok(()),
        (Some(_), Some(_), None) => "a freeze that ends before it begins",
        (_, _, Some(_)) => "a freeze with both weekly and from/until",
        _ => "a freeze without its time",
    };
    let hint = "give from and until, or weekly = \"Fri 16:00 - Mon 08:00\"";
    Err(Finding::new(Place::Header("[[freeze]]", nth), sentence, hint))
}

fn panels(file: &File) -> Result<(), Finding> {
    let mut seen = std::collections::HashSet::new();
    for (nth, panel) in file.panels.iter().enumerate() {
        let here = || Place::Header("[[panel]]", nth);
        if !seen.insert(&panel.name) {
            return Err(Finding::new(
                here(),
                format!("two panels are called `{}`", panel.name),
                "names must differ",
            ));
        }
        let sentence = match (panel.query.is_empty(), panel.lines.is_empty()) {
            (true, true) if !panel.hidden => format!("panel `{}` has no query", panel.name),
            (false, false) => format!("panel `{}` has both query and lines", panel.name),
            _ => continue,
        };
        return Err(Finding::new(
            here(),
            sentence,
            "add query = \"…\", or lines = [{ legend = \"…\", query = \"…\" }]",
        ));
    }
    Ok(())
}

fn contacts(file: &File) -> Result<(), Finding> {
    let schemes = ["mailto:", "tel:", "slack:", "pagerduty:", "https:"];
    for (name, contact) in &file.contacts {
        if let Some(address) = contact.via.iter().find(|via| !schemes.iter().any(|scheme| via.starts_with(scheme))) {
            let sentence = format!("contact `{name}`: `{address}` is not an address");
            let hint = format!("it starts with one of {}", schemes.join(", "));
            return Err(Finding::new(Place::Key("contacts", name.clone()), sentence, hint));
        }
    }
    Ok(())
}

/// Programs that read variables in what they are given.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "kubectl"];

fn plugins(file: &File, known: &[&str]) -> Result<(), Finding> {
    for (nth, plugin) in file.plugins.iter().enumerate() {
        let here = || Place::Header("[[plugin]]", nth);
        let name = &plugin.name;
        if known.contains(&name.as_str()) {
            return Err(Finding::new(
                here(),
                format!("plugin `{name}` has the name of a command"),
                "give it another",
            ));
        }
        if file.plugins.iter().skip(nth + 1).any(|other| other.name == *name) {
            return Err(Finding::new(
                here(),
                format!("two plugins are called `{name}`"),
                "give each its own name",
            ));
        }
        let program = plugin
            .command
            .first()
            .map_or("", |program| program.rsplit('/').next().unwrap_or_default());
        let variable = |word: &&String| {
            let after = word.split_once('$').and_then(|(_, after)| after.chars().next());
            after.is_some_and(|c| c == '{' || c.is_ascii_uppercase())
        };
        if !SHELLS.contains(&program)
            && let Some(word) = plugin.command.iter().find(variable)
        {
            let sentence = format!("plugin `{name}`: nobody fills in `{word}`: {program} is no shell");
            let hint = format!("{program} finds the variable in its environment; or write sh -c '{program} \"{word}\"'");
            return Err(Finding::new(here(), sentence, hint));
        }
        if plugin.terminal && program == "kubectl" {
            let sentence = format!("plugin `{name}`: a line of kubectl needs no terminal of its own");
            return Err(Finding::new(here(), sentence, "exec -it and debug -it get it by themselves"));
        }
    }
    Ok(())
}

fn ui(file: &File) -> Result<(), Finding> {
    match file.ui.favourites.len() {
        0..=9 => Ok(()),
        many => {
            let sentence = format!("favourites has {many} namespaces");
            Err(Finding::new(
                Place::Key("ui", "favourites".into()),
                sentence,
                "the keys 1 to 9 reach nine",
            ))
        }
    }
}

fn keys(file: &File, known: &[&str]) -> Result<(), Finding> {
    for (command, keys) in &file.keys {
        let here = || Place::Key("keys", command.clone());
        if !known.is_empty() && !known.contains(&command.as_str()) {
            let hint = match fault::nearest(command, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => "the help (`?`) lists the names of all commands".to_owned(),
            };
            return Err(Finding::new(here(), format!("unknown command `{command}` in [keys]"), hint));
        }
        if keys.0.iter().any(|key| key.trim().is_empty()) {
            return Err(Finding::new(
                here(),
                format!("an empty key for `{command}`"),
                "an empty list takes its keys away",
            ));
        }
    }
    Ok(())
}
