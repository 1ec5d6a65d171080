//! The way to one configured endpoint: its client and who we say we are there, made once and made anew when refused.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Certificate, Client, Identity, Method, Proxy, Response};
use tokio::sync::Mutex;

use super::sigv4::Signer;
use super::{build, explain, plain, secret};
use crate::config::{Access, Auth, Endpoint};
use crate::model::{Problem, ProblemKind};

/// Certificates and secrets are read again after this long: they are renewed while the program runs.
const RENEWED: Duration = Duration::from_secs(300);

/// The way to one endpoint. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub struct Door {
    endpoint: Arc<Endpoint>,
    built: Arc<Mutex<Option<Built>>>,
    /// Signs each request, where that is wanted.
    signer: Option<Arc<Signer>>,
}

#[derive(Clone, Debug)]
struct Built {
    client: Client,
    headers: HeaderMap,
    at: Instant,
}

impl Door {
    /// Nothing is read or connected before the first request.
    pub fn new(endpoint: Endpoint) -> Self {
        let signer = match &endpoint.access.auth {
            Auth::SigV4(of) => Some(Arc::new(Signer::new(of))),
            Auth::None | Auth::Basic { .. } | Auth::Bearer(_) => None,
        };
        Self {
            endpoint: Arc::new(endpoint),
            built: Arc::default(),
            signer,
        }
    }

    /// The base URL, without a slash at its end.
    pub fn url(&self) -> &str {
        self.endpoint.url.trim_end_matches('/')
    }

    /// Where from it is seen: `from here`, `via socks5h://bastion:1080`.
    pub fn way(&self) -> String {
        let proxy = self.endpoint.access.proxy.as_str();
        match proxy {
            "" if ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]
                .iter()
                .any(|name| std::env::var_os(name).is_some()) =>
            {
                "from here, or the way that HTTPS_PROXY says".to_owned()
            }
            "" | "none" => "from here".to_owned(),
            proxy => {
                // Who we are to the proxy is nobody's business.
                let url = reqwest::Url::parse(proxy).ok();
                let host = url
                    .as_ref()
                    .and_then(|url| Some((url.scheme(), url.host_str()?, url.port_or_known_default())));
                match host {
                    Some((scheme, host, Some(port))) => format!("via {scheme}://{host}:{port}"),
                    Some((scheme, host, None)) => format!("via {scheme}://{host}"),
                    None => "via proxy".to_owned(),
                }
            }
        }
    }

    /// How long an answer may take.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.endpoint.access.timeout.into())
    }

    /// A client and the headers that go with every request.
    ///
    /// # Errors
    /// A certificate or secret that cannot be read.
    pub async fn client(&self) -> Result<(Client, HeaderMap), Problem> {
        let mut built = self.built.lock().await;
        if let Some(built) = built.as_ref().filter(|built| built.at.elapsed() < RENEWED) {
            return Ok((built.client.clone(), built.headers.clone()));
        }
        let access = &self.endpoint.access;
        let new = Built {
            client: client(access, self.patience()).await?,
            headers: headers(access).await?,
            at: Instant::now(),
        };
        let given = (new.client.clone(), new.headers.clone());
        *built = Some(new);
        Ok(given)
    }

    /// What was refused (401) may have been renewed: it is read again for the next request.
    pub async fn forget(&self) {
        if let Some(signer) = &self.signer {
            signer.forget().await;
        }
        *self.built.lock().await = None;
    }

    /// Sends one request to a path below the base URL, with a JSON body if there is one.
    ///
    /// # Errors
    /// Why there was no answer. An answer of any status is an answer: [`super::read`] says what is wrong with it.
    pub async fn send(&self, method: Method, path: &str, query: &[(&str, &str)], body: Option<Vec<u8>>) -> Result<Response, Problem> {
        let body = body.map(|body| ("application/json", body));
        self.sent(method, path, query, body).await
    }

    /// Whether each request is signed: then it has to be sent by the door itself.
    pub fn is_signed(&self) -> bool {
        self.signer.is_some()
    }

    /// Posts a form to a path below the base URL.
    ///
    /// # Errors
    /// As [`Door::send`].
    pub async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Result<Response, Problem> {
        let form = reqwest::Url::parse_with_params("http://form/", pairs);
        let form = form.map_err(|_| Problem::new(ProblemKind::Config, "the question is no form"))?;
        let body = form.query().unwrap_or_default().as_bytes().to_vec();
        self.sent(Method::POST, path, &[], Some(("application/x-www-form-urlencoded", body)))
            .await
    }

    async fn sent(&self, method: Method, path: &str, query: &[(&str, &str)], body: Option<(&str, Vec<u8>)>) -> Result<Response, Problem> {
        let (client, headers) = self.client().await?;
        let url = format!("{}{path}", self.url());
        let mut target = reqwest::Url::parse(&url).map_err(|_| Problem::new(ProblemKind::Config, format!("`{url}` is not a URL")))?;
        if !query.is_empty() {
            target.query_pairs_mut().extend_pairs(query);
        }
        let mut request = client.request(method, target).headers(headers).timeout(self.patience());
        if let Some((kind, body)) = body {
            request = request.header("content-type", kind).body(body);
        }
        let mut request = request.build().map_err(|error| explain(&error, &url))?;
        if let Some(signer) = &self.signer {
            signer.sign(&mut request).await?;
        }
        let response = client.execute(request).await.map_err(|error| explain(&error, &url))?;
        if response.status() == reqwest::StatusCode::UNAUTHORIZED {
            self.forget().await;
        }
        Ok(response)
    }
}

async fn client(access: &Access, patience: Duration) -> Result<Client, Problem> {
    let mut client = plain(patience);
    if let Some(path) = &access.ca {
        let authorities = Certificate::from_pem_bundle(&pem(path).await?).map_err(|error| unusable(path, &error))?;
        if authorities.is_empty() {
            return Err(Problem::new(ProblemKind::Tls, format!("no certificate in {}", path.display())));
        }
        client = client.tls_certs_only(authorities);
    }
    if let Some((cert, key)) = &access.identity {
        let mut both = pem(cert).await?;
        if key != cert {
            both.push(b'\n');
            both.extend(pem(key).await?);
        }
        client = client.identity(Identity::from_pem(&both).map_err(|error| unusable(cert, &error))?);
    }
    client = match access.proxy.as_str() {
        "" => client,
        "none" => client.no_proxy(),
        url => client.proxy(Proxy::all(url).map_err(|_| Problem::new(ProblemKind::Config, "the proxy is not a URL"))?),
    };
    build(client)
}

async fn headers(access: &Access) -> Result<HeaderMap, Problem> {
    let bad = |name: &str| Problem::new(ProblemKind::Config, format!("the header {name} cannot be sent"));
    let mut headers = HeaderMap::new();
    for (name, value) in &access.headers {
        let key: HeaderName = name.parse().map_err(|_| bad(name))?;
        headers.insert(key, value.parse().map_err(|_| bad(name))?);
    }
    let authorization = match &access.auth {
        // Each request has a signature of its own.
        Auth::None | Auth::SigV4(_) => return Ok(headers),
        Auth::Bearer(token) => format!("Bearer {}", secret::read(token).await?),
        Auth::Basic { user, password } => {
            let password = secret::read(password).await?;
            let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
            format!("Basic {both}")
        }
    };
    let mut value: HeaderValue = authorization.parse().map_err(|_| bad("Authorization"))?;
    // It is not printed where headers are.
    value.set_sensitive(true);
    headers.insert(AUTHORIZATION, value);
    Ok(headers)
}

async fn pem(path: &Path) -> Result<Vec<u8>, Problem> {
    let read = tokio::fs::read(path).await;
    read.map_err(|error| Problem::new(ProblemKind::Tls, format!("cannot read {}: {error}", path.display())))
}

fn unusable(path: &Path, error: &reqwest::Error) -> Problem {
    let why = super::innermost(error);
    Problem::new(ProblemKind::Tls, format!("{} cannot be used: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Secret;
    use axum::http::{HeaderMap as Got, StatusCode};

    /// A server that says which headers came with a request.
    async fn echo() -> (String, tokio::task::JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/base/", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(|uri: axum::http::Uri, headers: Got| async move {
            let of = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("-").to_owned();
            let auth = of("authorization");
            let code = if auth == "Bearer old" {
                StatusCode::UNAUTHORIZED
            } else {
                StatusCode::OK
            };
            (code, format!("{uri} {auth} {}", of("x-scope-orgid")))
        });
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        (url, server)
    }

    #[tokio::test]
    async fn every_request_says_who_we_are_and_a_refused_secret_is_read_again() {
        let (url, server) = echo().await;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("token");
        std::fs::write(&path, "old").unwrap();
        let mut endpoint = Endpoint {
            url,
            ..Endpoint::default()
        };
        endpoint.access.headers.insert("X-Scope-OrgID".into(), "solia".into());
        endpoint.access.auth = Auth::Bearer(Secret::File(path.clone()));
        let door = Door::new(endpoint.clone());
        let ask = || door.send(Method::GET, "/api", &[("q", "a b")], None);
        assert_eq!(ask().await.unwrap().status(), 401);
        std::fs::write(&path, "new").unwrap();
        assert_eq!(ask().await.unwrap().text().await.unwrap(), "/base/api?q=a+b Bearer new solia");
        endpoint.access.auth = Auth::Basic {
            user: "qd".into(),
            password: Secret::File(path),
        };
        let door = Door::new(endpoint);
        let answer = door.send(Method::GET, "/api", &[], None).await.unwrap().text().await.unwrap();
        assert_eq!(answer, "/base/api Basic cWQ6bmV3 solia");
        server.abort();
    }

    #[tokio::test]
    async fn a_certificate_that_is_not_one_is_named_before_anything_is_sent() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.pem");
        std::fs::write(&path, "nothing").unwrap();
        let mut endpoint = Endpoint {
            url: "https://127.0.0.1:1".into(),
            ..Endpoint::default()
        };
        endpoint.access.ca = Some(path.clone());
        let problem = Door::new(endpoint.clone()).client().await.unwrap_err();
        assert!(problem.text.contains("ca.pem") && problem.kind == ProblemKind::Tls, "{problem}");
        endpoint.access.ca = None;
        endpoint.access.identity = Some((path, "/nowhere/key.pem".into()));
        let problem = Door::new(endpoint).client().await.unwrap_err();
        assert!(problem.text.contains("cannot read /nowhere/key.pem"), "{problem}");
    }
}
