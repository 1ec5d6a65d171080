//! `fixtures/config/valid` must load; a file in `fixtures/config/invalid` gives the error that its first lines say.

use std::path::{Path, PathBuf};

use quarterdeck::config::file::{Base, File, parse};
use quarterdeck::config::layers::{FromKubeconfig, Wanted, merge};
use quarterdeck::config::{Class, Tier};
use quarterdeck::model::Problem;

const COMMANDS: &[&str] = &["help", "refresh", "side-by-side"];

fn read(path: &Path) -> (String, Result<File, Problem>) {
    let text = std::fs::read_to_string(path).unwrap();
    // Only the file's own name in messages, so that they are the same everywhere.
    let base = Base {
        file: Path::new(path.file_name().unwrap()),
        home: Some(Path::new("/home/anna")),
    };
    let parsed = parse(&text, base, COMMANDS);
    (text, parsed)
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/config").join(folder);
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    all.sort();
    assert!(all.len() > 1);
    all
}

#[test]
fn every_valid_file_loads() {
    for path in fixtures("valid") {
        let (_, parsed) = read(&path);
        assert!(parsed.is_ok(), "{}: {}", path.display(), parsed.unwrap_err());
    }
}

#[test]
fn every_invalid_file_gives_the_error_that_it_says() {
    let mut different = Vec::new();
    for path in fixtures("invalid") {
        let (text, parsed) = read(&path);
        let expected: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("## ")).collect();
        assert!(!expected.is_empty(), "{} says no error", path.display());
        let said = match parsed {
            Ok(_) => vec!["it loads".to_owned()],
            Err(problem) if problem.hint.is_empty() => vec![problem.text.to_string()],
            Err(problem) => vec![problem.text.to_string(), format!("hint: {}", problem.hint)],
        };
        if said != expected {
            different.push(format!("expected {expected:#?}, got {said:#?}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn the_sample_loads_with_three_environments_and_their_tiers() {
    let (_, parsed) = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/solia.toml"));
    let config = merge(&Wanted::default(), parsed.unwrap(), FromKubeconfig::default()).unwrap();
    let summary: Vec<(&str, &str, Tier, usize)> = config
        .environments
        .iter()
        .map(|e| (e.name.as_str(), e.label.as_str(), e.tier, e.probes.len()))
        .collect();
    let expected = [
        ("development", "dev", Tier::Open, 2),
        ("staging", "stg", Tier::Confirm, 2),
        ("production", "prod", Tier::Guarded, 4),
    ];
    assert_eq!(summary, expected);
    let [development, staging, production] = config.environments.as_slice() else {
        panic!()
    };
    assert!(development.kubernetes.is_none());
    assert_eq!(development.probes[0].url, "http://localhost:4000/health");
    assert_eq!(development.probes[1].url, "http://localhost:3000/api/health");
    assert_eq!(staging.login[..3], ["aws", "sso", "login"]);
    assert_eq!(production.context(), Some("solia-prod"));
    assert_eq!(production.probes[0].latency, 1_000);
    let places: Vec<String> = production.cloudwatch.iter().map(|place| place.label()).collect();
    assert_eq!(places, ["solia-prod/eu-west-3", "solia-prod/us-east-1"]);
    assert_eq!(staging.cloudwatch[0].groups, ["/solia/staging/*"]);
    assert_eq!(production.identity.account, "123456789012");
    assert_eq!(config.plugins[0].class, Class::W2);
    assert_eq!(config.contacts["on-call"].via, ["pagerduty:P1"]);
    assert_eq!(config.keys["help"], ["?", "f1"]);
    assert!(config.explicit);
}

/// Whoever uncomments a line of the starter file must not get an error for it.
#[test]
fn the_starter_file_loads_as_it_is_and_with_everything_uncommented() {
    let starter = include_str!("../../assets/starter.toml");
    let base = Base {
        file: Path::new("starter.toml"),
        home: None,
    };
    assert_eq!(parse(starter, base, COMMANDS).unwrap(), File::default());
    let setting = |line: &str| match line.strip_prefix('#') {
        Some(setting) if !setting.starts_with(' ') => setting.to_owned(),
        _ => line.to_owned(),
    };
    let uncommented = starter.lines().map(setting).collect::<Vec<_>>().join("\n");
    let file = parse(&uncommented, base, COMMANDS).unwrap();
    let tiers: Vec<Tier> = file.environments.iter().map(|e| e.tier).collect();
    assert_eq!(tiers, [Tier::Confirm, Tier::Guarded]);
    assert_eq!(file.ui.favourites.len(), 2);
}

/// "Shows every key": each key of the schema has a line in the sample.
#[test]
fn the_sample_shows_every_key() {
    let sample: toml::Table = include_str!("../../assets/solia.toml").parse().unwrap();
    let mut shown = std::collections::BTreeSet::new();
    collect(&toml::Value::Table(sample), &mut shown);
    // The schema says its keys itself, in the error for a key that it does not have.
    let sections = [
        "",
        "[[environment]]\n",
        "[environment.kubernetes]\n",
        "[environment.identity]\n",
        "[environment.cloudwatch]\n",
        "[[environment.probe]]\n",
        "[ui]\n",
        "[guard]\n",
        "[[policy]]\n",
        "[[freeze]]\n",
        "[runbooks]\n",
        "[contacts.a]\n",
        "[redact]\n",
        "[[plugin]]\n",
    ];
    for section in sections {
        let parent = if section.starts_with("[environment.") || section.starts_with("[[environment.") {
            "[[environment]]\n"
        } else {
            ""
        };
        let error = toml::from_str::<File>(&format!("{parent}{section}zzzz = 1")).unwrap_err();
        let keys: Vec<&str> = error.message().split('`').skip(3).step_by(2).collect();
        assert!(keys.len() > 1, "{section}: {error}");
        for key in keys {
            assert!(shown.contains(key), "{}{key} is not in the sample", section.trim());
        }
    }
}

fn collect(value: &toml::Value, into: &mut std::collections::BTreeSet<String>) {
    match value {
        toml::Value::Table(table) => {
            for (key, value) in table {
                into.insert(key.clone());
                collect(value, into);
            }
        }
        toml::Value::Array(all) => all.iter().for_each(|value| collect(value, into)),
        _ => {}
    }
}
