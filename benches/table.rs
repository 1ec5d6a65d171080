//! How long filtering and sorting take, on ten thousand pods: `cargo bench --bench table`.

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use quarterdeck::model::{Body, Container, Exit, Known, Meta, Object, Phase, Pod, State, Time, Uid};
use quarterdeck::ui::panes::table::{ColumnRef, Detail, Filter, Row, Scratch, Sort, columns, order};

const NOW: Time = Time(1_800_000_000);

fn main() {
    divan::main();
}

/// A number that looks random and is the same in every run.
fn scatter(n: u64) -> u64 {
    let mut x = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

fn pods() -> Vec<Object> {
    // The objects of a namespace share its name, as in the store.
    let namespaces: Vec<Arc<str>> = (0..12).map(|n| format!("team-{n}").into()).collect();
    (0..10_000).map(|i| pod(i, &namespaces)).collect()
}

fn pod(i: u64, namespaces: &[Arc<str>]) -> Object {
    let random = scatter(i);
    let crashed = i.is_multiple_of(50);
    let container = Container {
        name: "app".into(),
        image: format!("registry.example/solia/app-{}:v1.8.{}", i % 40, i % 7).into(),
        state: State::Running { since: NOW },
        ready: !crashed,
        restarts: (random % 5) as u32,
        last: crashed.then(|| {
            Box::new(Exit {
                reason: "Error".into(),
                code: 1,
                finished: Time(NOW.0 - (random % 9_000) as i64),
                ..Exit::default()
            })
        }),
        ..Container::default()
    };
    let pod = Pod {
        status: if crashed { "CrashLoopBackOff" } else { "Running" }.into(),
        phase: Phase::Running,
        node: format!("ip-10-0-{}-{}.eu-west-3.compute.internal", i % 8, i % 25).into(),
        containers: [container].into(),
        ..Pod::default()
    };
    let name = format!(
        "{}-deployment-{:010x}-{:05x}",
        ["backend", "frontend", "worker"][(i % 3) as usize],
        random % 97,
        random >> 44
    );
    Object {
        meta: Meta {
            uid: Uid::of(&format!("{name}{i}")),
            namespace: namespaces[(i % 12) as usize].clone(),
            name: name.into(),
            created: Time(NOW.0 - (random % 900_000) as i64),
            ..Meta::default()
        },
        body: Body::Pod(Box::new(pod)),
    }
}

fn pod_columns() -> Vec<ColumnRef> {
    columns(&Known::Pod.into(), None)
}

/// A keystroke: parse, and ask every row.
#[divan::bench(args = ["back", "Back", "zzzz", "bckend", "-f bkd", "^team-1/.*-0[0-9a-f]+$", "!running", "status:crash", "restarts>3 age<2h", "-l app=web"])]
fn filter(bencher: Bencher, text: &str) {
    let (pods, columns) = (pods(), pod_columns());
    let mut scratch = Scratch::default();
    bencher.bench_local(|| {
        let filter = Filter::parse(text, &columns, Detail::Usual);
        pods.iter().filter(|o| filter.matches(&Row::object(o, NOW), &mut scratch)).count()
    });
}

/// The first time, or after the column was changed.
#[divan::bench(args = ["NAMESPACE", "NAME", "STATUS", "RESTARTS", "AGE", "LAST", "READY"])]
fn sort_all(bencher: Bencher, column: &str) {
    let (pods, columns) = (pods(), pod_columns());
    let sort = Sort::ascending(column.to_owned());
    bencher.bench_local(|| order(rows(&pods), &sort, &columns, &[]));
}

/// After a batch of the watch: some rows changed, some are new.
#[divan::bench(args = [0, 10, 100, 1000])]
fn sort_after_changes(bencher: Bencher, changed: usize) {
    let (pods, columns) = (pods(), pod_columns());
    let sort = Sort::ascending("NAME");
    let mut previous = order(rows(&pods), &sort, &columns, &[]);
    for i in 0..changed {
        let (a, b) = (
            scatter(i as u64) as usize % previous.len(),
            scatter(i as u64 + 7) as usize % previous.len(),
        );
        previous.swap(a, b);
    }
    bencher.bench_local(|| order(rows(&pods), &sort, &columns, black_box(&previous)));
}

fn rows(pods: &[Object]) -> impl Iterator<Item = (Uid, Row<'_>)> {
    pods.iter().map(|o| (o.meta.uid, Row::object(o, NOW)))
}
