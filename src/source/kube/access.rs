//! From an environment's settings to everything a client needs: address, trust, credentials, proxy.
//!
//! Credentials are resolved here and now (plugin run, files read), so that a client never stops in
//! the middle of a request to run a program, and their end is known.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderValue, Uri, header};
use kube::config::{AuthInfo, Cluster};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::account::account;
use super::kubeconfig::{self, Target, plain};
use super::proxy::{self, ProxyEnv};
use super::{exec, expiry};
use crate::config::Kubernetes;
use crate::model::{Problem, ProblemKind, Server, Time, clean};

/// How to reach one API server, and as whom.
#[derive(Clone)]
pub struct Access {
    /// The client library's configuration, with static credentials.
    pub config: kube::Config,
    /// Host, and port where it is not the scheme's own.
    pub host: Box<str>,
    /// The kubeconfig's name for the user.
    pub user: Box<str>,
    /// The kubeconfig's name for the cluster.
    pub cluster: Box<str>,
    /// The cloud account that the kubeconfig names; empty: none.
    pub account: Box<str>,
    /// When the credentials end; never, if they do not say.
    pub expires: Time,
    /// What ends then.
    pub credential: CredentialKind,
}

/// What proves who we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialKind {
    Token,
    Certificate,
    /// A name and password, or nothing at all.
    Other,
}

impl CredentialKind {
    /// As in `token expired 03:04`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Token | Self::Other => "token",
            Self::Certificate => "client certificate",
        }
    }
}

/// Resolves settings: reads the kubeconfig (or the pod's service account), runs the exec plugin.
///
/// # Errors
/// Whatever is wrong with the configuration, the files it names or the plugin.
pub async fn resolve(settings: &Kubernetes) -> Result<Access, Problem> {
    let reading = settings.clone();
    // Files can be on a network home: reading them must not hold up the other tasks of this thread.
    let found = tokio::task::spawn_blocking(move || kubeconfig::load_for(&reading))
        .await
        .map_err(|_| Problem::new(ProblemKind::Config, "the kubeconfig could not be read"))??;
    if found.is_empty() && settings.kubeconfig.is_empty() {
        if kubeconfig::in_cluster() && settings.context.is_empty() {
            return of_pod();
        }
        return Err(Problem::new(ProblemKind::Config, "there is no kubeconfig").hint("set KUBECONFIG or write ~/.kube/config"));
    }
    of_target(found.target(&settings.context)?).await
}

async fn of_target(target: Target) -> Result<Access, Problem> {
    let Target {
        cluster,
        mut user,
        user_name,
        cluster_name,
        context_name,
    } = target;
    let account = account(&[&cluster_name, &user_name, &context_name], &user);
    let uri = address(&cluster)?;
    let mut config = kube::Config::new(uri.clone());
    let authority = bytes(
        &cluster.certificate_authority_data,
        &cluster.certificate_authority,
        "certificate-authority",
    )?;
    if let Some(pem) = authority {
        config.root_cert = Some(certificates(&pem)?);
    }
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify.unwrap_or(false);
    config.disable_compression = cluster.disable_compression.unwrap_or(false);
    config.tls_server_name = cluster.tls_server_name.clone();
    config.proxy_url = proxy::choose(&uri, cluster.proxy_url.as_deref(), &ProxyEnv::read())?;
    let (credential, expires) = settle(&mut user, &cluster).await?;
    config.auth_info = user;
    let access = finish(config, &user_name, credential, expires)?;
    Ok(Access {
        cluster: clean(&cluster_name).into(),
        account: account.into(),
        ..access
    })
}

fn of_pod() -> Result<Access, Problem> {
    let mut config = kube::Config::incluster_env().map_err(|error| super::fault::of(&error))?;
    let file = config.auth_info.token_file.take().unwrap_or_default();
    let token = token_file(&file)?;
    let expires = expiry::of_token(&token);
    config.auth_info.token = Some(token.into());
    finish(config, "service account", CredentialKind::Token, expires)
}

fn finish(mut config: kube::Config, user: &str, credential: CredentialKind, expires: Time) -> Result<Access, Problem> {
    let host = host(&config.cluster_url);
    let agent = HeaderValue::from_static(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")));
    config.headers.push((header::USER_AGENT, agent));
    config.default_retry = false;
    config.connect_timeout = Some(super::client::CONNECT);
    config.read_timeout = None;
    Ok(Access {
        config,
        host: clean(&host).into(),
        user: clean(user).into(),
        cluster: "".into(),
        account: "".into(),
        expires,
        credential,
    })
}

/// Host, and port where it is not the scheme's own.
fn host(uri: &Uri) -> String {
    let default_port = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    match (uri.host(), uri.port_u16()) {
        (Some(host), Some(port)) if port != default_port => format!("{host}:{port}"),
        (host, _) => host.unwrap_or_default().to_owned(),
    }
}

/// Where the settings lead and as whom, by the kubeconfig alone: nothing is run or connected. In a pod nothing of it is known.
///
/// # Errors
/// The kubeconfig cannot be read, or has no such context.
pub fn named(settings: &Kubernetes) -> Result<Server, Problem> {
    let found = kubeconfig::load_for(settings)?;
    if found.is_empty() {
        return Ok(Server::default());
    }
    let target = found.target(&settings.context)?;
    let names = [target.cluster_name.as_str(), &target.user_name, &target.context_name];
    Ok(Server {
        host: clean(&host(&address(&target.cluster)?)).into(),
        user: clean(&target.user_name).into(),
        cluster: clean(&target.cluster_name).into(),
        account: account(&names, &target.user).into(),
        ..Server::default()
    })
}

fn address(cluster: &Cluster) -> Result<Uri, Problem> {
    let Some(server) = cluster.server.as_deref().map(str::trim).filter(|s| !s.is_empty()) else {
        return Err(Problem::new(
            ProblemKind::Config,
            "the cluster of this context has no server address",
        ));
    };
    // Like kubectl: without a scheme it is HTTPS where there is a certificate authority, else HTTP.
    let secured = cluster.certificate_authority.is_some() || cluster.certificate_authority_data.is_some();
    let full = match server.contains("://") {
        true => server.to_owned(),
        false if secured => format!("https://{server}"),
        false => format!("http://{server}"),
    };
    let uri = full.parse::<Uri>().ok().filter(|u| u.host().is_some_and(|h| !h.is_empty()));
    match uri {
        Some(uri) if matches!(uri.scheme_str(), Some("http" | "https")) => Ok(uri),
        _ => Err(Problem::new(
            ProblemKind::Config,
            format!("the server address {server} is not a URL"),
        )),
    }
}

/// Replaces whatever names a credential by the credential itself.
async fn settle(user: &mut AuthInfo, cluster: &Cluster) -> Result<(CredentialKind, Time), Problem> {
    if let Some(file) = user.token_file.take() {
        user.token = Some(token_file(&file)?.into());
    }
    let token = exposed_token(user);
    if token.is_none() {
        user.token = None;
    }
    let basic = user.username.is_some();
    if let (None, false, Some(plugin)) = (&token, basic, &user.exec) {
        let got = exec::run(plugin, cluster, exec::DEADLINE).await?;
        user.exec = None;
        user.auth_provider = None;
        let credential = if got.token.is_some() {
            CredentialKind::Token
        } else {
            CredentialKind::Certificate
        };
        user.token = got.token.map(Into::into);
        if let Some((certificate, key)) = got.certificate {
            user.client_certificate_data = Some(STANDARD.encode(certificate));
            user.client_key_data = Some(STANDARD.encode(key).into());
        }
        return Ok((credential, got.expires));
    }
    user.exec = None;
    let provider = user.auth_provider.take();
    let certificate = client_certificate(user)?;
    match (token, certificate, provider) {
        (Some(token), _, _) => Ok((CredentialKind::Token, expiry::of_token(&token))),
        (None, Some(pem), _) => Ok((CredentialKind::Certificate, expiry::of_certificate(&pem))),
        (None, None, Some(provider)) if !basic => Err(Problem::new(
            ProblemKind::Config,
            format!("the kubeconfig's auth-provider {} is not supported", provider.name),
        )
        .hint("kubectl dropped it in 1.26; use an exec plugin")),
        _ => Ok((CredentialKind::Other, Time::NEVER)),
    }
}

/// Reads the client certificate and key, so that a missing file is a plain sentence, and returns the certificate.
fn client_certificate(user: &mut AuthInfo) -> Result<Option<Vec<u8>>, Problem> {
    let pem = bytes(&user.client_certificate_data, &user.client_certificate, "client-certificate")?;
    let key_file = user.client_key.take().filter(|_| !has_key_data(user));
    if !has_key_data(user) {
        user.client_key_data = None;
    }
    if let Some(key) = bytes(&None, &key_file, "client-key")? {
        user.client_key_data = Some(STANDARD.encode(key).into());
    }
    user.client_certificate = None;
    user.client_certificate_data = pem.as_ref().map(|p| STANDARD.encode(p));
    match (&pem, &user.client_key_data) {
        (Some(_), None) => Err(Problem::new(
            ProblemKind::Config,
            "the kubeconfig has a client-certificate but no client-key",
        )),
        (None, Some(_)) => Err(Problem::new(
            ProblemKind::Config,
            "the kubeconfig has a client-key but no client-certificate",
        )),
        _ => Ok(pem),
    }
}

/// The library keeps secrets in a type that only it can open; its serialized form is the way in.
fn exposed(user: &AuthInfo, field: &str) -> Option<String> {
    let value = serde_json::to_value(user).ok()?;
    value.get(field)?.as_str().filter(|s| !s.is_empty()).map(str::to_owned)
}

fn exposed_token(user: &AuthInfo) -> Option<String> {
    exposed(user, "token")
}

fn has_key_data(user: &AuthInfo) -> bool {
    exposed(user, "client-key-data").is_some()
}

fn token_file(path: &str) -> Result<String, Problem> {
    let token = fs::read_to_string(path).map_err(|e| unreadable("token file", path, &e))?;
    let token = token.trim();
    if token.is_empty() {
        return Err(Problem::new(ProblemKind::Login, format!("the token file {path} is empty")).hint(super::problem::LOGIN_HINT));
    }
    Ok(token.to_owned())
}

/// Base64 data where there is some, else the contents of the file.
fn bytes(data: &Option<String>, file: &Option<String>, what: &str) -> Result<Option<Vec<u8>>, Problem> {
    match (data.as_deref().filter(|d| !d.is_empty()), file) {
        (Some(data), _) => {
            let compact: String = data.split_whitespace().collect();
            let decoded = STANDARD.decode(compact);
            let bytes = decoded.map_err(|_| Problem::new(ProblemKind::Config, format!("{what}-data in the kubeconfig is not base64")))?;
            Ok(Some(bytes))
        }
        (None, Some(path)) => fs::read(Path::new(path)).map(Some).map_err(|e| unreadable(what, path, &e)),
        (None, None) => Ok(None),
    }
}

fn unreadable(what: &str, path: &str, error: &std::io::Error) -> Problem {
    Problem::new(ProblemKind::Config, format!("cannot read the {what} {path}: {}", plain(error)))
}

fn certificates(pem: &[u8]) -> Result<Vec<Vec<u8>>, Problem> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all.into_iter().map(|c| c.to_vec()).collect()),
        _ => Err(Problem::new(
            ProblemKind::Config,
            "the certificate-authority in the kubeconfig holds no certificate",
        )),
    }
}

#[cfg(test)]
#[path = "access_tests.rs"]
mod tests;
