//! An action as kubectl's line: one spelling for each action, which reads back as the same.
//!
//! Where and what stand first, then the verb, the objects as `kind/name`, and the flags in the order of the fields. What kubectl
//! does without a flag is not written.

use std::fmt::{self, Display};

use super::super::{
    Action, CanI, Cascade, Containers, CopyPath, DryRun, Effect, EnvEdit, KindName, LocalPort, LogsOf, Manifest, Marks, Nodes, Output,
    Pair, PatchKind, Piece, Question, Ref, Rollout, Scope, TaintChange, Target, TopOf, TopSort, Verb, Which, Word,
};

/// The words of a line.
struct Line {
    words: Vec<String>,
    /// Whether `-A` is still to be written.
    everywhere: bool,
}

impl Line {
    /// A word that needs no quotes.
    fn bare(&mut self, text: &str) {
        self.words.push(text.to_owned());
    }

    fn word(&mut self, word: &Word) {
        self.words.push(word.to_string());
    }

    fn flag_if(&mut self, flag: &str, on: bool) {
        if on {
            self.bare(flag);
        }
    }

    /// `--flag=value`.
    fn flag(&mut self, flag: &str, value: Option<&impl Display>) {
        if let Some(value) = value {
            self.words.push(format!("--{flag}={value}"));
        }
    }

    /// `-f value`.
    fn letter(&mut self, letter: &str, value: Option<&Word>) {
        if let Some(value) = value {
            self.bare(letter);
            self.word(value);
        }
    }

    fn object(&mut self, object: &Ref) {
        self.word(&object.word());
    }

    /// An object of the kind that the verb takes where none is named.
    fn pod(&mut self, object: &Ref) {
        match object.kind.is(crate::model::Known::Pod) {
            true => self.word(&object.name),
            false => self.object(object),
        }
    }

    /// Objects; `all` says whether the verb wants `--all` for all of a kind.
    fn target(&mut self, target: &Target, all: bool) {
        match target {
            Target::Named(refs) => refs.iter().for_each(|object| self.object(object)),
            Target::Open(word) => self.word(word),
            Target::Kinds { kinds, which } => {
                let kinds: Vec<Word> = kinds.iter().map(KindName::plural).collect();
                self.word(&Word::join(&kinds, ","));
                match which {
                    Which::All => self.flag_if("--all", all),
                    Which::Matching { labels, fields } => {
                        self.letter("-l", labels.as_ref());
                        self.flag("field-selector", fields.as_ref());
                    }
                }
            }
        }
        self.everywhere();
    }

    fn everywhere(&mut self) {
        let everywhere = std::mem::take(&mut self.everywhere);
        self.flag_if("-A", everywhere);
    }

    fn nodes(&mut self, nodes: &Nodes) {
        match nodes {
            Nodes::Named(names) => names.iter().for_each(|name| self.word(name)),
            Nodes::Labelled(labels) => self.letter("-l", Some(labels)),
            Nodes::All => self.bare("--all"),
        }
    }

    fn output(&mut self, output: &Option<Output>) {
        match output {
            None => {}
            Some(Output::Wide) => self.words.extend(["-o".to_owned(), "wide".to_owned()]),
            Some(Output::Yaml) => self.words.extend(["-o".to_owned(), "yaml".to_owned()]),
            Some(Output::Json) => self.words.extend(["-o".to_owned(), "json".to_owned()]),
            Some(Output::Name) => self.words.extend(["-o".to_owned(), "name".to_owned()]),
            Some(Output::Other(word)) => self.letter("-o", Some(word)),
        }
    }

    fn dry_run(&mut self, dry_run: DryRun) {
        match dry_run {
            DryRun::None => {}
            DryRun::Client => self.bare("--dry-run=client"),
            DryRun::Server => self.bare("--dry-run=server"),
        }
    }

    fn terminal(&mut self, stdin: bool, tty: bool, quiet: bool) {
        match (stdin, tty) {
            (true, true) => self.bare("-it"),
            (true, false) => self.bare("-i"),
            (false, true) => self.bare("-t"),
            (false, false) => {}
        }
        self.flag_if("-q", quiet);
    }

    fn pairs(&mut self, pairs: &[Pair]) {
        for pair in pairs {
            match pair {
                Pair::Set { name, value } => self.word(&Word::join([name, value], "=")),
                Pair::Remove { name } => self.word(&Word::join([name, &Word::default()], "-")),
            }
        }
    }

    fn list(&mut self, flag: &str, words: &[Word]) {
        if !words.is_empty() {
            self.flag(flag, Some(&Word::join(words, ",")));
        }
    }

    fn command(&mut self, command: &[Word]) {
        if !command.is_empty() {
            self.bare("--");
            command.iter().for_each(|word| self.word(word));
        }
    }

    fn marks(&mut self, marks: &Marks) {
        self.target(&marks.target, !marks.pairs.is_empty());
        self.pairs(&marks.pairs);
        self.flag_if("--list", marks.pairs.is_empty());
        self.flag_if("--overwrite", marks.overwrite);
        self.dry_run(marks.dry_run);
    }

    fn rollout(&mut self, target: &Target, rollout: &Rollout) {
        let verb = match rollout {
            Rollout::Status { .. } => "status",
            Rollout::History { .. } => "history",
            Rollout::Undo { .. } => "undo",
            Rollout::Restart => "restart",
            Rollout::Pause => "pause",
            Rollout::Resume => "resume",
        };
        self.bare("rollout");
        self.bare(verb);
        self.target(target, false);
        match rollout {
            Rollout::Status { watch, revision, timeout } => {
                self.flag_if("--watch=false", !watch);
                self.flag("revision", revision.as_ref());
                self.flag("timeout", timeout.as_ref());
            }
            Rollout::History { revision, output } => {
                self.flag("revision", revision.as_ref());
                self.output(output);
            }
            Rollout::Undo { to_revision, dry_run } => {
                self.flag("to-revision", to_revision.as_ref());
                self.dry_run(*dry_run);
            }
            Rollout::Restart | Rollout::Pause | Rollout::Resume => {}
        }
    }

    fn verb(&mut self, verb: &Verb) {
        match verb {
            // Printed without kubectl.
            Verb::Run(_) | Verb::Silence(_) => {}
            Verb::Get(get) => {
                self.bare("get");
                self.target(&get.target, false);
                self.output(&get.output);
                self.flag_if("--watch", get.watch);
                self.flag_if("--show-labels", get.show_labels);
                self.list("label-columns", &get.label_columns);
                self.flag("sort-by", get.sort_by.as_ref());
                self.flag_if("--no-headers", get.no_headers);
                self.flag_if("--ignore-not-found", get.ignore_not_found);
            }
            Verb::Describe(describe) => {
                self.bare("describe");
                self.target(&describe.target, false);
                self.flag_if("--show-events=false", !describe.show_events);
            }
            Verb::Logs(logs) => {
                self.bare("logs");
                match &logs.of {
                    LogsOf::Object { object, all_pods } => {
                        self.pod(object);
                        self.flag_if("--all-pods", *all_pods);
                    }
                    LogsOf::Labelled(labels) => self.letter("-l", Some(labels)),
                }
                match &logs.containers {
                    Containers::Default => {}
                    Containers::Named(name) => self.letter("-c", Some(name)),
                    Containers::All => self.bare("--all-containers"),
                }
                self.flag_if("--previous", logs.previous);
                self.flag_if("-f", logs.follow);
                self.flag_if("--timestamps", logs.timestamps);
                self.flag_if("--prefix", logs.prefix);
                self.flag_if("--ignore-errors", logs.ignore_errors);
                self.flag("tail", logs.tail.as_ref());
                self.flag("since", logs.since.as_ref());
                self.flag("since-time", logs.since_time.as_ref());
                self.flag("max-log-requests", logs.max_log_requests.as_ref());
            }
            Verb::Events(events) => {
                self.bare("events");
                self.everywhere();
                self.flag("for", events.about.as_ref().map(Ref::word).as_ref());
                self.list("types", &events.types);
                self.flag_if("--watch", events.watch);
                self.output(&events.output);
            }
            Verb::Top(top) => {
                self.bare("top");
                match top.of {
                    TopOf::Pods { .. } => self.bare("pods"),
                    TopOf::Nodes => self.bare("nodes"),
                }
                top.name.iter().for_each(|name| self.word(name));
                self.letter("-l", top.labels.as_ref());
                self.everywhere();
                if let TopOf::Pods { containers, sum } = top.of {
                    self.flag_if("--containers", containers);
                    self.flag_if("--sum", sum);
                }
                match top.sort_by {
                    Some(TopSort::Cpu) => self.bare("--sort-by=cpu"),
                    Some(TopSort::Memory) => self.bare("--sort-by=memory"),
                    None => {}
                }
                self.flag_if("--no-headers", top.no_headers);
            }
            Verb::CanI(CanI { question, quiet }) => {
                self.bare("auth");
                self.bare("can-i");
                match question {
                    Question::List => self.bare("--list"),
                    Question::Object {
                        verb,
                        kind,
                        name,
                        subresource,
                    } => {
                        self.word(verb);
                        match name {
                            Some(name) => self.word(&Word::join([&kind.plural(), name], "/")),
                            None => self.word(&kind.plural()),
                        }
                        self.flag("subresource", subresource.as_ref());
                    }
                    Question::Url { verb, url } => {
                        self.word(verb);
                        self.word(url);
                    }
                }
                self.everywhere();
                self.flag_if("-q", *quiet);
            }
            Verb::Exec(exec) => {
                self.bare("exec");
                self.terminal(exec.stdin, exec.tty, exec.quiet);
                self.pod(&exec.object);
                self.letter("-c", exec.container.as_ref());
                self.command(&exec.command);
            }
            Verb::Attach(attach) => {
                self.bare("attach");
                self.terminal(attach.stdin, attach.tty, attach.quiet);
                self.pod(&attach.object);
                self.letter("-c", attach.container.as_ref());
            }
            Verb::Cp(copy) => {
                self.bare("cp");
                self.word(&path(&copy.from));
                self.word(&path(&copy.to));
                self.letter("-c", copy.container.as_ref());
                self.flag_if("--no-preserve", copy.no_preserve);
                self.flag("retries", copy.retries.as_ref());
            }
            Verb::Debug(debug) => {
                self.bare("debug");
                self.terminal(debug.stdin, debug.tty, debug.quiet);
                self.pod(&debug.object);
                self.flag("image", debug.image.as_ref());
                self.letter("-c", debug.container.as_ref());
                self.flag("target", debug.target.as_ref());
                self.flag("copy-to", debug.copy_to.as_ref());
                self.flag_if("--share-processes=false", !debug.share_processes);
                self.flag_if("--same-node", debug.same_node);
                self.flag("profile", debug.profile.as_ref());
                for (flag, pairs) in [("set-image", &debug.set_image), ("env", &debug.env)] {
                    for (name, value) in pairs {
                        self.flag(flag, Some(&Word::join([name, value], "=")));
                    }
                }
                self.command(&debug.command);
            }
            Verb::PortForward(forward) => {
                self.bare("port-forward");
                self.pod(&forward.object);
                for port in &forward.ports {
                    match &port.local {
                        LocalPort::Same => self.word(&port.remote),
                        LocalPort::Any => self.word(&Word::join([&Word::default(), &port.remote], ":")),
                        LocalPort::Number(super::super::Given::Value(number)) => {
                            self.word(&Word::join([&number.to_string().into(), &port.remote], ":"))
                        }
                        LocalPort::Number(super::super::Given::Open(word)) => self.word(&Word::join([word, &port.remote], ":")),
                    }
                }
                self.list("address", &forward.address);
            }
            Verb::Scale(scale) => {
                self.bare("scale");
                self.target(&scale.target, true);
                self.flag("replicas", Some(&scale.replicas));
                self.flag("current-replicas", scale.current_replicas.as_ref());
                self.flag("timeout", scale.timeout.as_ref());
                self.dry_run(scale.dry_run);
            }
            Verb::Rollout { target, rollout } => self.rollout(target, rollout),
            Verb::SetImage(set) => {
                self.bare("set");
                self.bare("image");
                self.target(&set.target, true);
                for (name, image) in &set.images {
                    self.word(&Word::join([name, image], "="));
                }
                self.dry_run(set.dry_run);
            }
            Verb::SetEnv(set) => {
                self.bare("set");
                self.bare("env");
                self.target(&set.target, set.edit != EnvEdit::List);
                if let EnvEdit::Change { pairs, .. } = &set.edit {
                    self.pairs(pairs);
                }
                self.letter("-c", set.containers.as_ref());
                match &set.edit {
                    EnvEdit::List => self.bare("--list"),
                    EnvEdit::Change { from, prefix, dry_run, .. } => {
                        self.flag("from", from.as_ref().map(Ref::word).as_ref());
                        self.flag("prefix", prefix.as_ref());
                        self.dry_run(*dry_run);
                    }
                }
            }
            Verb::SetResources(set) => {
                self.bare("set");
                self.bare("resources");
                self.target(&set.target, true);
                self.letter("-c", set.containers.as_ref());
                for (flag, amounts) in [("limits", &set.limits), ("requests", &set.requests)] {
                    let words: Vec<Word> = amounts.iter().map(|(name, amount)| Word::join([name, amount], "=")).collect();
                    self.list(flag, &words);
                }
                self.dry_run(set.dry_run);
            }
            Verb::Label(marks) => {
                self.bare("label");
                self.marks(marks);
            }
            Verb::Annotate(marks) => {
                self.bare("annotate");
                self.marks(marks);
            }
            Verb::Delete(delete) => {
                self.bare("delete");
                self.target(&delete.target, true);
                self.flag("grace-period", delete.grace_period.as_ref());
                self.flag_if("--force", delete.force);
                match delete.cascade {
                    Some(Cascade::Background) => self.bare("--cascade=background"),
                    Some(Cascade::Foreground) => self.bare("--cascade=foreground"),
                    Some(Cascade::Orphan) => self.bare("--cascade=orphan"),
                    None => {}
                }
                self.flag_if("--wait=false", !delete.wait);
                self.flag("timeout", delete.timeout.as_ref());
                self.flag_if("--ignore-not-found", delete.ignore_not_found);
                self.dry_run(delete.dry_run);
            }
            Verb::Cordon { nodes, dry_run } => {
                self.bare("cordon");
                self.nodes(nodes);
                self.dry_run(*dry_run);
            }
            Verb::Uncordon { nodes, dry_run } => {
                self.bare("uncordon");
                self.nodes(nodes);
                self.dry_run(*dry_run);
            }
            Verb::Drain(drain) => {
                self.bare("drain");
                self.nodes(&drain.nodes);
                self.flag_if("--force", drain.force);
                self.flag_if("--ignore-daemonsets", drain.ignore_daemonsets);
                self.flag_if("--delete-emptydir-data", drain.delete_emptydir_data);
                self.flag_if("--disable-eviction", drain.disable_eviction);
                self.flag("grace-period", drain.grace_period.as_ref());
                self.flag("timeout", drain.timeout.as_ref());
                self.flag("pod-selector", drain.pod_selector.as_ref());
                self.dry_run(drain.dry_run);
            }
            Verb::Evict(evict) => {
                self.bare("evict-pod");
                evict.pods.iter().for_each(|name| self.word(name));
                self.flag("grace-period", evict.grace_period.as_ref());
                self.dry_run(evict.dry_run);
            }
            Verb::Taint(taint) => {
                self.bare("taint");
                self.bare("nodes");
                self.nodes(&taint.nodes);
                taint.taints.iter().for_each(|change| self.word(&taint_word(change)));
                self.flag_if("--overwrite", taint.overwrite);
                self.dry_run(taint.dry_run);
            }
            Verb::Autoscale(autoscale) => {
                self.bare("autoscale");
                self.object(&autoscale.object);
                self.flag("min", autoscale.min.as_ref());
                self.flag("max", Some(&autoscale.max));
                self.flag("cpu-percent", autoscale.cpu_percent.as_ref());
                self.flag("name", autoscale.name.as_ref());
                self.dry_run(autoscale.dry_run);
            }
            Verb::CreateJob(job) => {
                self.bare("create");
                self.bare("job");
                self.word(&job.name);
                self.flag("from", Some(&Word::join([&"cronjob".into(), &job.from], "/")));
                self.dry_run(job.dry_run);
            }
            Verb::Apply(apply) => {
                self.bare("apply");
                match &apply.manifest {
                    Manifest::File(file) => self.letter("-f", Some(file)),
                    Manifest::Kustomize(directory) => self.letter("-k", Some(directory)),
                }
                self.flag_if("--server-side", apply.server_side);
                self.flag_if("--force-conflicts", apply.force_conflicts);
                self.dry_run(apply.dry_run);
            }
            Verb::Edit(edit) => {
                self.bare("edit");
                self.object(&edit.object);
                self.flag("subresource", edit.subresource.as_ref());
            }
            Verb::Patch(patch) => {
                self.bare("patch");
                self.object(&patch.object);
                match patch.kind {
                    PatchKind::Strategic => {}
                    PatchKind::Merge => self.bare("--type=merge"),
                    PatchKind::Json => self.bare("--type=json"),
                }
                self.letter("-p", Some(&patch.patch));
                self.flag("subresource", patch.subresource.as_ref());
                self.dry_run(patch.dry_run);
            }
        }
    }
}

fn path(path: &CopyPath) -> Word {
    match path {
        CopyPath::Local(path) => path.clone(),
        CopyPath::Pod {
            namespace: Some(namespace),
            pod,
            path,
        } => Word::join([&Word::join([namespace, pod], "/"), path], ":"),
        CopyPath::Pod {
            namespace: None,
            pod,
            path,
        } => Word::join([pod, path], ":"),
    }
}

fn taint_word(change: &TaintChange) -> Word {
    let name = |effect: &Effect| match effect {
        Effect::NoSchedule => "NoSchedule",
        Effect::PreferNoSchedule => "PreferNoSchedule",
        Effect::NoExecute => "NoExecute",
    };
    let text = |text: String| Piece::Text(text);
    let (key, rest) = match change {
        TaintChange::Add { key, value: None, effect } => (key.clone(), format!(":{}", name(effect))),
        TaintChange::Add {
            key,
            value: Some(value),
            effect,
        } => (Word::join([key, value], "="), format!(":{}", name(effect))),
        TaintChange::Remove { key, effect: Some(effect) } => (key.clone(), format!(":{}-", name(effect))),
        TaintChange::Remove { key, effect: None } => (key.clone(), "-".to_owned()),
    };
    Word::of(key.pieces().iter().cloned().chain([text(rest)]))
}

/// The line that kubectl would be given, quoted as a shell wants it.
impl Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Verb::Run(run) = &self.verb {
            let words: Vec<String> = run.argv.iter().map(|word| Word::from(word.as_str()).to_string()).collect();
            return f.write_str(&words.join(" "));
        }
        if let Verb::Silence(silence) = &self.verb {
            return f.write_str(&silence.words().join(" "));
        }
        let mut line = Line {
            words: vec!["kubectl".to_owned()],
            everywhere: self.place.scope == Scope::All,
        };
        // kubectl takes no flag before the name of a plugin.
        let is_plugin = matches!(self.verb, Verb::Evict(_));
        if is_plugin {
            line.verb(&self.verb);
        }
        line.flag("context", self.place.context.as_ref());
        if let Scope::Namespace(name) = &self.place.scope {
            line.letter("-n", Some(name));
        }
        if !is_plugin {
            line.verb(&self.verb);
        }
        f.write_str(&line.words.join(" "))
    }
}
