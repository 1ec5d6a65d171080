//! What can be done, one value for each of kubectl's verbs. Names are kubectl's and Kubernetes' own.
//!
//! A field that is absent means what kubectl does when its flag is not given.

use super::{Given, KindName, Nodes, Place, Ref, Span, Target, Word};

/// Something that can be done to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Action {
    pub place: Place,
    pub verb: Verb,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    Get(Get),
    Describe(Describe),
    Logs(Logs),
    Events(Events),
    Top(Top),
    CanI(CanI),
    Exec(Exec),
    Attach(Attach),
    Cp(Copy),
    Debug(Debug),
    PortForward(PortForward),
    Scale(Scale),
    Rollout {
        target: Target,
        rollout: Rollout,
    },
    SetImage(SetImage),
    SetEnv(SetEnv),
    SetResources(SetResources),
    Label(Marks),
    Annotate(Marks),
    Delete(Delete),
    Cordon {
        nodes: Nodes,
        dry_run: DryRun,
    },
    Uncordon {
        nodes: Nodes,
        dry_run: DryRun,
    },
    Drain(Drain),
    Evict(Evict),
    Taint(Taint),
    Autoscale(Autoscale),
    CreateJob(CreateJob),
    Apply(Apply),
    Edit(Edit),
    Patch(Patch),
    /// kubectl has no such verb.
    Run(Box<Run>),
    /// Nor this one: the line is amtool's.
    Silence(Box<super::silence::Silence>),
}

/// A program of this machine: a plugin of the team's, or a line for the shell. Nothing of it is read by this program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Run {
    /// The plugin's name; none: a line that somebody typed.
    pub plugin: Option<String>,
    /// Never empty.
    pub argv: Vec<String>,
    /// What it finds in its environment.
    pub variables: Vec<(String, String)>,
    /// What it does to the world, as far as that is known.
    pub class: super::Class,
    /// Whether it gets this terminal; else its output is shown.
    pub at_terminal: bool,
}

/// `--dry-run`: whether a change is only tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum DryRun {
    /// It is made.
    #[default]
    None,
    /// What would be sent is shown, and not sent.
    Client,
    /// The server checks it, and keeps nothing.
    Server,
}

/// `get`: objects, as a table or as documents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Get {
    pub target: Target,
    pub output: Option<Output>,
    pub watch: bool,
    pub show_labels: bool,
    /// `-L`: labels that have a column of their own.
    pub label_columns: Vec<Word>,
    /// A JSONPath.
    pub sort_by: Option<Word>,
    pub no_headers: bool,
    pub ignore_not_found: bool,
}

impl Get {
    pub fn of(target: Target) -> Self {
        Self {
            target,
            output: None,
            watch: false,
            show_labels: false,
            label_columns: Vec::new(),
            sort_by: None,
            no_headers: false,
            ignore_not_found: false,
        }
    }
}

/// `-o`: the form of what is shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Output {
    Wide,
    Yaml,
    Json,
    Name,
    /// `jsonpath=…`, `custom-columns=…`, `go-template=…`: as typed.
    Other(Word),
}

/// `describe`: objects with what belongs to them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Describe {
    pub target: Target,
    pub show_events: bool,
}

/// `logs`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Logs {
    pub of: LogsOf,
    pub containers: Containers,
    /// The run before the last restart.
    pub previous: bool,
    pub follow: bool,
    pub timestamps: bool,
    /// Whether each line begins with its pod and container.
    pub prefix: bool,
    pub ignore_errors: bool,
    /// Lines from the end; -1 is all. Absent: all of one pod, 10 of each pod of a selector.
    pub tail: Option<Given<i64>>,
    pub since: Option<Given<Span>>,
    /// RFC 3339.
    pub since_time: Option<Word>,
    /// How many streams may be followed at once.
    pub max_log_requests: Option<Given<u32>>,
}

impl Logs {
    pub fn of(of: LogsOf) -> Self {
        Self {
            of,
            containers: Containers::Default,
            previous: false,
            follow: false,
            timestamps: false,
            prefix: false,
            ignore_errors: false,
            tail: None,
            since: None,
            since_time: None,
            max_log_requests: None,
        }
    }
}

/// Whose logs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LogsOf {
    /// A pod, or one pod of a workload; all of its pods with `--all-pods`.
    Object { object: Ref, all_pods: bool },
    /// Pods with these labels.
    Labelled(Word),
}

/// Which containers of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Containers {
    /// The one that the pod names as its default, else the first.
    Default,
    Named(Word),
    All,
}

/// `events`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Events {
    /// `--for`: about one object; none: all.
    pub about: Option<Ref>,
    /// `Normal`, `Warning`; none: all.
    pub types: Vec<Word>,
    pub watch: bool,
    pub output: Option<Output>,
}

/// `top`: what is used.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Top {
    pub of: TopOf,
    /// One of them; none: all, or those that fit the labels.
    pub name: Option<Word>,
    pub labels: Option<Word>,
    pub sort_by: Option<TopSort>,
    pub no_headers: bool,
}

/// Whose use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TopOf {
    /// With a row for each container, with a row for the sum.
    Pods {
        containers: bool,
        sum: bool,
    },
    Nodes,
}

/// What `top` sorts by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TopSort {
    Cpu,
    Memory,
}

/// `auth can-i`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CanI {
    pub question: Question,
    /// Whether the answer is the exit code alone.
    pub quiet: bool,
}

/// What is asked about one's rights.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// All rights in a namespace.
    List,
    /// Whether a verb is allowed: on a kind, on one object of it.
    Object {
        verb: Word,
        kind: KindName,
        name: Option<Word>,
        subresource: Option<Word>,
    },
    /// Whether a verb is allowed on a path of the server, as `/healthz`.
    Url { verb: Word, url: Word },
}

/// `exec`: a program in a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Exec {
    /// A pod, or a workload of which one pod is taken.
    pub object: Ref,
    pub container: Option<Word>,
    pub stdin: bool,
    pub tty: bool,
    pub quiet: bool,
    /// The program and its arguments; no shell reads them. Never empty.
    pub command: Vec<Word>,
}

/// `attach`: to the program that runs in a container.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attach {
    pub object: Ref,
    pub container: Option<Word>,
    pub stdin: bool,
    pub tty: bool,
    pub quiet: bool,
}

/// `cp`: files out of a container, or into one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Copy {
    /// Exactly one of the two paths is in a pod.
    pub from: CopyPath,
    pub to: CopyPath,
    pub container: Option<Word>,
    pub no_preserve: bool,
    /// How often a copy out is resumed; -1: for ever.
    pub retries: Option<Given<i64>>,
}

/// Where files are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum CopyPath {
    /// On this machine.
    Local(Word),
    /// `namespace/pod:path` or `pod:path`.
    Pod { namespace: Option<Word>, pod: Word, path: Word },
}

/// `debug`: a container beside those of a pod, a copy of a pod, or a pod on a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Debug {
    pub object: Ref,
    pub image: Option<Word>,
    /// The name of the new container.
    pub container: Option<Word>,
    /// The container whose processes it sees.
    pub target: Option<Word>,
    /// The name of the copy.
    pub copy_to: Option<Word>,
    pub share_processes: bool,
    pub same_node: bool,
    /// `general`, `netadmin`, `sysadmin` …
    pub profile: Option<Word>,
    pub set_image: Vec<(Word, Word)>,
    pub env: Vec<(Word, Word)>,
    pub stdin: bool,
    pub tty: bool,
    pub quiet: bool,
    /// Empty: what the image runs.
    pub command: Vec<Word>,
}

impl Debug {
    pub fn of(object: Ref) -> Self {
        Self {
            object,
            image: None,
            container: None,
            target: None,
            copy_to: None,
            share_processes: true,
            same_node: false,
            profile: None,
            set_image: Vec::new(),
            env: Vec::new(),
            stdin: false,
            tty: false,
            quiet: false,
            command: Vec::new(),
        }
    }
}

/// `port-forward`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PortForward {
    /// A pod, or a workload or service of which one pod is taken.
    pub object: Ref,
    /// Never empty.
    pub ports: Vec<Port>,
    /// Where it listens on this machine; none: `localhost`.
    pub address: Vec<Word>,
}

/// A port of this machine that leads to one over there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Port {
    pub local: LocalPort,
    /// A number, or the name that a service or a container gives it.
    pub remote: Word,
}

/// The port on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LocalPort {
    /// The remote port's number.
    Same,
    /// Any that is free.
    Any,
    Number(Given<u16>),
}

/// `scale`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Scale {
    pub target: Target,
    pub replicas: Given<u32>,
    /// Only if there are so many now.
    pub current_replicas: Option<Given<u32>>,
    pub timeout: Option<Given<Span>>,
    pub dry_run: DryRun,
}

/// `rollout …`: what is looked at or done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Rollout {
    /// Waits until it is done, with `watch`.
    Status {
        watch: bool,
        revision: Option<Given<u64>>,
        timeout: Option<Given<Span>>,
    },
    /// Its revisions; or one of them, in detail.
    History {
        revision: Option<Given<u64>>,
        output: Option<Output>,
    },
    /// Back to a revision; none: to the one before.
    Undo {
        to_revision: Option<Given<u64>>,
        dry_run: DryRun,
    },
    Restart,
    Pause,
    Resume,
}

/// `set image`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetImage {
    pub target: Target,
    /// Container (`*`: all) and image. Never empty.
    pub images: Vec<(Word, Word)>,
    pub dry_run: DryRun,
}

/// `set env`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetEnv {
    pub target: Target,
    /// `-c`, with wildcards; none: all.
    pub containers: Option<Word>,
    pub edit: EnvEdit,
}

/// What `set env` does.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum EnvEdit {
    /// Shows what is set.
    List,
    Change {
        /// Not empty, where there is no `from`.
        pairs: Vec<Pair>,
        /// All keys of a config map or a secret.
        from: Option<Ref>,
        /// What stands before the names of keys from there.
        prefix: Option<Word>,
        dry_run: DryRun,
    },
}

/// A name that gets a value, or is taken away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Pair {
    /// `name=value`.
    Set { name: Word, value: Word },
    /// `name-`.
    Remove { name: Word },
}

/// `set resources`: what containers ask for, and the most that they may use.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SetResources {
    pub target: Target,
    /// `-c`, with wildcards; none: all.
    pub containers: Option<Word>,
    /// Resource and amount, as `cpu` and `200m`. One of the two lists is not empty.
    pub limits: Vec<(Word, Word)>,
    pub requests: Vec<(Word, Word)>,
    pub dry_run: DryRun,
}

/// `label` and `annotate`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Marks {
    pub target: Target,
    /// Empty: those there are, are shown (`--list`).
    pub pairs: Vec<Pair>,
    /// Whether one that has another value may be changed.
    pub overwrite: bool,
    pub dry_run: DryRun,
}

/// `delete`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Delete {
    pub target: Target,
    /// Seconds; -1: the object's own. `--now` is 1.
    pub grace_period: Option<Given<i64>>,
    /// Does not wait for the node to confirm that the containers have ended.
    pub force: bool,
    pub cascade: Option<Cascade>,
    /// Whether it waits until the objects are gone.
    pub wait: bool,
    pub timeout: Option<Given<Span>>,
    pub ignore_not_found: bool,
    pub dry_run: DryRun,
}

impl Delete {
    pub fn of(target: Target) -> Self {
        Self {
            target,
            grace_period: None,
            force: false,
            cascade: None,
            wait: true,
            timeout: None,
            ignore_not_found: false,
            dry_run: DryRun::None,
        }
    }
}

/// What happens to what an object owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cascade {
    /// Deleted after it.
    Background,
    /// Deleted before it.
    Foreground,
    /// Left.
    Orphan,
}

/// `drain`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Drain {
    pub nodes: Nodes,
    /// Goes on where a pod has no controller that would replace it.
    pub force: bool,
    pub ignore_daemonsets: bool,
    pub delete_emptydir_data: bool,
    /// Deletes instead of evicting: budgets are not asked.
    pub disable_eviction: bool,
    /// Seconds; -1: each pod's own.
    pub grace_period: Option<Given<i64>>,
    pub timeout: Option<Given<Span>>,
    /// Only pods with these labels.
    pub pod_selector: Option<Word>,
    pub dry_run: DryRun,
}

impl Drain {
    pub fn of(nodes: Nodes) -> Self {
        Self {
            nodes,
            force: false,
            ignore_daemonsets: false,
            delete_emptydir_data: false,
            disable_eviction: false,
            grace_period: None,
            timeout: None,
            pod_selector: None,
            dry_run: DryRun::None,
        }
    }
}

/// `evict-pod`: asks the server to let pods go, which their disruption budgets may refuse. kubectl has it from a plugin of
/// that name; its own verbs evict only what a drained node runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Evict {
    /// Names. Never empty.
    pub pods: Vec<Word>,
    /// Seconds; -1: each pod's own.
    pub grace_period: Option<Given<i64>>,
    pub dry_run: DryRun,
}

impl Evict {
    pub fn of(pods: Vec<Word>) -> Self {
        Self {
            pods,
            grace_period: None,
            dry_run: DryRun::None,
        }
    }
}

/// `taint`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Taint {
    pub nodes: Nodes,
    /// Never empty.
    pub taints: Vec<TaintChange>,
    pub overwrite: bool,
    pub dry_run: DryRun,
}

/// A taint that is put on, or taken away.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum TaintChange {
    /// `key=value:effect`, `key:effect`.
    Add { key: Word, value: Option<Word>, effect: Effect },
    /// `key:effect-`; `key-` for all effects.
    Remove { key: Word, effect: Option<Effect> },
}

/// What a taint does to pods that do not tolerate it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    NoSchedule,
    PreferNoSchedule,
    /// Those that run are evicted.
    NoExecute,
}

/// `autoscale`: a new autoscaler.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Autoscale {
    pub object: Ref,
    pub min: Option<Given<u32>>,
    pub max: Given<u32>,
    /// Use of what is requested that is aimed at, in percent.
    pub cpu_percent: Option<Given<u32>>,
    /// The autoscaler's name; none: the object's.
    pub name: Option<Word>,
    pub dry_run: DryRun,
}

/// `create job NAME --from=cronjob/NAME`: a cron job's job, now.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CreateJob {
    pub name: Word,
    pub from: Word,
    pub dry_run: DryRun,
}

/// `apply`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Apply {
    pub manifest: Manifest,
    pub server_side: bool,
    /// Takes fields over that another manager owns.
    pub force_conflicts: bool,
    pub dry_run: DryRun,
}

/// Where a manifest is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Manifest {
    /// A file or a URL; `-` is standard input.
    File(Word),
    /// A directory.
    Kustomize(Word),
}

/// `edit`: one object, in an editor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Edit {
    pub object: Ref,
    pub subresource: Option<Word>,
}

/// `patch`: one object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Patch {
    pub object: Ref,
    pub kind: PatchKind,
    /// JSON or YAML.
    pub patch: Word,
    pub subresource: Option<Word>,
    pub dry_run: DryRun,
}

/// `--type`: how a patch is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PatchKind {
    #[default]
    Strategic,
    Merge,
    Json,
}

impl Output {
    /// The form of this name.
    pub fn of(word: Word) -> Self {
        match word.plain() {
            Some("wide") => Self::Wide,
            Some("yaml") => Self::Yaml,
            Some("json") => Self::Json,
            Some("name") => Self::Name,
            _ => Self::Other(word),
        }
    }
}
