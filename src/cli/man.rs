//! The manual page: options from the command table of the command line, the rest written here.

use std::io::{self, Write};

use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

/// Variables and what they mean, for the page.
const VARIABLES: &[(&str, &str)] = &[
    ("QD_CONFIG", "The configuration file."),
    ("QD_ENV", "The environment to open."),
    ("QD_NAMESPACE", "The namespaces to show, with commas between them; * for all."),
    ("QD_THEME", "The name of the theme."),
    (
        "QD_LOW_BANDWIDTH, QD_SCREEN_SHARE, QD_ASCII, QD_MOUSE",
        "1 switches it on, 0 off, whatever the file says.",
    ),
    ("NO_COLOR", "Set to anything: no colours."),
    ("KUBECONFIG", "Kubeconfig files, merged as kubectl merges them."),
];

const FILES: &[(&str, &str)] = &[
    (
        "$XDG_CONFIG_HOME/quarterdeck/config.toml",
        "The configuration. A flag is stronger than a variable, a variable than the file, the file than the kubeconfig.",
    ),
    ("$XDG_CONFIG_HOME/quarterdeck/themes/*.toml", "Themes of your own."),
    ("$XDG_STATE_HOME/quarterdeck/", "What survives a restart."),
];

const EXIT: &[(&str, &str)] = &[
    ("0", "All is well."),
    ("1", "Something was found, or a check failed."),
    (
        "2",
        "Wrong usage, a configuration that cannot be read, nothing to work with, or (triage) too little seen to tell.",
    ),
];

/// Writes the page as roff.
pub(super) fn write(command: clap::Command, out: &mut impl Write) -> io::Result<()> {
    let commands = commands(&command, "qd");
    let man = Man::new(command).title("QD").manual("quarterdeck");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    let commands: Vec<(&str, &str)> = commands.iter().map(|(name, about)| (name.as_str(), about.as_str())).collect();
    for (title, entries) in [
        ("COMMANDS", commands.as_slice()),
        ("ENVIRONMENT", VARIABLES),
        ("FILES", FILES),
        ("EXIT STATUS", EXIT),
    ] {
        let mut section = Roff::new();
        section.control("SH", [title]);
        for (name, text) in entries {
            section.control("TP", []).text([bold(*name)]).text([roman(*text)]);
        }
        out.write_all(section.render().as_bytes())?;
    }
    man.render_version_section(out)
}

/// Every command that does something, with its line of help.
fn commands(command: &clap::Command, path: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for sub in command.get_subcommands() {
        let path = format!("{path} {}", sub.get_name());
        if sub.has_subcommands() {
            all.extend(commands(sub, &path));
        } else {
            let values: String = sub
                .get_positionals()
                .map(|p| format!(" {}", p.get_id().as_str().to_uppercase()))
                .collect();
            let about = sub.get_about().map(ToString::to_string).unwrap_or_default();
            all.push((path + &values, about + "."));
        }
    }
    all
}
