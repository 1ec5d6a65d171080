//! Health probes against a real web server with every bad endpoint (`QD_LIVE_HEALTH`, `QD_LIVE_TLS_CA`).

use std::path::PathBuf;

use quarterdeck::config::probe::{Assertion, Probe, Tls};
use quarterdeck::model::{ProbeState, Probed};
use quarterdeck::source::health::{Means, ask};

use super::Report;

/// The server and the authority of its certificates; the outcome is reported when it goes.
fn base() -> Option<(String, PathBuf, Report)> {
    let report = Report::of_this_test();
    let url = std::env::var("QD_LIVE_HEALTH").ok().filter(|url| !url.is_empty());
    let ca = std::env::var_os("QD_LIVE_TLS_CA").map(PathBuf::from);
    match url.zip(ca) {
        Some((url, ca)) => Some((url.trim_end_matches('/').to_owned(), ca, report)),
        None => {
            println!("skipped: QD_LIVE_HEALTH or QD_LIVE_TLS_CA is not set");
            report.write("skipped");
            None
        }
    }
}

fn told(probe: &Probe) -> Probed {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(ask(probe, None, &Means::default()))
}

fn check(probe: &Probe, state: ProbeState, sentence: &str) {
    let told = told(probe);
    let wrong = told.wrong();
    println!("{:60} {:9} {wrong}", probe.url, told.state().word());
    assert_eq!(told.state(), state, "{}: {wrong}", probe.url);
    assert!(wrong.contains(sentence), "{}: {wrong}", probe.url);
    assert!(told.body.len() <= 64 << 10, "{}", probe.url);
}

/// A probe of the servers here, which expects JSON that says that all is well.
fn probe(url: String) -> Probe {
    Probe {
        name: "service".into(),
        url,
        timeout: 2_500,
        json: vec![Assertion::parse("$.status == \"ok\"").unwrap()],
        ..Probe::default()
    }
}

#[test]
fn every_endpoint_has_its_precise_sentence() {
    use ProbeState::{Down, Up};
    let Some((base, _, report)) = base() else { return };
    for (path, state, sentence) in [
        ("/health", Up, ""),
        ("/api/health", Up, ""),
        ("/degraded", Down, "$.status is \"degraded\", expected == \"ok\""),
        ("/500", Down, "the status is 500 Internal Server Error, expected 200"),
        (
            "/503",
            Down,
            "the status is 503 Service Unavailable (retry after 5 s), expected 200",
        ),
        ("/invalid", Down, "the body is not JSON (EOF while parsing an object"),
        ("/html200", Down, "the body is an HTML page, expected JSON"),
        ("/plain", Down, "the body is not JSON (expected value at line 1 column 1)"),
        ("/empty", Down, "the body is empty, expected JSON"),
        ("/204", Down, "the status is 204 No Content, expected 200"),
        ("/gzip-lie", Down, "the body is said to be gzip, which was not asked for"),
        ("/slow-header", Down, "took the question and did not answer within 2500 ms"),
        ("/hang", Down, "took the question and did not answer within 2500 ms"),
        ("/drip", Down, "its body did not end within 2500 ms"),
        ("/reset", Down, "closed the connection without an answer"),
        ("/loop", Down, "the status is 302 Found (a redirect to"),
        ("/401", Down, "the status is 401 Unauthorized (it asks for Bearer realm=\"x\")"),
        ("/token", Down, "the status is 403 Forbidden, expected 200"),
        ("/502", Down, "the status is 502 Bad Gateway, expected 200"),
        ("/504", Down, "the status is 504 Gateway Timeout, expected 200"),
    ] {
        check(&probe(format!("{base}{path}")), state, sentence);
    }
    // These are files, which the server may not be able to read; it says so.
    for (path, sentence) in [
        ("/badutf8", "the body is not UTF-8 from byte"),
        ("/deep", "the body is not JSON (recursion limit exceeded"),
        ("/huge", "the body is larger than 64 KiB"),
        ("/slow-body", " within 2500 ms"),
    ] {
        let probe = probe(format!("{base}{path}"));
        let unread = told(&probe).code == Some(403);
        check(&probe, Down, if unread { "the status is 403 Forbidden" } else { sentence });
    }
    let follow = |path: &str| Probe {
        redirects: 5,
        ..probe(format!("{base}{path}"))
    };
    check(&follow("/redirect"), Up, "");
    check(&follow("/loop"), Down, "it redirects in a circle: back to");
    check(&follow("/loop-a"), Down, "it redirects in a circle: back to");
    check(&follow("/bad-redirect"), Down, "which is no address");
    check(
        &Probe {
            timeout: 5_000,
            ..probe(format!("{base}/drip"))
        },
        Up,
        "",
    );
    check(
        &Probe {
            latency: 1,
            timeout: 5_000,
            ..probe(format!("{base}/drip"))
        },
        ProbeState::Warning,
        "slow: ",
    );
    report.write("passed");
}

#[test]
fn what_is_no_good_http_and_what_does_not_answer_is_named() {
    use ProbeState::{Down, Unknown, Up};
    let Some((_, _, report)) = base() else { return };
    for (url, state, sentence) in [
        (
            "http://127.0.0.1:18090/",
            Down,
            "took the question and did not answer within 2500 ms",
        ),
        ("http://127.0.0.1:18091/", Down, "its body was cut off after"),
        ("http://127.0.0.1:18092/", Down, "what 127.0.0.1:18092 answers is not HTTP"),
        ("http://127.0.0.1:18093/", Down, "its body is garbled after"),
        ("http://127.0.0.1:18094/", Down, "answers with more than 256 KiB of headers"),
        ("http://127.0.0.1:1/", Down, "connection refused by 127.0.0.1:1"),
        ("http://nope.invalid/", Unknown, "no such host: nope.invalid"),
        (
            "https://127.0.0.1:18080/health",
            Down,
            "127.0.0.1:18080 does not speak TLS (is it http?)",
        ),
        (
            "http://127.0.0.1:18443/health",
            Down,
            "the status is 400 Bad Request (it speaks https on this port)",
        ),
    ] {
        check(&probe(url.to_owned()), state, sentence);
    }
    let plain = Probe {
        json: Vec::new(),
        ..probe("tcp://127.0.0.1:15432".into())
    };
    check(&plain, Up, "");
    report.write("passed");
}

#[test]
fn every_certificate_has_its_precise_sentence() {
    use ProbeState::{Down, Up, Warning};
    let Some((_, ca, report)) = base() else { return };
    for (port, state, sentence) in [
        (18443, Up, ""),
        (18444, Down, "is refused: it expired on "),
        (18445, Down, "is refused: it is self-signed"),
        (18446, Down, ", not for localhost"),
        (18447, Warning, "its certificate ends in "),
        (18448, Down, "it asks for a client certificate"),
        (18449, Down, "is refused: it is not valid before "),
        (18450, Down, "offers no TLS that is still safe (1.2 or 1.3)"),
    ] {
        let trusted = Probe {
            tls: Tls {
                ca: Some(ca.clone()),
                ..Tls::default()
            },
            json: Vec::new(),
            ..probe(format!("https://localhost:{port}/health"))
        };
        check(&trusted, state, sentence);
    }
    let unknown = Probe {
        json: Vec::new(),
        ..probe("https://localhost:18443/health".into())
    };
    check(&unknown, Down, "is not trusted here");
    report.write("passed");
}
