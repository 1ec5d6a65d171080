//! Flag over variable over file over kubeconfig.

use std::path::{Path, PathBuf};

use quarterdeck::config::file::{Base, File, parse};
use quarterdeck::config::layers::{FromKubeconfig, Wanted, WantedNamespaces, merge};
use quarterdeck::config::{Chosen, Colour, Config, Environment, Kubernetes, Tier};
use quarterdeck::model::Problem;

fn file(text: &str) -> File {
    let base = Base {
        file: Path::new("config.toml"),
        home: None,
    };
    parse(text, base, &[]).unwrap()
}

const TWO: &str = r#"
[[environment]]
name = "staging"
label = "stg"
tier = "staging"
kubernetes = { context = "s", namespaces = ["web"] }
[[environment]]
name = "production"
label = "prod"
aliases = ["live"]
kubernetes = { context = "p" }
[ui]
theme = "paper"
ascii = true
"#;

fn kubeconfig(contexts: &[&str], current: usize) -> FromKubeconfig {
    let environment = |context: &&str| Environment {
        name: (*context).into(),
        label: (*context).into(),
        kubernetes: Some(Kubernetes {
            context: (*context).into(),
            kubeconfig: vec![PathBuf::from("/k")],
            ..Kubernetes::default()
        }),
        ..Environment::default()
    };
    FromKubeconfig {
        environments: contexts.iter().map(environment).collect(),
        current,
    }
}

fn variables(set: &[(&str, &str)]) -> Wanted {
    let read = |name: &str| set.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
    Wanted::from_variables(read).unwrap()
}

fn opened(wanted: &Wanted, kubeconfig: FromKubeconfig) -> Result<(String, Chosen), Problem> {
    let config = merge(wanted, file(TWO), kubeconfig)?;
    Ok((config.environments[config.default_environment].name.clone(), config.chosen))
}

#[test]
fn a_theme_comes_from_the_strongest_layer_that_names_one() {
    let flag = Wanted {
        theme: Some("flag".into()),
        ..Wanted::default()
    };
    let variable = variables(&[("QD_THEME", "variable")]);
    let theme = |wanted: &Wanted, text: &str| merge(wanted, file(text), kubeconfig(&["k"], 0)).unwrap().ui.theme;
    for (wanted, text, expected) in [
        (flag.clone().over(variable.clone()), TWO, "flag"),
        (Wanted::default().over(variable.clone()), TWO, "variable"),
        (flag, "", "flag"),
        (variable, "", "variable"),
        (Wanted::default(), TWO, "paper"),
        (Wanted::default(), "", "deck"),
        (variables(&[("QD_THEME", "")]), TWO, "paper"),
    ] {
        assert_eq!(theme(&wanted, text), expected);
    }
}

#[test]
fn a_variable_can_switch_off_what_the_file_switches_on() {
    let ui = |set: &[(&str, &str)]| merge(&variables(set), file(TWO), FromKubeconfig::default()).unwrap().ui;
    assert!(ui(&[]).ascii);
    assert!(!ui(&[("QD_ASCII", "0")]).ascii);
    assert!(ui(&[("QD_LOW_BANDWIDTH", "1")]).low_bandwidth);
    assert_eq!(ui(&[("NO_COLOR", "1")]).colour, Colour::Never);
    assert_eq!(ui(&[("NO_COLOR", "")]).colour, Colour::Auto);
    let problem = Wanted::from_variables(|name| (name == "QD_ASCII").then(|| "maybe".into())).unwrap_err();
    assert_eq!(
        problem.to_string(),
        "QD_ASCII is `maybe`, neither on nor off (write QD_ASCII=1 or QD_ASCII=0)"
    );
}

#[test]
fn an_environment_is_asked_for_by_name_label_alias_or_context() {
    let env = |name: &str| Wanted {
        environment: Some(name.into()),
        ..Wanted::default()
    };
    let context = |name: &str| Wanted {
        context: Some(name.into()),
        ..Wanted::default()
    };
    let none = FromKubeconfig::default;
    for name in ["production", "prod", "live"] {
        assert_eq!(opened(&env(name), none()).unwrap(), ("production".into(), Chosen::ByUser), "{name}");
    }
    assert_eq!(opened(&Wanted::default(), none()).unwrap(), ("staging".into(), Chosen::ByState));
    assert_eq!(opened(&context("p"), none()).unwrap().0, "production");
    assert_eq!(opened(&context("kind"), kubeconfig(&["kind"], 0)).unwrap().0, "kind");
    assert_eq!(opened(&context("p").over(env("stg")), none()).unwrap().0, "production");
    let problem = opened(&env("prodution"), none()).unwrap_err();
    assert_eq!(problem.to_string(), "unknown environment `prodution` (did you mean `production`?)");
    let problem = opened(&context("x1"), kubeconfig(&["kind"], 0)).unwrap_err();
    assert_eq!(problem.to_string(), "unknown context `x1` (known here: s, p)");
}

#[test]
fn the_kubeconfig_is_read_only_where_it_is_needed() {
    let wanted = |context: Option<&str>, kubeconfig: Option<&str>| Wanted {
        context: context.map(Into::into),
        kubeconfig: kubeconfig.map(Into::into),
        ..Wanted::default()
    };
    for (context, kubeconfig, text, needed) in [
        (None, None, TWO, false),
        (Some("p"), None, TWO, false),
        (Some("other"), None, TWO, true),
        (None, Some("/k"), TWO, true),
        (None, None, "[ui]\nmouse = true", true),
    ] {
        let wanted = wanted(context, kubeconfig);
        assert_eq!(wanted.needs_kubeconfig(&file(text)), needed, "{wanted:?}");
    }
}

#[test]
fn without_configured_environments_the_contexts_are_the_environments() {
    let config = merge(&Wanted::default(), File::default(), kubeconfig(&["a", "b"], 1)).unwrap();
    assert_eq!(
        (config.environments.len(), config.default_environment, config.explicit),
        (2, 1, false)
    );
    assert_eq!(config.environments[1].tier, Tier::Guarded);
    let problem = merge(&Wanted::default(), File::default(), FromKubeconfig::default()).unwrap_err();
    assert!(problem.to_string().contains("no kubeconfig context"), "{problem}");
}

#[test]
fn a_kubeconfig_given_as_a_flag_keeps_what_the_file_knows_of_its_contexts() {
    let wanted = Wanted {
        kubeconfig: Some("/k".into()),
        ..Wanted::default()
    };
    let config = merge(&wanted, file(TWO), kubeconfig(&["kind", "s"], 0)).unwrap();
    let names: Vec<(&str, Tier)> = config.environments.iter().map(|e| (e.name.as_str(), e.tier)).collect();
    assert_eq!(names, [("kind", Tier::Guarded), ("staging", Tier::Confirm)]);
    let staging = config.environments[1].kubernetes.as_ref().unwrap();
    assert_eq!(
        (staging.kubeconfig.as_slice(), staging.namespaces.as_slice()),
        ([PathBuf::from("/k")].as_slice(), ["web".to_owned()].as_slice())
    );
    assert_eq!((config.explicit, config.chosen), (false, Chosen::ByUser));
}

#[test]
fn namespaces_from_a_flag_reach_the_environment_asked_for_or_all() {
    let namespaces = |config: &Config| -> Vec<(Vec<String>, bool)> {
        let of = |e: &Environment| e.kubernetes.clone().map(|k| (k.namespaces, k.all_namespaces)).unwrap();
        config.environments.iter().map(of).collect()
    };
    let wanted = |text: &str, environment: Option<&str>| Wanted {
        namespaces: Some(WantedNamespaces::list(text)),
        environment: environment.map(Into::into),
        ..Wanted::default()
    };
    let merged = |wanted: Wanted| namespaces(&merge(&wanted, file(TWO), FromKubeconfig::default()).unwrap());
    let ab = || vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(merged(wanted("a, b", None)), [(ab(), false), (ab(), false)]);
    assert_eq!(merged(wanted("*", Some("prod"))), [(vec!["web".into()], false), (vec![], true)]);
    let variable = variables(&[("QD_NAMESPACE", "x")]);
    assert_eq!(merged(wanted("a,b", None).over(variable)), [(ab(), false), (ab(), false)]);
}
