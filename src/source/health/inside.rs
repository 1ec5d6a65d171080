//! Through the API server's proxy to a service: no port-forward, no way of our own, only the right to `services/proxy`.

use http::{Request, header};
use http_body_util::BodyExt;
use kube::client::Body;
use reqwest::Url;
use tokio::time::Instant;

use super::wire::millis;
use super::{Answer, Stop};
use crate::config::Probe;
use crate::config::probe::Inside;
use crate::model::{Probed, Problem, ProblemKind};
use crate::source::kube::{Api, problem};

/// Asks by GET, which the configuration has made sure of.
pub(super) async fn through_api(probe: &Probe, inside: &Inside, api: &Api, record: &mut Probed) -> Result<Answer, Stop> {
    let url = Url::parse(&probe.url).map_err(|_| super::wire::misread(&probe.url))?;
    let path = path(&url, inside);
    let request = Request::get(&path)
        .header(header::ACCEPT, "application/json, */*;q=0.5")
        .body(Body::empty())
        .map_err(|_| super::wire::misread(&path))?;
    let started = Instant::now();
    let deadline = std::time::Duration::from_millis(probe.timeout.into());
    let exchange = async {
        // The client that asks once: what a service answers is not to be asked for again until it is good.
        let answer = api.writer.send(request).await.map_err(|error| Stop::here(problem::of(&error)))?;
        record.timings.first = Some(millis(started));
        let mut told = Answer::begun(&answer);
        let mut body = answer.into_body();
        while let Some(part) = body.frame().await {
            let part = part.map_err(|_| Stop::there(ProblemKind::BadAnswer, format!("{inside} broke off its answer")))?;
            if part.into_data().is_ok_and(|data| told.take(&data).is_break()) {
                break;
            }
        }
        Ok(told)
    };
    let answer = tokio::time::timeout(deadline, exchange).await;
    let answer = answer.map_err(|_| {
        let text = format!("no answer from {inside} through the API server within {} ms", probe.timeout);
        Stop::there(ProblemKind::TimedOut, text)
    })??;
    match of_server(&answer, inside) {
        Some(stop) => Err(stop),
        None => Ok(answer),
    }
}

/// `/api/v1/namespaces/shop/services/https:web:443/proxy/health?full=1`
fn path(url: &Url, inside: &Inside) -> String {
    let scheme = if url.scheme() == "https" { "https:" } else { "" };
    let query = url.query().map_or_else(String::new, |query| format!("?{query}"));
    let Inside { namespace, service, port } = inside;
    format!(
        "/api/v1/namespaces/{namespace}/services/{scheme}{service}:{port}/proxy{}{query}",
        url.path()
    )
}

/// Where the API server speaks for itself, it says so with a `Status`.
fn of_server(answer: &Answer, inside: &Inside) -> Option<Stop> {
    if answer.status < 400 {
        return None;
    }
    let status: serde_json::Value = serde_json::from_slice(&answer.body).ok()?;
    if status.get("kind")? != "Status" || status.get("apiVersion")? != "v1" {
        return None;
    }
    let message = status.get("message").and_then(serde_json::Value::as_str).unwrap_or_default();
    Some(match answer.status {
        403 => {
            Stop::here(Problem::new(ProblemKind::Denied, "may not get services/proxy").hint(crate::model::shorten(message, 200).as_ref()))
        }
        401 => Stop::here(Problem::new(ProblemKind::Login, "the API server refuses the credentials")),
        404 => Stop::here(Problem::new(ProblemKind::NotFound, format!("there is no {inside}"))),
        _ => Stop::there(
            ProblemKind::Unreachable,
            format!("the API server does not reach {inside}: {message}"),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_names_scheme_service_and_port() {
        let inside = Inside {
            namespace: "shop".into(),
            service: "web".into(),
            port: "http".into(),
        };
        for (url, expected) in [
            (
                "http://web/health?full=1",
                "/api/v1/namespaces/shop/services/web:http/proxy/health?full=1",
            ),
            ("https://web/", "/api/v1/namespaces/shop/services/https:web:http/proxy/"),
        ] {
            assert_eq!(path(&Url::parse(url).unwrap(), &inside), expected);
        }
    }

    #[test]
    fn what_the_api_server_says_is_not_what_the_service_says() {
        let inside = Inside {
            namespace: "shop".into(),
            service: "web".into(),
            port: "80".into(),
        };
        let of = |status: u16, body: &str| {
            let answer = Answer {
                status,
                body: body.into(),
                ..Answer::default()
            };
            of_server(&answer, &inside).map(|stop| (stop.blame, stop.problem.text.to_string()))
        };
        let status = |message: &str| format!(r#"{{"kind":"Status","apiVersion":"v1","message":"{message}"}}"#);
        use crate::model::Blame::{Here, There};
        assert_eq!(of(503, r#"{"status":"down"}"#), None, "the service's own words");
        assert_eq!(of(200, &status("x")), None);
        let (blame, text) = of(503, &status("no endpoints available for service web")).unwrap();
        assert!(blame == There && text.contains("no endpoints available"), "{text}");
        assert_eq!(of(403, &status("forbidden")).unwrap(), (Here, "may not get services/proxy".into()));
        assert_eq!(of(404, &status("services web not found")).unwrap().0, Here);
    }
}
