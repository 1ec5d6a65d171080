//! What is held for a while rather than sent in one request: forwards, debug containers, copies, programs of this machine.

use std::path::{Path, PathBuf};

use super::Stand;
use super::silence::Silencing;
use crate::action::forward::ForwardSpec;
use crate::action::{Copy, CopyPath, Debug, Run, Verb, Word};
use crate::model::{Known, ObjectRef, Problem, ProblemKind};

/// Something that is begun, and ends later.
#[derive(Clone, Debug, PartialEq)]
pub enum Held {
    Forward(ForwardSpec),
    Debug(Tools),
    Copy(Copying),
    Process(Process),
    /// Asked of an Alertmanager, in one request.
    Silence(Silencing),
}

/// A container with tools, added to a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    pub image: String,
    /// None: one is made up.
    pub name: Option<String>,
    /// The container whose processes it sees.
    pub target: Option<String>,
    /// Empty: what the image runs.
    pub argv: Vec<String>,
    /// Whether this terminal is joined to it; else it is left running.
    pub at: Stand,
}

/// Files on their way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copying {
    pub container: Option<String>,
    pub way: Way,
    /// The path in the container.
    pub remote: String,
    /// The path on this machine.
    pub local: PathBuf,
    /// Of a copy out: whether files that are here already are replaced. Somebody was asked.
    pub overwrite: bool,
}

/// Which way files are copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Out,
    In,
}

/// A program of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub argv: Vec<String>,
    /// What it finds in its environment, besides what this program has.
    pub variables: Vec<(String, String)>,
    pub at: Stand,
}

/// What stands where a copy leads from or to on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Here {
    pub path: PathBuf,
    pub is: Is,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Is {
    Nothing,
    /// A file of so many bytes.
    File(u64),
    Directory,
}

/// What is held of this verb; `None`: it is sent, or is a session.
///
/// # Errors
/// Something is still to be filled in, or is not done from here.
pub fn of(verb: &Verb, environment: &str, object: &ObjectRef, here: Option<&Here>) -> Option<Result<Held, Problem>> {
    Some(match verb {
        Verb::PortForward(forward) => ForwardSpec::of(forward, environment, &object.namespace).map(Held::Forward),
        Verb::Debug(debug) => tools(debug).map(Held::Debug),
        Verb::Cp(copy) => copying(copy, here).map(Held::Copy),
        Verb::Run(run) => Ok(Held::Process(process(run))),
        _ => return None,
    })
}

fn process(run: &Run) -> Process {
    Process {
        argv: run.argv.clone(),
        variables: run.variables.clone(),
        at: if run.at_terminal { Stand::Terminal } else { Stand::Captured },
    }
}

fn text(word: &Word) -> Result<String, Problem> {
    let open = || problem("the line still has places to be filled in");
    word.plain().map(str::to_owned).ok_or_else(open)
}

fn problem(text: impl AsRef<str>) -> Problem {
    Problem::new(ProblemKind::Config, text)
}

fn tools(debug: &Debug) -> Result<Tools, Problem> {
    let refused = |what: &str| problem(format!("{what} is understood, and not done from here")).hint("the line can be copied");
    if !debug.object.kind.is(Known::Pod) {
        return Err(refused("a debugger that is no container of a pod"));
    }
    if debug.copy_to.is_some() || !debug.set_image.is_empty() {
        return Err(refused("a copy of the pod"));
    }
    if debug.profile.is_some() || !debug.env.is_empty() {
        return Err(refused("a debug container with a profile or variables"));
    }
    let image = debug
        .image
        .as_ref()
        .ok_or_else(|| problem("which image has the tools?").hint("--image=busybox"))?;
    Ok(Tools {
        image: text(image)?,
        name: debug.container.as_ref().map(text).transpose()?,
        target: debug.target.as_ref().map(text).transpose()?,
        argv: debug.command.iter().map(text).collect::<Result<_, _>>()?,
        at: if debug.stdin || debug.tty {
            Stand::Terminal
        } else {
            Stand::Captured
        },
    })
}

fn copying(copy: &Copy, here: Option<&Here>) -> Result<Copying, Problem> {
    let container = copy.container.as_ref().map(text).transpose()?;
    let (way, local, remote) = match (&copy.from, &copy.to) {
        (CopyPath::Pod { path, .. }, CopyPath::Local(local)) => (Way::Out, local, path),
        (CopyPath::Local(local), CopyPath::Pod { path, .. }) => (Way::In, local, path),
        _ => return Err(problem("one of the two paths is in a pod, as in pod:path")),
    };
    let local = PathBuf::from(text(local)?);
    let is = here.map_or(Is::Nothing, |here| here.is);
    if way == Way::In && is == Is::Nothing {
        return Err(Problem::new(
            ProblemKind::NotFound,
            format!("there is no {} on this machine", local.display()),
        ));
    }
    Ok(Copying {
        container,
        way,
        remote: text(remote)?,
        local,
        overwrite: way == Way::Out && is != Is::Nothing,
    })
}

/// Where a copy out of a container leads on this machine, given whether `local` is a directory.
pub fn lands(copy: &Copy, is_directory: bool) -> Option<PathBuf> {
    let (CopyPath::Pod { path, .. }, CopyPath::Local(local)) = (&copy.from, &copy.to) else {
        return None;
    };
    let local = Path::new(local.plain()?);
    let base = path.plain()?.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    Some(match is_directory && !base.is_empty() {
        true => local.join(base),
        false => local.to_owned(),
    })
}

impl super::Change {
    /// Whether files of this machine are replaced.
    pub fn overwrites(&self) -> bool {
        matches!(&self.write, super::Write::Held(held) if matches!(&**held, Held::Copy(copy) if copy.overwrite))
    }
}

impl Held {
    /// Whether it needs the terminal of this program.
    pub fn wants_terminal(&self) -> bool {
        match self {
            Self::Debug(tools) => tools.at == Stand::Terminal,
            Self::Process(process) => process.at == Stand::Terminal,
            Self::Forward(_) | Self::Copy(_) | Self::Silence(_) => false,
        }
    }

    /// The effect, in a line.
    pub fn effect(&self) -> String {
        match self {
            Self::Forward(spec) => {
                let ports: Vec<String> = spec.ports.iter().map(ToString::to_string).collect();
                let others = if spec.is_open_to_others() { ", open to other machines" } else { "" };
                let addresses: Vec<String> = spec.addresses.iter().map(ToString::to_string).collect();
                format!("{} of {} leads to {}{others}", ports.join(" "), addresses.join(", "), spec.object())
            }
            Self::Debug(tools) if tools.at == Stand::Terminal => {
                format!(
                    "a container of {} in the pod, and this terminal at it; ctrl-] leaves it",
                    tools.image
                )
            }
            Self::Debug(tools) => format!("a container of {} in the pod", tools.image),
            Self::Copy(copy) => match (copy.way, copy.overwrite) {
                (Way::Out, false) => format!("{} to {} on this machine", copy.remote, copy.local.display()),
                (Way::Out, true) => format!("{} over what stands at {} on this machine", copy.remote, copy.local.display()),
                (Way::In, _) => format!("{} of this machine to {} in the container", copy.local.display(), copy.remote),
            },
            Self::Process(process) if process.at == Stand::Terminal => "a program of this machine, at this terminal".to_owned(),
            Self::Process(_) => "a program of this machine; its output is shown".to_owned(),
            Self::Silence(silencing) => silencing.effect(),
        }
    }

    /// What is worth knowing before.
    pub fn note(&self) -> Option<String> {
        match self {
            Self::Debug(_) => Some("a debug container cannot be taken away: it ends, and its entry stays as long as the pod".to_owned()),
            Self::Copy(copy) if copy.way == Way::In => Some("files of the same names there are replaced".to_owned()),
            Self::Copy(copy) if copy.overwrite => Some("files of the same names here are replaced".to_owned()),
            Self::Forward(_) | Self::Copy(_) | Self::Process(_) | Self::Silence(_) => None,
        }
    }
}
