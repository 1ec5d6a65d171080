//! The API server that is slow, and environments that fall silent together.

use std::sync::Arc;

use crate::diagnosis::across;
use crate::diagnosis::samples::{NOW, World, ago, evidence, line};
use crate::model::{
    Blame, EnvId, Fact, FeedFact, FeedTrouble, Known, Link, ProbePlace, Probed, Problem, ProblemKind, Reach, Scope, Seen, Server, Silence,
    Time,
};
use crate::store::Store;

/// Heartbeats, the newest last: how long ago, and how long each took.
fn beating(beats: &[(i64, u32)]) -> World {
    let mut world = World::new();
    for (seconds, millis) in beats {
        world.now = ago(*seconds);
        world.see(Seen::Beat { millis: *millis });
    }
    world.now = NOW;
    world
}

#[test]
fn an_api_server_that_answers_slowly_is_told() {
    let slow = beating(&[(90, 80), (50, 1200), (40, 2400), (30, 2600)]);
    assert_eq!(slow.says(), ["warning api-degraded apiserver/api.example: answers slowly · 2.4 s"]);
    let found = slow.findings().remove(0);
    assert_eq!(found.since, ago(50));
    assert_eq!(
        evidence(&found),
        ["metric: heartbeats of the last minute, the newest first: 2.6 s, 2.4 s, 1.2 s"]
    );
    for (beats, why) in [
        (&[(30, 80), (20, 90), (10, 70)][..], "fast"),
        (&[(20, 2000), (10, 2000)][..], "two are too few"),
        (&[(300, 2000), (290, 2000), (280, 2000)][..], "minutes ago"),
        (&[(50, 80), (40, 80), (30, 80), (20, 3000)][..], "one of them"),
    ] {
        assert_eq!(beating(beats).says(), Vec::<String>::new(), "{why}");
    }
    let median = beating(&[(50, 1500), (40, 1500), (30, 1500), (20, 90)]);
    assert_eq!(median.says().len(), 1);
    assert_eq!(median.findings()[0].since, ago(50));
}

fn trouble(world: &mut World, known: Known, kind: ProblemKind) {
    let problem = Problem::new(kind, "the server is busy");
    let next = ago(-5);
    world.feed(known, Scope::All, FeedFact::Trouble(FeedTrouble::Retrying { problem, next }));
}

#[test]
fn an_api_server_that_holds_watches_up_is_told() {
    let mut world = World::new();
    trouble(&mut world, Known::Secret, ProblemKind::TimedOut);
    assert_eq!(world.says(), Vec::<String>::new(), "once may happen");
    trouble(&mut world, Known::ConfigMap, ProblemKind::Server);
    assert_eq!(world.says(), ["warning api-degraded apiserver/api.example: 2 watches are held up"]);
    let mut world = World::new();
    trouble(&mut world, Known::Secret, ProblemKind::Throttled);
    assert_eq!(
        world.says(),
        ["warning api-degraded apiserver/api.example: asks to slow down · 1 watch is held up"]
    );
    assert_eq!(
        evidence(&world.findings()[0]),
        ["condition: the watch of secrets is held up: the server is busy"]
    );
    let mut cut = World::new();
    trouble(&mut cut, Known::Secret, ProblemKind::Unreachable);
    trouble(&mut cut, Known::ConfigMap, ProblemKind::Unreachable);
    assert_eq!(cut.says(), Vec::<String>::new());
}

#[test]
fn without_a_connection_the_header_says_enough() {
    let mut world = beating(&[(50, 1200), (40, 2400), (30, 2600)]);
    world.see(Seen::Link(lost(ProblemKind::TimedOut, 5)));
    assert_eq!(world.says(), Vec::<String>::new());
}

fn lost(kind: ProblemKind, seconds: i64) -> Link {
    Link::Lost {
        since: ago(seconds),
        problem: Problem::new(kind, "no answer from 10.0.0.1:6443"),
        next: ago(-5),
    }
}

#[test]
fn a_cluster_that_is_silent_beside_a_platform_that_answers_the_public_may_be_our_side() {
    let told = |at: i64, reach, code: Option<u16>| {
        let mut store = Store::new(1);
        store.set_probes(EnvId(0), vec![ProbePlace::default()]);
        let link = Seen::Link(lost(ProblemKind::Unreachable, 100));
        let silence = Silence {
            problem: Problem::new(ProblemKind::Unreachable, "no"),
            blame: Blame::There,
        };
        let mut probed = Probed {
            url: "https://solia-invest.com/health".into(),
            code,
            silence: code.is_none().then_some(silence),
            reach,
            ..Probed::default()
        };
        probed.timings.total = 80;
        for (at, seen) in [(NOW, link), (ago(at), Seen::Probe(0, Arc::new(probed)))] {
            store.apply(Fact { env: EnvId(0), at, seen });
        }
        across(&store, NOW)
    };
    let found = told(10, Reach::Public, Some(503)).unwrap();
    assert_eq!(
        line(&found),
        "warning network-here network/here: the cluster does not answer, and https://solia-invest.com/health does · your side: VPN or DNS; or its API server alone"
    );
    assert_eq!((found.confidence.word(), found.evidence.len()), ("low", 2));
    assert_eq!(
        evidence(&found)[1],
        "condition: https://solia-invest.com/health answers from the internet: 503, 80 ms"
    );
    for (found, why) in [
        (told(10, Reach::Private, Some(200)), "not from the internet"),
        (told(10, Reach::Public, None), "no answer"),
        (told(200, Reach::Public, Some(200)), "before the loss"),
    ] {
        assert!(found.is_none(), "{why}");
    }
}

#[test]
fn addresses_inside_the_network_that_are_silent_while_the_internet_answers_point_to_this_side() {
    let told = |probes: &[(Reach, bool)]| {
        let mut store = Store::new(1);
        store.set_probes(EnvId(0), vec![ProbePlace::default(); probes.len()]);
        for (number, (reach, answers)) in (0..).zip(probes) {
            let silence = Silence {
                problem: Problem::new(ProblemKind::TimedOut, "no connection to 10.0.0.7:443 within 5 s"),
                blame: Blame::There,
            };
            let probed = Probed {
                url: format!("https://service-{number}.example.com/health").into(),
                code: answers.then_some(200),
                silence: (!answers).then_some(silence),
                reach: *reach,
                ..Probed::default()
            };
            let seen = Seen::Probe(number, Arc::new(probed));
            store.apply(Fact {
                env: EnvId(0),
                at: NOW,
                seen,
            });
        }
        across(&store, NOW)
    };
    use Reach::{Own, Private, Public, Unresolved};
    let found = told(&[(Private, false), (Unresolved, false), (Public, true)]).unwrap();
    assert_eq!(
        line(&found),
        "warning network-here network/here: 2 addresses inside the network do not answer, and https://service-2.example.com/health does · your side: VPN or DNS"
    );
    assert_eq!((found.confidence.word(), found.evidence.len()), ("medium", 3));
    for (probes, why) in [
        (vec![(Private, false), (Public, true)], "one alone may be down"),
        (
            vec![(Private, false), (Private, true), (Private, false), (Public, true)],
            "one of them answers",
        ),
        (
            vec![(Private, false), (Private, false), (Public, false)],
            "nothing answers from the internet",
        ),
        (vec![(Own, false), (Own, false), (Public, true)], "this machine is not a network"),
    ] {
        assert!(told(&probes).is_none(), "{why}");
    }
}

fn environments(links: &[Link]) -> Option<crate::model::Finding> {
    let mut store = Store::new(links.len());
    for (at, link) in links.iter().enumerate() {
        let env = EnvId(u16::try_from(at).unwrap());
        let seen = Seen::Link(link.clone());
        store.apply(Fact { env, at: NOW, seen });
    }
    across(&store, NOW)
}

#[test]
fn environments_that_fall_silent_at_the_same_moment_point_to_this_side() {
    use ProblemKind::{Login, TimedOut, Unreachable};
    let ready = || Link::Ready(Server::default());
    let found = environments(&[lost(Unreachable, 100), lost(TimedOut, 70), ready()]).unwrap();
    assert_eq!(
        line(&found),
        "critical network-here network/here: 2 of 3 environments do not answer, since the same moment · your side: VPN or DNS"
    );
    assert_eq!(
        (found.since, found.confidence.word(), found.evidence.len()),
        (ago(100), "medium", 2)
    );
    let all = environments(&[lost(Unreachable, 100), lost(TimedOut, 70)]).unwrap();
    assert_eq!(all.confidence.word(), "high");
    let apart = environments(&[lost(Unreachable, 9000), lost(TimedOut, 70)]).unwrap();
    assert_eq!(apart.title, "2 of 2 environments do not answer · your side: VPN or DNS");
    for (links, why) in [
        (vec![ready(), ready()], "all answer"),
        (vec![lost(Unreachable, 10)], "there is but one"),
        (vec![lost(Unreachable, 10), Link::Idle], "nobody asked the other"),
        (vec![lost(Unreachable, 10), ready()], "only one is silent"),
        (vec![lost(Unreachable, 10), lost(Login, 10)], "one that refuses us answers"),
        (vec![lost(Unreachable, 9000), lost(Unreachable, 10), ready()], "not together"),
        (vec![], "none"),
    ] {
        assert_eq!(environments(&links).map(|f| f.title), None, "{why}");
    }
    assert!(across(&Store::new(3), Time::NEVER).is_none());
}
