//! What a page says of its variables: the `vars` block, in Runme's syntax, and `oncall.vars`. The block is only read, never run.

/// One variable, as the page declares it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    pub name: String,
    pub line: usize,
    pub default: Option<String>,
    /// What to ask.
    pub prompt: Option<String>,
    /// A regular expression that a value has to fit, all of it.
    pub pattern: Option<String>,
    pub one_of: Vec<String>,
    pub secret: bool,
    pub from: Option<Source>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// `selection.pod`: what is selected.
    Selection(String),
    /// `env.KEY`: this process's environment.
    Environment(String),
    /// `secret:NAME#key`, or `secret:NAME` where it has one key: a secret of the cluster.
    Secret { name: String, key: Option<String> },
    /// `aws:rds.latest-snapshot`: a query of the registry.
    Aws(String),
    /// `step:NAME`: what a step printed.
    Step(String),
}

impl Source {
    /// Reads one.
    ///
    /// # Errors
    ///
    /// It is none of the sources that there are.
    pub fn read(text: &str) -> Result<Self, String> {
        let split = |prefix: &str| text.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        if let Some(field) = split("selection.") {
            return Ok(Self::Selection(field.to_owned()));
        }
        if let Some(name) = split("env.") {
            return Ok(Self::Environment(name.to_owned()));
        }
        if let Some(secret) = split("secret:") {
            let (name, key) = secret
                .split_once('#')
                .map_or((secret, None), |(name, key)| (name, Some(key.to_owned())));
            return Ok(Self::Secret {
                name: name.to_owned(),
                key,
            });
        }
        if let Some(query) = split("aws:") {
            return Ok(Self::Aws(query.to_owned()));
        }
        if let Some(step) = split("step:") {
            return Ok(Self::Step(step.to_owned()));
        }
        Err(format!(
            "`{text}` is no source: selection.FIELD, env.NAME, secret:NAME#key, aws:QUERY or step:NAME"
        ))
    }
}

impl Source {
    /// Where a person finds it, where this program does not look: secrets and other accounts are not read for a value.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Secret { name, key: Some(key) } => Some(format!("it stands in the secret {name}, as {key}")),
            Self::Secret { name, key: None } => Some(format!("it stands in the secret {name}")),
            Self::Aws(query) => Some(format!("AWS tells it: {query}")),
            Self::Selection(_) | Self::Environment(_) | Self::Step(_) => None,
        }
    }
}

impl Declared {
    /// What to ask, and where it is found.
    pub fn told(&self) -> Option<String> {
        let found = self.from.as_ref().and_then(Source::told);
        match (&self.prompt, found) {
            (Some(prompt), Some(found)) => Some(format!("{prompt}; {found}")),
            (Some(prompt), None) => Some(prompt.clone()),
            (None, found) => found,
        }
    }
}

/// Reads a `vars` block: what it exports, and the lines that are none of its lines.
pub fn exports(body: &str, first_line: usize) -> (Vec<Declared>, Vec<(usize, String)>) {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for (nth, text) in body.lines().enumerate() {
        let (line, text) = (first_line + nth, text.trim());
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let read = text.strip_prefix("export ").and_then(|rest| rest.trim_start().split_once('='));
        match read.filter(|(name, _)| is_name(name)) {
            Some((name, value)) => {
                let quoted = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
                let (default, prompt) = match quoted('"').or_else(|| quoted('\'')) {
                    Some(default) => (Some(default.to_owned()), None),
                    None => (None, Some(value.trim().to_owned()).filter(|prompt| !prompt.is_empty())),
                };
                all.push(Declared {
                    name: name.to_owned(),
                    line,
                    default,
                    prompt,
                    ..Declared::default()
                });
            }
            None => faults.push((line, format!("`{text}` is no `export NAME=…`"))),
        }
    }
    (all, faults)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vars_block_is_read_and_not_run() {
        let (all, faults) = exports(
            "export A=\"x\"\nexport B='y z'\n# words\nexport C=Name of the pod\nrm -rf /\nexport D=$(whoami)\n",
            10,
        );
        let told: Vec<_> = all
            .iter()
            .map(|d| (d.name.as_str(), d.line, d.default.as_deref(), d.prompt.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("A", 10, Some("x"), None),
                ("B", 11, Some("y z"), None),
                ("C", 13, None, Some("Name of the pod")),
                ("D", 15, None, Some("$(whoami)")),
            ]
        );
        assert_eq!(faults, [(14, "`rm -rf /` is no `export NAME=…`".to_owned())]);
    }

    #[test]
    fn sources_are_those_of_the_format() {
        assert_eq!(
            Source::read("secret:db-host#host"),
            Ok(Source::Secret {
                name: "db-host".into(),
                key: Some("host".into())
            })
        );
        assert_eq!(Source::read("selection.pod"), Ok(Source::Selection("pod".into())));
        assert!(Source::read("vault:x").is_err());
        assert!(Source::read("env.").is_err());
    }
}
