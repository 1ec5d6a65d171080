//! Local servers in every bad state, and the sentence that each is worth.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::config::probe::{Assertion, HeaderName, HeaderSource};
use crate::model::{ProbeState, Reach};

/// What a server does with a connection.
#[derive(Clone)]
enum Does {
    /// Reads the question and sends these bytes, then hangs up.
    Says(Vec<u8>),
    /// The same, but goes on holding the line.
    Holds(Vec<u8>),
    /// Sends back what it was asked, as the body.
    Echoes,
    /// Sends these bytes before it was asked anything.
    Greets(Vec<u8>),
}

fn says(status: &str, headers: &str, body: &str) -> Does {
    let length = body.len();
    Does::Says(format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes())
}

async fn asked(pipe: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut question = Vec::new();
    let mut part = [0; 4096];
    while !question.windows(4).any(|end| end == b"\r\n\r\n") {
        match pipe.read(&mut part).await {
            Ok(0) | Err(_) => break,
            Ok(n) => question.extend_from_slice(&part[..n]),
        }
    }
    question
}

async fn serve(mut pipe: impl Pipe, does: Does) {
    let question = match &does {
        Does::Greets(_) => Vec::new(),
        _ => asked(&mut pipe).await,
    };
    let answer = match &does {
        Does::Says(bytes) | Does::Holds(bytes) | Does::Greets(bytes) => bytes.clone(),
        Does::Echoes => {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", question.len());
            [head.into_bytes(), question].concat()
        }
    };
    let _ = pipe.write_all(&answer).await;
    let _ = pipe.flush().await;
    if matches!(does, Does::Holds(_)) {
        // Until the other side has had enough.
        let mut rest = Vec::new();
        let _ = pipe.read_to_end(&mut rest).await;
    }
    let _ = pipe.shutdown().await;
}

/// A server on loopback; it ends with the returned task.
async fn server(does: Does) -> (u16, Task) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = Task::spawn(async move {
        while let Ok((pipe, _)) = listener.accept().await {
            tokio::spawn(serve(pipe, does.clone()));
        }
    });
    (port, task)
}

fn probe(url: String) -> Probe {
    Probe {
        name: "backend".into(),
        url,
        timeout: 1_000,
        via: Via::Direct,
        ..Probe::default()
    }
}

fn json(text: &str) -> Vec<Assertion> {
    vec![Assertion::parse(text).unwrap()]
}

async fn told(probe: &Probe) -> Probed {
    ask(probe, None, &Means::default()).await
}

#[tokio::test]
async fn each_bad_answer_has_its_precise_sentence() {
    let ok = r#"{"status":"ok","checks":{"db":"ok"}}"#;
    let large = "x".repeat(100 << 10);
    let chunked = |body: &str| Does::Says(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}").into_bytes());
    let cases = [
        (says("200 OK", "", ok), ProbeState::Up, ""),
        (
            says("200 OK", "", r#"{"status":"degraded"}"#),
            ProbeState::Down,
            "$.status is \"degraded\", expected == \"ok\"",
        ),
        (
            says("500 Internal Server Error", "", ok),
            ProbeState::Down,
            "the status is 500 Internal Server Error, expected 200",
        ),
        (
            says("503 Service Unavailable", "retry-after: 30\r\n", ok),
            ProbeState::Down,
            "the status is 503 Service Unavailable (retry after 30 s), expected 200",
        ),
        (
            says("401 Unauthorized", "www-authenticate: Bearer realm=\"x\", Basic\r\n", ok),
            ProbeState::Down,
            "the status is 401 Unauthorized (it asks for Bearer realm=\"x\"), expected 200",
        ),
        (
            says("302 Found", "location: /login\r\n", ok),
            ProbeState::Down,
            "the status is 302 Found (a redirect to /login, not followed), expected 200",
        ),
        (
            says("400 Bad Request", "", "The plain HTTP request was sent to HTTPS port"),
            ProbeState::Down,
            "the status is 400 Bad Request (it speaks https on this port), expected 200",
        ),
        (
            says("200 OK", "", "<!DOCTYPE html><html><title>Sign in</title>"),
            ProbeState::Down,
            "the body is an HTML page (\"Sign in\"), expected JSON",
        ),
        (says("200 OK", "", ""), ProbeState::Down, "the body is empty, expected JSON"),
        (
            says("200 OK", "", r#"{"status":"#),
            ProbeState::Down,
            "the body is not JSON (EOF while parsing a value at line 1 column 10), expected JSON",
        ),
        (
            says("200 OK", "content-encoding: gzip\r\n", ok),
            ProbeState::Down,
            "the body is said to be gzip, which was not asked for, expected JSON",
        ),
        (
            says("200 OK", "", &large),
            ProbeState::Down,
            "the body is larger than 64 KiB: only its beginning is read, expected JSON",
        ),
        (
            Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n\"\xff\"".to_vec()),
            ProbeState::Down,
            "the body is not UTF-8 from byte 1 on, expected JSON",
        ),
        (
            Does::Says(Vec::new()),
            ProbeState::Down,
            "127.0.0.1:PORT closed the connection without an answer",
        ),
        (
            Does::Says(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec()),
            ProbeState::Down,
            "what 127.0.0.1:PORT answers is not HTTP",
        ),
        (
            Does::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\"".to_vec()),
            ProbeState::Down,
            "127.0.0.1:PORT answers 200, but its body was cut off after 4 bytes",
        ),
        (
            chunked("zz\r\nabc"),
            ProbeState::Down,
            "127.0.0.1:PORT answers 200, but its body is garbled after 0 bytes",
        ),
        (
            Does::Says([b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'y'; 400 << 10]].concat()),
            ProbeState::Down,
            "127.0.0.1:PORT answers with more than 256 KiB of headers",
        ),
        (
            Does::Holds(Vec::new()),
            ProbeState::Down,
            "127.0.0.1:PORT took the question and did not answer within 1 s",
        ),
        (
            Does::Holds(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\"".to_vec()),
            ProbeState::Down,
            "127.0.0.1:PORT answers 200, but its body did not end within 1 s (4 bytes came)",
        ),
    ];
    for (does, state, sentence) in cases {
        let (port, _server) = server(does).await;
        let probe = Probe {
            json: json("$.status == \"ok\""),
            ..probe(format!("http://127.0.0.1:{port}/health"))
        };
        let told = told(&probe).await;
        assert_eq!(
            (told.state(), told.wrong().replace(&port.to_string(), "PORT")),
            (state, sentence.to_owned())
        );
        assert!(told.body.len() <= KEPT, "bounded: {}", told.body.len());
        assert_eq!((told.reach, &*told.peer), (Reach::Own, format!("127.0.0.1:{port}").as_str()));
    }
}

#[tokio::test]
async fn who_cannot_be_asked_from_here_is_not_down() {
    let refused = told(&probe("http://127.0.0.1:1/".into())).await;
    assert_eq!(
        (refused.state(), refused.wrong().as_str()),
        (ProbeState::Down, "connection refused by 127.0.0.1:1")
    );
    let unnamed = told(&probe("http://nowhere.invalid/".into())).await;
    assert_eq!(
        (unnamed.state(), unnamed.wrong().as_str(), unnamed.reach),
        (ProbeState::Unknown, "no such host: nowhere.invalid", Reach::Unresolved)
    );
    let behind = Probe {
        via: Via::Proxy("http://127.0.0.1:1".into()),
        ..probe("https://solia-invest.com/health".into())
    };
    let behind = told(&behind).await;
    assert_eq!(
        (behind.state(), behind.wrong().as_str()),
        (ProbeState::Unknown, "proxy: connection refused by 127.0.0.1:1")
    );
    let unset = Probe {
        headers: [(
            HeaderName("authorization".into()),
            HeaderSource::Env {
                name: "QD_NO_SUCH_VARIABLE".into(),
                prefix: String::new(),
            },
        )]
        .into(),
        ..probe("http://127.0.0.1:1/".into())
    };
    let unset = told(&unset).await;
    assert!(
        unset.state() == ProbeState::Unknown && unset.wrong().contains("QD_NO_SUCH_VARIABLE is not set"),
        "{unset:?}"
    );
    let inside = Probe {
        via: Via::Forward(Inside {
            namespace: "a".into(),
            service: "b".into(),
            port: "80".into(),
        }),
        ..probe("http://b/".into())
    };
    let inside = told(&inside).await;
    assert!(
        inside.state() == ProbeState::Unknown && inside.wrong().contains("none is opened here"),
        "{inside:?}"
    );
}

#[tokio::test]
async fn what_is_sent_is_a_secret_also_where_the_server_sends_it_back() {
    let (port, _server) = server(Does::Echoes).await;
    let probe = Probe {
        headers: [(HeaderName("X-Health".into()), HeaderSource::Text("very-secret-0815".into()))].into(),
        contains: vec!["x-health: very-secret-0815".into()],
        ..probe(format!("http://127.0.0.1:{port}/health?full=1"))
    };
    let told = told(&probe).await;
    assert_eq!((told.state(), told.wrong().as_str()), (ProbeState::Up, ""), "it was sent");
    assert!(!format!("{told:?}{:?}", probe.headers).contains("very-secret-0815"), "{told:?}");
    assert!(told.body.starts_with("GET /health?full=1 HTTP/1.1"), "{}", told.body);
}

#[tokio::test]
async fn redirects_are_followed_as_far_as_is_wanted_and_never_in_a_circle() {
    let (end, _end) = server(says("200 OK", "", "{}")).await;
    let (start, _start) = server(says("302 Found", &format!("location: http://127.0.0.1:{end}/there\r\n"), "")).await;
    let (circle, _circle) = server(says("302 Found", "location: /loop\r\n", "")).await;
    let follow = |url: String, redirects| Probe { redirects, ..probe(url) };
    let good = told(&follow(format!("http://127.0.0.1:{start}/"), 1)).await;
    assert_eq!((good.state(), good.hops.len(), good.code), (ProbeState::Up, 1, Some(200)));
    let round = told(&follow(format!("http://127.0.0.1:{circle}/loop"), 5)).await;
    assert_eq!(
        round.wrong(),
        format!("it redirects in a circle: back to http://127.0.0.1:{circle}/loop")
    );
}

#[tokio::test]
async fn a_plain_port_is_connected_to_and_slowness_is_a_warning() {
    let (port, _server) = server(Does::Holds(Vec::new())).await;
    let tcp = told(&probe(format!("tcp://127.0.0.1:{port}"))).await;
    assert_eq!((tcp.state(), tcp.code), (ProbeState::Up, None));
    assert!(tcp.timings.connect.is_some() && tcp.timings.tls.is_none());
    let mut record = Probed::default();
    record.timings.total = 1_200;
    let slow = Probe {
        latency: 500,
        ..probe("http://x/".into())
    };
    judge::judge(
        &slow,
        Some(&Answer {
            status: 200,
            ..Answer::default()
        }),
        &mut record,
    );
    assert_eq!(
        (record.state(), record.wrong().as_str()),
        (ProbeState::Warning, "slow: 1200 ms, more than 500 ms")
    );
}

/// An HTTP proxy that opens tunnels and passes plain requests on.
async fn proxy() -> (u16, Task) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = Task::spawn(async move {
        while let Ok((mut pipe, _)) = listener.accept().await {
            tokio::spawn(async move {
                let question = String::from_utf8(asked(&mut pipe).await).unwrap_or_default();
                let target = question.split_whitespace().nth(1).unwrap_or_default().to_owned();
                if question.starts_with("CONNECT") {
                    let Ok(mut there) = TcpStream::connect(&target).await else {
                        let _ = pipe.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
                        return;
                    };
                    let _ = pipe.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
                    let _ = tokio::io::copy_bidirectional(&mut pipe, &mut there).await;
                } else {
                    let body = format!("asked for {target}");
                    let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                    let _ = pipe.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    (port, task)
}

#[tokio::test]
async fn a_proxy_is_gone_through_and_its_failure_is_not_the_services() {
    let (proxy, _proxy) = proxy().await;
    let through = |url: String| Probe {
        via: Via::Proxy(format!("http://127.0.0.1:{proxy}")),
        ..probe(url)
    };
    let plain = told(&through("http://solia.test/health".into())).await;
    assert_eq!(
        (plain.state(), &*plain.body),
        (ProbeState::Up, "asked for http://solia.test/health")
    );
    assert_eq!(&*plain.proxy, format!("127.0.0.1:{proxy}"));
    let closed = told(&through("https://127.0.0.1:1/".into())).await;
    assert_eq!(
        (closed.state(), closed.wrong().replace(&proxy.to_string(), "PORT")),
        (
            ProbeState::Unknown,
            "proxy 127.0.0.1:PORT answers 502 to the way to 127.0.0.1:1: it does not reach it".to_owned()
        )
    );
    let issuer = authority("Test CA");
    let (port, _server) = secure(&issuer, params("127.0.0.1"), says("200 OK", "", "{}")).await;
    let (_dir, ca) = pem(&issuer);
    let tunnelled = Probe {
        tls: trusting(&ca),
        ..through(format!("https://127.0.0.1:{port}/"))
    };
    let tunnelled = told(&tunnelled).await;
    assert_eq!(
        (tunnelled.state(), tunnelled.code, tunnelled.wrong().as_str()),
        (ProbeState::Up, Some(200), "")
    );
}

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn params(host: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.distinguished_name.push(DnType::CommonName, "server");
    params
}

fn pem(issuer: &Issuer) -> (tempfile::TempDir, std::path::PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ca.pem");
    std::fs::write(&path, issuer.pem()).unwrap();
    (dir, path)
}

fn trusting(ca: &std::path::Path) -> crate::config::probe::Tls {
    crate::config::probe::Tls {
        ca: Some(ca.to_path_buf()),
        ..crate::config::probe::Tls::default()
    }
}

/// A server that speaks TLS with a certificate of these parameters.
async fn secure(issuer: &Issuer, params: CertificateParams, does: Does) -> (u16, Task) {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    shows(certificate.der().clone(), &key, does).await
}

async fn shows(certificate: rustls::pki_types::CertificateDer<'static>, key: &KeyPair, does: Does) -> (u16, Task) {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = Task::spawn(async move {
        while let Ok((pipe, _)) = listener.accept().await {
            let (acceptor, does) = (acceptor.clone(), does.clone());
            tokio::spawn(async move {
                if let Ok(pipe) = acceptor.accept(pipe).await {
                    serve(pipe, does).await;
                }
            });
        }
    });
    (port, task)
}

#[tokio::test]
async fn a_certificate_that_is_refused_is_refused_with_its_reason_and_shown() {
    let issuer = authority("Test CA");
    let (_dir, ca) = pem(&issuer);
    let day = |days: i64| std::time::SystemTime::now() + Duration::from_secs(86_400).saturating_mul(u32::try_from(days.max(0)).unwrap());
    let past = |days: u32| std::time::SystemTime::now() - Duration::from_secs(86_400) * days;
    let mut expired = params("127.0.0.1");
    (expired.not_before, expired.not_after) = (past(30).into(), past(2).into());
    let mut early = params("127.0.0.1");
    (early.not_before, early.not_after) = (day(2).into(), day(30).into());
    let mut soon = params("127.0.0.1");
    (soon.not_before, soon.not_after) = (past(30).into(), (day(3) + Duration::from_secs(3_600)).into());
    let answer = || says("200 OK", "", "{}");
    for (params, trusts, state, sentence) in [
        (params("127.0.0.1"), true, ProbeState::Up, ""),
        (soon, true, ProbeState::Warning, "its certificate ends in 3 days"),
        (
            expired,
            true,
            ProbeState::Down,
            "the certificate of 127.0.0.1:PORT is refused: it expired on ",
        ),
        (
            early,
            true,
            ProbeState::Down,
            "the certificate of 127.0.0.1:PORT is refused: it is not valid before ",
        ),
        (
            params("solia.test"),
            true,
            ProbeState::Down,
            "the certificate of 127.0.0.1:PORT is refused: it is for solia.test, not for 127.0.0.1",
        ),
        (
            params("127.0.0.1"),
            false,
            ProbeState::Down,
            "the certificate of 127.0.0.1:PORT is refused: its issuer, Test CA, is not trusted here",
        ),
    ] {
        let (port, _server) = secure(&issuer, params, answer()).await;
        let tls = if trusts { trusting(&ca) } else { Default::default() };
        let mut probe = Probe {
            tls,
            ..probe(format!("https://127.0.0.1:{port}/"))
        };
        let told = super::ask(&probe, None, &Means::default()).await;
        let wrong = told.wrong().replace(&port.to_string(), "PORT");
        assert!(wrong.starts_with(sentence) && (sentence.is_empty() == wrong.is_empty()), "{wrong}");
        assert_eq!(told.state(), state, "{wrong}");
        let certificate = told.certificate.expect("shown also where it is refused");
        assert_eq!((&*certificate.subject, &*certificate.issuer), ("server", "Test CA"));
        assert_eq!(certificate.fault.is_some(), state == ProbeState::Down);
        // With `insecure` it is asked all the same, and the reason is a warning.
        probe.tls.insecure = true;
        let lax = super::ask(&probe, None, &Means::default()).await;
        assert_eq!(lax.code, Some(200));
        assert_eq!(lax.state() == ProbeState::Up, state == ProbeState::Up, "{}", lax.wrong());
    }
}

#[tokio::test]
async fn a_certificate_of_its_own_making_and_a_port_without_tls_are_told_apart() {
    let key = KeyPair::generate().unwrap();
    let own = params("127.0.0.1").self_signed(&key).unwrap();
    let (port, _server) = shows(own.der().clone(), &key, says("200 OK", "", "{}")).await;
    let alone = told(&probe(format!("https://127.0.0.1:{port}/"))).await;
    assert_eq!(
        alone.wrong(),
        format!("the certificate of 127.0.0.1:{port} is refused: it is self-signed")
    );
    let (port, _plain) = server(Does::Greets(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec())).await;
    let plain = told(&probe(format!("https://127.0.0.1:{port}/"))).await;
    assert_eq!(plain.wrong(), format!("127.0.0.1:{port} does not speak TLS (is it http?)"));
}

#[tokio::test]
async fn rounds_are_told_one_after_the_other() {
    let (port, _server) = server(says("200 OK", "", "{}")).await;
    let (tell, mut facts) = mpsc::channel(1);
    let probe = Probe {
        interval: 1,
        ..probe(format!("http://127.0.0.1:{port}/"))
    };
    let _task = spawn(EnvId(2), 3, probe, None, Means::default(), tell);
    for _ in 0..2 {
        let fact = facts.recv().await.unwrap();
        let Seen::Probe(3, told) = fact.seen else {
            panic!("{:?}", fact.seen)
        };
        assert_eq!((fact.env, told.state()), (EnvId(2), ProbeState::Up));
    }
}

#[test]
fn an_address_inside_a_network_is_not_public() {
    use crate::model::Reach::{Own, Private, Public};
    for (address, reach) in [
        ("1.1.1.1", Public),
        ("10.0.0.1", Private),
        ("172.20.1.1", Private),
        ("192.168.1.1", Private),
        ("100.64.0.9", Private),
        ("169.254.169.254", Private),
        ("127.0.0.1", Own),
        ("::1", Own),
        ("fd00::1", Private),
        ("::ffff:10.0.0.1", Private),
        ("2606:4700::1111", Public),
    ] {
        assert_eq!(wire::reach(address.parse().unwrap()), reach, "{address}");
    }
}
