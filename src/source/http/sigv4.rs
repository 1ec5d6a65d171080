//! Requests signed as Amazon wants them (Signature Version 4), for its managed Prometheus.

use std::time::{Duration, SystemTime};

use aws_config::BehaviorVersion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_sdk_cloudwatchlogs::config::{Credentials, ProvideCredentials as _, Region, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::header::{HeaderName, HeaderValue};
use tokio::sync::Mutex;

use crate::config::SigV4;
use crate::model::{Problem, ProblemKind};

/// Credentials that end so soon are asked for anew.
const BEFORE: Duration = Duration::from_secs(60);
/// Credentials that do not say when they end are asked for anew after so long: a profile may have been changed.
const KEPT: Duration = Duration::from_secs(300);

/// Who signs.
#[derive(Debug)]
pub struct Signer {
    of: SigV4,
    provider: Mutex<Option<SharedCredentialsProvider>>,
    kept: Mutex<Option<(Credentials, SystemTime)>>,
}

impl Signer {
    /// Nothing is read before the first request.
    pub fn new(of: &SigV4) -> Self {
        Self {
            of: of.clone(),
            provider: Mutex::default(),
            kept: Mutex::default(),
        }
    }

    /// What was refused may have been renewed.
    pub async fn forget(&self) {
        *self.kept.lock().await = None;
        *self.provider.lock().await = None;
    }

    /// Signs a request as it will be sent.
    ///
    /// # Errors
    /// There are no credentials, or the request cannot be signed.
    pub async fn sign(&self, request: &mut reqwest::Request) -> Result<(), Problem> {
        let now = SystemTime::now();
        let credentials = self.credentials(now).await?;
        signed(request, &self.of, credentials, now)
    }

    async fn credentials(&self, now: SystemTime) -> Result<Credentials, Problem> {
        let mut kept = self.kept.lock().await;
        if let Some((credentials, until)) = kept.as_ref().filter(|(_, until)| now < *until) {
            let _ = until;
            return Ok(credentials.clone());
        }
        let provider = {
            let mut provider = self.provider.lock().await;
            match provider.as_ref() {
                Some(provider) => provider.clone(),
                None => provider.insert(connect(&self.of).await?).clone(),
            }
        };
        let credentials = provider.provide_credentials().await.map_err(|error| {
            let text = crate::source::http::causes(&error)
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(": ");
            Problem::new(ProblemKind::Login, format!("no credentials to sign with: {text}")).hint(":login, or the profile of sigv4")
        })?;
        let until = credentials
            .expiry()
            .map_or(now + KEPT, |end| end.checked_sub(BEFORE).unwrap_or(end));
        *kept = Some((credentials.clone(), until));
        Ok(credentials)
    }
}

/// The credentials of the profile, else of the usual chain.
async fn connect(of: &SigV4) -> Result<SharedCredentialsProvider, Problem> {
    let region = Region::new(of.region.clone());
    if !of.profile.is_empty() {
        let provider = ProfileFileCredentialsProvider::builder()
            .profile_name(&of.profile)
            .configure(&ProviderConfig::without_region().with_region(Some(region)));
        return Ok(SharedCredentialsProvider::new(provider.build()));
    }
    let config = aws_config::defaults(BehaviorVersion::latest()).region(region).load().await;
    config
        .credentials_provider()
        .ok_or_else(|| Problem::new(ProblemKind::Login, "no credentials to sign with").hint("sigv4 takes a profile"))
}

/// Puts the signature into the headers of a request.
fn signed(request: &mut reqwest::Request, of: &SigV4, credentials: Credentials, now: SystemTime) -> Result<(), Problem> {
    let bad = |error: &dyn std::fmt::Display| Problem::new(ProblemKind::Config, format!("the request cannot be signed: {error}"));
    let identity = credentials.into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(&of.region)
        .name(&of.service)
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| bad(&error))?;
    let instructions = {
        let headers = request
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.url().as_str(),
            headers,
            SignableBody::Bytes(body),
        )
        .map_err(|error| bad(&error))?;
        let (instructions, _) = sign(signable, &params.into()).map_err(|error| bad(&error))?.into_parts();
        instructions
    };
    for (name, value) in instructions.headers() {
        let name: HeaderName = name.parse().map_err(|error: http::header::InvalidHeaderName| bad(&error))?;
        let mut value: HeaderValue = value.parse().map_err(|error: http::header::InvalidHeaderValue| bad(&error))?;
        value.set_sensitive(true);
        request.headers_mut().insert(name, value);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key and moment of Amazon's published test vectors.
    const KEY: (&str, &str) = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    const AT: u64 = 1_440_938_160;

    fn of() -> SigV4 {
        SigV4 {
            region: "us-east-1".into(),
            profile: String::new(),
            service: "service".into(),
        }
    }

    fn authorization(method: reqwest::Method, url: &str) -> String {
        let mut request = reqwest::Request::new(method, url.parse().unwrap());
        let credentials = Credentials::new(KEY.0, KEY.1, None, None, "test");
        signed(&mut request, &of(), credentials, SystemTime::UNIX_EPOCH + Duration::from_secs(AT)).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20150830T123600Z");
        request.headers()["authorization"].to_str().unwrap().to_owned()
    }

    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        let head =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=";
        for (method, url, signature) in [
            (
                reqwest::Method::GET,
                "https://example.amazonaws.com/",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                reqwest::Method::POST,
                "https://example.amazonaws.com/",
                "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
            ),
            (
                reqwest::Method::GET,
                "https://example.amazonaws.com/?Param1=value1&Param2=value2",
                "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
            ),
        ] {
            assert_eq!(authorization(method, url), format!("{head}{signature}"), "{url}");
        }
    }

    #[test]
    fn a_session_has_its_token_in_what_is_signed() {
        let mut request = reqwest::Request::new(
            reqwest::Method::GET,
            "https://aps-workspaces.eu-west-3.amazonaws.com/".parse().unwrap(),
        );
        let credentials = Credentials::new(KEY.0, KEY.1, Some("session".into()), None, "test");
        signed(&mut request, &of(), credentials, SystemTime::UNIX_EPOCH + Duration::from_secs(AT)).unwrap();
        assert_eq!(request.headers()["x-amz-security-token"], "session");
        let said = request.headers()["authorization"].to_str().unwrap();
        assert!(said.contains("SignedHeaders=host;x-amz-date;x-amz-security-token"), "{said}");
    }

    /// What Amazon's servers do with a request that came: everything that was signed is put together anew, and the signature
    /// has to be the same.
    fn is_verified(method: &str, uri: &axum::http::Uri, headers: &axum::http::HeaderMap, body: &[u8]) -> bool {
        use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
        let header = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let said = header("authorization");
        let part = |name: &str| -> String {
            let found = said
                .split_once(name)
                .map(|(_, rest)| rest.split([',', ' ']).next().unwrap_or_default());
            found.unwrap_or_default().to_owned()
        };
        let (scope, names, signature) = (part("Credential="), part("SignedHeaders="), part("Signature="));
        let signed: String = names.split(';').map(|name| format!("{name}:{}\n", header(name))).collect();
        let mut pairs: Vec<&str> = uri.query().unwrap_or_default().split('&').collect();
        pairs.sort_unstable();
        let canonical = format!("{method}\n{}\n{}\n{signed}\n{names}\n{}", uri.path(), pairs.join("&"), hash(body));
        let scope = scope.split_once('/').map(|(_, scope)| scope.to_owned()).unwrap_or_default();
        let text = format!(
            "AWS4-HMAC-SHA256\n{}\n{scope}\n{}",
            header("x-amz-date"),
            hash(canonical.as_bytes())
        );
        let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%SZ", header("x-amz-date")).unwrap();
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
        let key = generate_signing_key(KEY.1, at.into(), "eu-west-3", "aps");
        !signature.is_empty() && calculate_signature(key, text.as_bytes()) == signature
    }

    fn hash(bytes: &[u8]) -> String {
        use sha2::Digest as _;
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[tokio::test]
    async fn a_server_that_verifies_signatures_takes_questions_by_path_and_by_form() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/workspaces/ws-1/", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(
            |method: axum::http::Method, uri: axum::http::Uri, headers: axum::http::HeaderMap, body: axum::body::Bytes| async move {
                match is_verified(method.as_str(), &uri, &headers, &body) {
                    true => axum::http::StatusCode::OK,
                    false => axum::http::StatusCode::FORBIDDEN,
                }
            },
        );
        let server = tokio::spawn(async move { axum::serve(listener, router).await });
        let of = SigV4 {
            region: "eu-west-3".into(),
            profile: String::new(),
            service: "aps".into(),
        };
        let ask = |secret: &'static str| {
            let (url, of) = (url.clone(), of.clone());
            async move {
                let mut codes = Vec::new();
                for (path, body) in [
                    ("api/v1/rules?type=alert", None),
                    ("api/v1/query_range", Some("query=up+%3E+0&step=15")),
                ] {
                    let client = super::super::client(Duration::from_secs(10)).unwrap();
                    let mut request = match body {
                        None => client.get(format!("{url}{path}")),
                        Some(body) => client
                            .post(format!("{url}{path}"))
                            .header("content-type", "application/x-www-form-urlencoded")
                            .body(body),
                    }
                    .build()
                    .unwrap();
                    let credentials = Credentials::new(KEY.0, secret, None, None, "test");
                    signed(&mut request, &of, credentials, SystemTime::now()).unwrap();
                    codes.push(client.execute(request).await.unwrap().status().as_u16());
                }
                codes
            }
        };
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        assert_eq!(ask(KEY.1).await, [200, 200]);
        assert_eq!(ask("another key").await, [403, 403], "the server does look");
        server.abort();
    }
}
