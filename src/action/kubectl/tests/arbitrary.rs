//! Any action is printed so that it reads back; any text is read without harm.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::super::super::*;
use super::super::parse;
use crate::model::KNOWN;

/// Something to fill in, with or without text around it.
fn open() -> BoxedStrategy<Word> {
    let place = prop_oneof![
        "[A-Z_][A-Z0-9_]{0,5}".prop_map(Piece::Variable),
        "[a-z0-9][a-z0-9/._-]{0,6}".prop_map(Piece::Blank),
    ];
    let text = || prop_oneof![Just(String::new()), "[a-z0-9]([a-z0-9.]{0,2}[a-z0-9])?"].prop_map(Piece::Text);
    (text(), place.clone(), text(), of(place), text())
        .prop_map(|(a, b, c, d, e)| Word::of([a, b, c].into_iter().chain(d).chain([e])))
        .boxed()
}

/// A name, as objects, containers and labels have it.
fn name() -> BoxedStrategy<Word> {
    prop_oneof![4 => "[a-z0-9][a-z0-9.-]{0,8}[a-z0-9]".prop_map(Word::from), 1 => open()].boxed()
}

/// Any text.
fn value() -> BoxedStrategy<Word> {
    prop_oneof![
        2 => "[ -~\n\té]{0,12}".prop_map(Word::from),
        1 => name(),
        1 => ("[ -~]{0,4}", open(), "[ -~]{0,4}").prop_map(|(a, word, b)| {
            Word::of([Piece::Text(a)].into_iter().chain(word.pieces().iter().cloned()).chain([Piece::Text(b)]))
        }),
    ]
    .boxed()
}

fn filled() -> BoxedStrategy<Word> {
    value().prop_filter("a value that is there", |word| !word.is_empty()).boxed()
}

fn kind() -> BoxedStrategy<KindName> {
    let known = (0..KNOWN.len()).prop_map(|i| KindName::Known(KNOWN[i].known));
    let other = prop_oneof![Just("rc".into()), Just("certificates.cert-manager.io".into()), open()].prop_map(KindName::Other);
    prop_oneof![3 => known, 1 => other].boxed()
}

fn object() -> BoxedStrategy<Ref> {
    (kind(), name()).prop_map(|(kind, name)| Ref { kind, name }).boxed()
}

/// Objects of a verb that takes these selectors.
fn target(fields: bool, all: bool, open_kinds: bool) -> BoxedStrategy<Target> {
    let matching = (of(value()), of(value())).prop_map(move |(labels, by_field)| Which::Matching {
        fields: by_field.filter(|_| fields),
        labels: labels.or_else(|| Some("app=web".into())),
    });
    let every = (vec(kind(), 1..3), Just(Which::All))
        .prop_map(|(kinds, which)| Target::Kinds { kinds, which })
        .prop_filter("an open kind alone is an open target", move |target| {
            open_kinds || target.kinds().iter().all(|kind| !kind.plural().is_open())
        });
    let some = (vec(kind(), 1..3), matching).prop_map(|(kinds, which)| Target::Kinds { kinds, which });
    let named = vec(object(), 1..4).prop_map(Target::Named);
    match (all, open_kinds) {
        (true, true) => prop_oneof![named, some, every].boxed(),
        (true, false) => prop_oneof![named, some, every, open().prop_map(Target::Open)].boxed(),
        (false, _) => prop_oneof![named, some, open().prop_map(Target::Open)].boxed(),
    }
}

fn given<T: std::fmt::Debug + Clone + 'static>(value: impl Strategy<Value = T> + 'static) -> BoxedStrategy<Given<T>> {
    prop_oneof![3 => value.prop_map(Given::Value), 1 => open().prop_map(Given::Open)].boxed()
}

fn span() -> BoxedStrategy<Option<Given<Span>>> {
    let seconds = (0..100_000_u64).prop_map(Duration::from_secs);
    let any = any::<u64>().prop_map(Duration::from_nanos);
    of(given(prop_oneof![seconds, any].prop_map(Span))).boxed()
}

fn dry_run() -> impl Strategy<Value = DryRun> {
    prop_oneof![Just(DryRun::None), Just(DryRun::Client), Just(DryRun::Server)]
}

fn output() -> BoxedStrategy<Option<Output>> {
    let other = value().prop_map(|word| Output::of(Word::join([&"jsonpath=".into(), &word], "")));
    let fixed = ["wide", "yaml", "json", "name"].map(|name| Output::of(name.into()));
    of(prop_oneof![proptest::sample::select(fixed.to_vec()), other]).boxed()
}

fn nodes(all: bool) -> BoxedStrategy<Nodes> {
    let some = prop_oneof![vec(name(), 1..3).prop_map(Nodes::Named), value().prop_map(Nodes::Labelled)];
    match all {
        true => prop_oneof![some, Just(Nodes::All)].boxed(),
        false => some.boxed(),
    }
}

fn pair() -> BoxedStrategy<Pair> {
    prop_oneof![
        (name(), value()).prop_map(|(name, value)| Pair::Set { name, value }),
        name().prop_map(|name| Pair::Remove { name }),
    ]
    .boxed()
}

fn read() -> BoxedStrategy<Verb> {
    let get = (
        target(true, true, true),
        output(),
        any::<[bool; 4]>(),
        vec(name(), 0..3),
        of(value()),
    )
        .prop_map(
            |(target, output, [watch, show_labels, no_headers, ignore_not_found], label_columns, sort_by)| {
                Verb::Get(Get {
                    target,
                    output,
                    watch,
                    show_labels,
                    label_columns,
                    sort_by,
                    no_headers,
                    ignore_not_found,
                })
            },
        );
    let describe =
        (target(false, true, true), any::<bool>()).prop_map(|(target, show_events)| Verb::Describe(Describe { target, show_events }));
    let of_logs = prop_oneof![
        (object(), any::<bool>()).prop_map(|(object, all_pods)| LogsOf::Object { object, all_pods }),
        value().prop_map(LogsOf::Labelled),
    ];
    let containers = prop_oneof![
        Just(Containers::Default),
        value().prop_map(Containers::Named),
        Just(Containers::All)
    ];
    let when = prop_oneof![span().prop_map(|since| (since, None)), value().prop_map(|time| (None, Some(time)))];
    let numbers = (of(given(any::<i64>())), of(given(any::<u32>())));
    let logs = (of_logs, containers, any::<[bool; 5]>(), when, numbers).prop_map(
        |(of, containers, [previous, follow, timestamps, prefix, ignore_errors], (since, since_time), (tail, max_log_requests))| {
            Verb::Logs(Logs {
                of,
                containers,
                previous,
                follow,
                timestamps,
                prefix,
                ignore_errors,
                tail,
                since,
                since_time,
                max_log_requests,
            })
        },
    );
    let events = (of(object()), vec(name(), 0..3), any::<bool>(), output()).prop_map(|(about, types, watch, output)| {
        Verb::Events(Events {
            about,
            types,
            watch,
            output,
        })
    });
    let top_of = prop_oneof![
        any::<[bool; 2]>().prop_map(|[containers, sum]| TopOf::Pods { containers, sum }),
        Just(TopOf::Nodes)
    ];
    let which = prop_oneof![
        of(name()).prop_map(|name| (name, None)),
        value().prop_map(|labels| (None, Some(labels)))
    ];
    let sort = of(prop_oneof![Just(TopSort::Cpu), Just(TopSort::Memory)]);
    let top = (top_of, which, sort, any::<bool>()).prop_map(|(of, (name, labels), sort_by, no_headers)| {
        Verb::Top(Top {
            of,
            name,
            labels,
            sort_by,
            no_headers,
        })
    });
    let verb = || prop_oneof![name(), Just(Word::from("*"))];
    let what = prop_oneof![
        4 => (kind(), of(name())),
        1 => Just((KindName::Other("*".into()), None)),
    ];
    let question = prop_oneof![
        Just(Question::List),
        (verb(), what, of(value())).prop_map(|(verb, (kind, name), subresource)| Question::Object {
            verb,
            kind,
            name,
            subresource,
        }),
        (verb(), "/[a-z/*]{0,8}").prop_map(|(verb, url)| Question::Url { verb, url: url.into() }),
    ];
    let can_i = (question, any::<bool>()).prop_map(|(question, quiet)| Verb::CanI(CanI { question, quiet }));
    prop_oneof![get, describe, logs, events, top, can_i].boxed()
}

fn session() -> BoxedStrategy<Verb> {
    let flags = || any::<[bool; 3]>();
    let exec = (object(), of(value()), flags(), vec(value(), 1..4)).prop_map(|(object, container, [stdin, tty, quiet], command)| {
        Verb::Exec(Exec {
            object,
            container,
            stdin,
            tty,
            quiet,
            command,
        })
    });
    let attach = (object(), of(value()), flags()).prop_map(|(object, container, [stdin, tty, quiet])| {
        Verb::Attach(Attach {
            object,
            container,
            stdin,
            tty,
            quiet,
        })
    });
    let local = prop_oneof![
        "[a-z./][a-z0-9 ./]{0,8}".prop_map(Word::from),
        "[./][a-z:]{0,8}".prop_map(Word::from),
        open()
    ]
    .prop_map(CopyPath::Local);
    let there = (of(name()), name(), filled()).prop_map(|(namespace, pod, path)| CopyPath::Pod { namespace, pod, path });
    let more = (any::<[bool; 2]>(), of(value()), of(given(any::<i64>())));
    let cp = (local, there, more).prop_map(|(local, there, ([out, no_preserve], container, retries))| {
        let (from, to) = if out { (there, local) } else { (local, there) };
        Verb::Cp(Copy {
            from,
            to,
            container,
            no_preserve,
            retries,
        })
    });
    let words = (of(value()), of(value()), of(value()), of(value()), of(value()));
    let pairs = || vec((name(), name()), 0..3);
    let debug = (object(), words, any::<[bool; 5]>(), pairs(), pairs(), vec(value(), 0..3)).prop_map(
        |(
            object,
            (image, container, target, copy_to, profile),
            [share_processes, same_node, stdin, tty, quiet],
            set_image,
            env,
            command,
        )| {
            Verb::Debug(Debug {
                object,
                image,
                container,
                target,
                copy_to,
                share_processes,
                same_node,
                profile,
                set_image,
                env,
                stdin,
                tty,
                quiet,
                command,
            })
        },
    );
    let local = prop_oneof![
        Just(LocalPort::Same),
        Just(LocalPort::Any),
        given(1..=u16::MAX).prop_map(LocalPort::Number)
    ];
    let remote = prop_oneof![
        (1..=u16::MAX).prop_map(|port| Word::from(port.to_string())),
        "[a-z][a-z-]{0,5}".prop_map(Word::from),
        open()
    ];
    let port = (local, remote).prop_map(|(local, remote)| Port { local, remote });
    let forward = (object(), vec(port, 1..3), vec(name(), 0..3))
        .prop_map(|(object, ports, address)| Verb::PortForward(PortForward { object, ports, address }));
    prop_oneof![exec, attach, cp, debug, forward].boxed()
}

fn workload() -> BoxedStrategy<Verb> {
    let number = || given(any::<u32>());
    let scale = (target(false, true, false), number(), of(number()), span(), dry_run()).prop_map(
        |(target, replicas, current_replicas, timeout, dry_run)| {
            Verb::Scale(Scale {
                target,
                replicas,
                current_replicas,
                timeout,
                dry_run,
            })
        },
    );
    let revision = || of(given(1..u64::MAX));
    let kinds = prop_oneof![
        (any::<bool>(), revision(), span()).prop_map(|(watch, revision, timeout)| Rollout::Status { watch, revision, timeout }),
        (revision(), output()).prop_map(|(revision, output)| Rollout::History { revision, output }),
        (revision(), dry_run()).prop_map(|(to_revision, dry_run)| Rollout::Undo { to_revision, dry_run }),
        Just(Rollout::Restart),
        Just(Rollout::Pause),
        Just(Rollout::Resume),
    ];
    let rollout = (target(false, true, false), kinds).prop_map(|(target, rollout)| Verb::Rollout { target, rollout });
    let container = prop_oneof![name(), Just(Word::from("*"))];
    let image = (target(false, true, false), vec((container, filled()), 1..3), dry_run())
        .prop_map(|(target, images, dry_run)| Verb::SetImage(SetImage { target, images, dry_run }));
    let change = (vec(pair(), 0..3), of(object()), of(value()), dry_run())
        .prop_filter("changes something", |(pairs, from, ..)| !pairs.is_empty() || from.is_some())
        .prop_map(|(pairs, from, prefix, dry_run)| EnvEdit::Change {
            pairs,
            from,
            prefix,
            dry_run,
        });
    let set_env = prop_oneof![
        (target(false, true, false), change),
        (target(false, true, true), Just(EnvEdit::List))
    ];
    let env = (set_env, of(value())).prop_map(|((target, edit), containers)| Verb::SetEnv(SetEnv { target, containers, edit }));
    let amounts = || vec((name(), name()), 0..3);
    let resources = (target(false, true, false), of(value()), amounts(), amounts(), dry_run())
        .prop_filter("sets something", |(_, _, limits, requests, _)| {
            !limits.is_empty() || !requests.is_empty()
        })
        .prop_map(|(target, containers, limits, requests, dry_run)| {
            Verb::SetResources(SetResources {
                target,
                containers,
                limits,
                requests,
                dry_run,
            })
        });
    let autoscale = (object(), of(number()), number(), of(number()), of(value()), dry_run()).prop_map(
        |(object, min, max, cpu_percent, name, dry_run)| {
            Verb::Autoscale(Autoscale {
                object,
                min,
                max,
                cpu_percent,
                name,
                dry_run,
            })
        },
    );
    let job = (name(), name(), dry_run()).prop_map(|(name, from, dry_run)| Verb::CreateJob(CreateJob { name, from, dry_run }));
    prop_oneof![scale, rollout, image, env, resources, autoscale, job].boxed()
}

fn marks() -> BoxedStrategy<Marks> {
    let change = (target(true, true, false), vec(pair(), 1..4));
    let list = (target(true, true, true), Just(Vec::new()));
    (prop_oneof![3 => change, 1 => list], any::<bool>(), dry_run())
        .prop_map(|((target, pairs), overwrite, dry_run)| Marks {
            target,
            pairs,
            overwrite,
            dry_run,
        })
        .boxed()
}

fn other() -> BoxedStrategy<Verb> {
    let cascade = of(prop_oneof![
        Just(Cascade::Background),
        Just(Cascade::Foreground),
        Just(Cascade::Orphan)
    ]);
    let seconds = || of(given(any::<i64>()));
    let delete = (target(true, true, false), seconds(), any::<[bool; 3]>(), cascade, span(), dry_run()).prop_map(
        |(target, grace_period, [force, wait, ignore_not_found], cascade, timeout, dry_run)| {
            Verb::Delete(Delete {
                target,
                grace_period,
                force,
                cascade,
                wait,
                timeout,
                ignore_not_found,
                dry_run,
            })
        },
    );
    let cordon = (nodes(false), dry_run(), any::<bool>()).prop_map(|(nodes, dry_run, on)| match on {
        true => Verb::Cordon { nodes, dry_run },
        false => Verb::Uncordon { nodes, dry_run },
    });
    let drain = (nodes(false), any::<[bool; 4]>(), seconds(), span(), of(value()), dry_run()).prop_map(
        |(nodes, [force, ignore_daemonsets, delete_emptydir_data, disable_eviction], grace_period, timeout, pod_selector, dry_run)| {
            Verb::Drain(Drain {
                nodes,
                force,
                ignore_daemonsets,
                delete_emptydir_data,
                disable_eviction,
                grace_period,
                timeout,
                pod_selector,
                dry_run,
            })
        },
    );
    let evict = (vec(name(), 1..3), seconds(), dry_run()).prop_map(|(pods, grace_period, dry_run)| {
        Verb::Evict(Evict {
            pods,
            grace_period,
            dry_run,
        })
    });
    let effect = || prop_oneof![Just(Effect::NoSchedule), Just(Effect::PreferNoSchedule), Just(Effect::NoExecute)];
    let change = prop_oneof![
        (name(), of(name()), effect()).prop_map(|(key, value, effect)| TaintChange::Add { key, value, effect }),
        (name(), of(effect())).prop_map(|(key, effect)| TaintChange::Remove { key, effect }),
    ];
    let taint = (nodes(true), vec(change, 1..3), any::<bool>(), dry_run()).prop_map(|(nodes, taints, overwrite, dry_run)| {
        Verb::Taint(Taint {
            nodes,
            taints,
            overwrite,
            dry_run,
        })
    });
    let file = value().prop_filter("one file", |word| !word.contains(',')).prop_map(Manifest::File);
    let manifest = prop_oneof![file, value().prop_map(Manifest::Kustomize)];
    let apply = (manifest, any::<[bool; 2]>(), dry_run()).prop_map(|(manifest, [server_side, force_conflicts], dry_run)| {
        Verb::Apply(Apply {
            manifest,
            server_side,
            force_conflicts,
            dry_run,
        })
    });
    let edit = (object(), of(value())).prop_map(|(object, subresource)| Verb::Edit(Edit { object, subresource }));
    let kind = prop_oneof![Just(PatchKind::Strategic), Just(PatchKind::Merge), Just(PatchKind::Json)];
    let patch = (object(), kind, value(), of(value()), dry_run()).prop_map(|(object, kind, patch, subresource, dry_run)| {
        Verb::Patch(Patch {
            object,
            kind,
            patch,
            subresource,
            dry_run,
        })
    });
    let label = marks().prop_map(Verb::Label);
    let annotate = marks().prop_map(Verb::Annotate);
    prop_oneof![label, annotate, delete, cordon, drain, evict, taint, apply, edit, patch].boxed()
}

/// Any action; in all namespaces only what can be.
fn action() -> BoxedStrategy<Action> {
    let scope = prop_oneof![Just(Scope::Current), name().prop_map(Scope::Namespace), Just(Scope::All)];
    let verb = prop_oneof![read(), session(), workload(), other()];
    (of(filled()), scope, verb)
        .prop_map(|(context, scope, verb)| {
            let no_name = |target: &Target| !matches!(target, Target::Named(_));
            let everywhere = match &verb {
                Verb::Get(get) => no_name(&get.target),
                Verb::Describe(describe) => no_name(&describe.target),
                Verb::Label(marks) | Verb::Annotate(marks) => no_name(&marks.target),
                Verb::Delete(delete) => no_name(&delete.target),
                Verb::Top(top) => top.of != TopOf::Nodes && top.name.is_none(),
                Verb::Events(_) | Verb::CanI(_) => true,
                _ => false,
            };
            let scope = if scope == Scope::All && !everywhere {
                Scope::Current
            } else {
                scope
            };
            Action {
                place: Place { context, scope },
                verb,
            }
        })
        .boxed()
}

/// Lines of the words that kubectl's lines are made of, in any order.
fn jumble() -> BoxedStrategy<String> {
    let words = [
        "kubectl",
        "get",
        "logs",
        "delete",
        "rollout",
        "undo",
        "set",
        "image",
        "env",
        "label",
        "taint",
        "evict-pod",
        "exec",
        "cp",
        "port-forward",
        "pods",
        "node",
        "deploy/web",
        "web",
        "-n",
        "-A",
        "-it",
        "-l",
        "--all",
        "--list",
        "--replicas=3",
        "--tail",
        "--",
        "-",
        "a=b",
        "a-",
        "a=b:NoSchedule",
        "$X",
        "<y>",
        "${Z}",
        "'q q'",
        "\"",
        "8080:80",
        ":",
        "/",
        ",",
        "=",
        "--=",
        "-=x",
        "--dry-run",
        "é",
        "-é",
        "--é=",
    ];
    vec(proptest::sample::select(words.to_vec()), 0..9)
        .prop_map(|words| format!("kubectl {}", words.join(" ")))
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_reads_back(action in action()) {
        let line = action.to_string();
        prop_assert_eq!(parse(&line), Ok(action), "{}", line);
    }

    #[test]
    fn no_text_breaks_the_reader(line in prop_oneof![jumble(), "\\PC{0,60}", "kubectl [ -~\n]{0,60}"]) {
        match parse(&line) {
            Ok(action) => prop_assert_eq!(parse(&action.to_string()), Ok(action), "{}", line),
            Err(fault) => {
                prop_assert!(line.get(fault.span.clone()).is_some(), "{:?}", fault);
                prop_assert!(!fault.message.is_empty());
            }
        }
    }
}
