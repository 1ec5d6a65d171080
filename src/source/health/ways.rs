//! Proxies between here and a service: which one, and through it.

use http::{HeaderValue, Uri};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioIo;
use reqwest::Url;
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use super::wire::{Place, Walk, millis};
use super::{Pipe, Stop};
use crate::config::probe::Via;
use crate::model::{Problem, ProblemKind};

/// A proxy, and what it asks for.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    uri: Uri,
    pub auth: Option<HeaderValue>,
    login: Option<(String, String)>,
}

/// The proxy for a URL; `None`: none.
pub(super) fn find(via: &Via, url: &Url) -> Result<Option<Proxy>, Stop> {
    let matcher = match via {
        Via::Environment => Matcher::from_env(),
        Via::Proxy(proxy) => Matcher::builder().all(proxy.as_str()).build(),
        Via::Direct | Via::Api(_) | Via::Forward(_) => return Ok(None),
    };
    // A bare connection goes through whatever `https` goes through: a tunnel.
    let asked = url.as_str().replacen("tcp://", "https://", 1);
    let Ok(uri) = asked.parse::<Uri>() else { return Ok(None) };
    Ok(matcher.intercept(&uri).map(|found| Proxy {
        uri: found.uri().clone(),
        auth: found.basic_auth().cloned(),
        login: found.raw_auth().map(|(user, password)| (user.to_owned(), password.to_owned())),
    }))
}

impl Proxy {
    fn place(&self) -> Option<Place> {
        let port = match self.uri.scheme_str() {
            Some("https") => 443,
            Some("http") => 80,
            _ => 1080,
        };
        Some(Place {
            host: self.uri.host()?.trim_start_matches('[').trim_end_matches(']').to_owned(),
            port: self.uri.port_u16().unwrap_or(port),
        })
    }
}

impl Walk<'_> {
    /// Through a proxy to a place. That a proxy fails says nothing of the service behind it.
    pub async fn through(&mut self, proxy: &Proxy, url: &Url, to: &Place) -> Result<Box<dyn Pipe>, Stop> {
        let Some(place) = proxy.place() else {
            return Err(failed("the proxy's address has no host"));
        };
        self.record.proxy = place.to_string().into();
        if proxy.uri.scheme_str().is_some_and(|scheme| scheme.starts_with("socks")) {
            return self.socks(proxy, &place, to).await;
        }
        let stream = self
            .connect(&place)
            .await
            .map_err(|stop| failed(format!("proxy: {}", stop.problem.text)))?;
        // It was the proxy that was reached.
        self.record.reach = crate::model::Reach::Unresolved;
        let mut pipe: Box<dyn Pipe> = Box::new(stream);
        if proxy.uri.scheme_str() == Some("https") {
            pipe = self
                .secure(pipe, &place)
                .await
                .map_err(|stop| failed(format!("proxy: {}", stop.problem.text)))?;
            self.record.certificate = None;
        }
        match url.scheme() {
            "http" => Ok(pipe),
            _ => self.tunnel(proxy, pipe, &place, to).await,
        }
    }

    async fn tunnel(&mut self, proxy: &Proxy, pipe: Box<dyn Pipe>, place: &Place, to: &Place) -> Result<Box<dyn Pipe>, Stop> {
        let mut request = http::Request::connect(to.to_string()).header(http::header::HOST, to.to_string());
        if let Some(auth) = &proxy.auth {
            request = request.header(http::header::PROXY_AUTHORIZATION, auth);
        }
        let request = request
            .body(http_body_util::Empty::<bytes::Bytes>::new())
            .map_err(|_| failed("the proxy cannot be asked"))?;
        let ask = async {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(pipe)).await?;
            // It ends with the tunnel.
            tokio::spawn(connection.with_upgrades());
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            match status.is_success() {
                true => Ok::<_, hyper::Error>(Ok(hyper::upgrade::on(answer).await?)),
                false => Ok(Err(status)),
            }
        };
        match timeout_at(self.deadline, ask).await {
            Ok(Ok(Ok(upgraded))) => Ok(Box::new(TokioIo::new(upgraded))),
            Ok(Ok(Err(status))) => {
                let hint = match status.as_u16() {
                    407 => ": it asks for a login (http://user:password@proxy)",
                    403 => ": it does not allow it",
                    502..=504 => ": it does not reach it",
                    _ => "",
                };
                Err(failed(format!(
                    "proxy {place} answers {} to the way to {to}{hint}",
                    status.as_u16()
                )))
            }
            Ok(Err(_)) => Err(failed(format!("proxy {place} answers something that is not HTTP"))),
            Err(_) => Err(failed(format!("proxy {place} opened no way to {to} within {}", self.patience()))),
        }
    }

    async fn socks(&mut self, proxy: &Proxy, place: &Place, to: &Place) -> Result<Box<dyn Pipe>, Stop> {
        let wrong = || failed("the proxy cannot be asked");
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        let at: Uri = format!("http://{place}").parse().map_err(|_| wrong())?;
        let mut socks = SocksV5::new(at, connector);
        if let Some((user, password)) = &proxy.login {
            socks = socks.with_auth(user.clone(), password.clone());
        }
        // `socks5` looks the name up here, `socks5h` there.
        if proxy.uri.scheme_str() == Some("socks5") {
            socks = socks.local_dns(true);
        }
        let target: Uri = format!("http://{to}").parse().map_err(|_| wrong())?;
        let started = Instant::now();
        let ready = async {
            std::future::poll_fn(|context| socks.poll_ready(context))
                .await
                .map_err(|error| error.to_string())?;
            socks.call(target).await.map_err(|error| error.to_string())
        };
        match timeout_at(self.deadline, ready).await {
            Ok(Ok(stream)) => {
                self.record.timings.connect = Some(millis(started));
                Ok(Box::new(stream.into_inner()))
            }
            Ok(Err(error)) => Err(failed(format!("proxy {place}: {error}"))),
            Err(_) => Err(failed(format!("proxy {place} opened no way to {to} within {}", self.patience()))),
        }
    }
}

fn failed(text: impl AsRef<str>) -> Stop {
    Stop::here(Problem::new(ProblemKind::Unreachable, text).hint("HTTPS_PROXY and NO_PROXY, or the probe's via"))
}
