//! Asks an environment's health probes whether they answer, and from where.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::{Task, http};
use crate::config::Probe;
use crate::model::{EnvId, Fact, Probed, Seen, Time};

/// From one round to the next.
const EVERY: Duration = Duration::from_secs(15);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks again and again, until the task is dropped or nobody listens.
pub fn spawn(env: EnvId, number: u16, probe: Probe, facts: mpsc::Sender<Fact>) -> Task {
    Task::spawn(async move {
        loop {
            let probed = ask(&probe.url).await;
            let at = Time(jiff::Timestamp::now().as_second());
            let seen = Seen::Probe(number, probed);
            if facts.send(Fact { env, at, seen }).await.is_err() {
                return;
            }
            tokio::time::sleep(EVERY).await;
        }
    })
}

async fn ask(url: &str) -> Probed {
    let started = Instant::now();
    // A new client each time: a connection that is kept says little about whether one can be made.
    let answer = match http::client(PATIENCE) {
        Ok(client) => client
            .get(url)
            .timeout(PATIENCE)
            .send()
            .await
            .map_err(|error| http::explain(&error, url)),
        Err(problem) => Err(problem),
    };
    let public = answer
        .as_ref()
        .is_ok_and(|answer| answer.remote_addr().is_some_and(|from| is_public(from.ip())));
    Probed {
        url: url.into(),
        answer: answer.map(|answer| answer.status().as_u16()),
        millis: u32::try_from(started.elapsed().as_millis()).unwrap_or(u32::MAX),
        public,
    }
}

/// Whether an address is reached through the internet, and not only from inside a network (RFC 1918, 4193, 6598).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_unspecified() || shared)
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_public(v4.into()),
            None => !(v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_a_network_is_not_public() {
        for (address, public) in [
            ("1.1.1.1", true),
            ("10.0.0.1", false),
            ("172.20.1.1", false),
            ("192.168.1.1", false),
            ("100.64.0.9", false),
            ("169.254.169.254", false),
            ("127.0.0.1", false),
            ("::1", false),
            ("fd00::1", false),
            ("::ffff:10.0.0.1", false),
            ("2606:4700::1111", true),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), public, "{address}");
        }
    }

    #[tokio::test]
    async fn what_answers_here_is_told_with_its_status_and_is_not_public() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/health", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(|| async { axum::http::StatusCode::SERVICE_UNAVAILABLE });
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let (tell, mut facts) = mpsc::channel(1);
        let probe = Probe {
            url: url.clone(),
            ..Probe::default()
        };
        let _task = spawn(EnvId(0), 3, probe, tell);
        let told = facts.recv().await.unwrap();
        let Seen::Probe(3, probed) = told.seen else { panic!("{told:?}") };
        assert_eq!((&*probed.url, probed.answer, probed.public), (url.as_str(), Ok(503), false));
        server.abort();
        assert!(ask(&url).await.answer.is_ok_and(|_| false) || ask("http://127.0.0.1:1/").await.answer.is_err());
    }
}
