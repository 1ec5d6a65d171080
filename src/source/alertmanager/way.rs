//! The way to one server: asked by path, answered with a body that is not too large and not a web page.

use reqwest::{Method, StatusCode};

use crate::config::Endpoint;
use crate::model::{Problem, ProblemKind};
use crate::source::http::{self, Door};

/// The largest answer that is read (bytes): tens of thousands of alerts.
const MOST: usize = 64 << 20;

/// A server that is asked.
#[derive(Clone, Debug)]
pub struct Way {
    door: Door,
    host: String,
}

/// What it answers.
#[derive(Clone, Debug)]
pub struct Answer {
    pub body: Vec<u8>,
    /// By how many seconds its clock is ahead of ours.
    pub ahead: i64,
}

impl Way {
    /// The way to a configured endpoint.
    pub fn to(endpoint: &Endpoint) -> Self {
        let host = reqwest::Url::parse(&endpoint.url).ok().and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        });
        Self {
            door: Door::new(endpoint.clone()),
            host: host.unwrap_or_else(|| endpoint.url.clone()),
        }
    }

    /// For what is no question: see [`crate::execute`].
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// `alertmanager.example.com:9093`
    pub fn host(&self) -> &str {
        &self.host
    }

    /// What stands at a path.
    ///
    /// # Errors
    /// There is no answer, or one that is no data.
    pub async fn get(&self, path: &str) -> Result<Answer, Problem> {
        let url = format!("{}{path}", self.door.url());
        let mut response = self.door.send(Method::GET, path, &[], None).await?;
        let status = response.status();
        let host = &self.host;
        if status.is_redirection() {
            let problem = Problem::new(
                ProblemKind::Login,
                format!("{host} sends us elsewhere: it wants a login, or its URL is another"),
            );
            return Err(problem.hint("a proxy with a login stands before it"));
        }
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
                .to_owned()
        };
        let is_page = header("content-type").starts_with("text/html");
        let ahead =
            jiff::fmt::rfc2822::parse(&header("date")).map_or(0, |date| date.timestamp().as_second() - jiff::Timestamp::now().as_second());
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(|error| http::explain(&error, &url))? {
            if body.len() + piece.len() > MOST {
                let text = format!("{host} answers with more than {} MiB", MOST >> 20);
                return Err(Problem::new(ProblemKind::BadAnswer, text));
            }
            body.extend_from_slice(&piece);
        }
        let starts_as_page = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
        let is_data = body.first() == Some(&b'{');
        match status {
            StatusCode::UNAUTHORIZED => Err(Problem::new(ProblemKind::Login, format!("{host} does not know us (401)"))),
            StatusCode::FORBIDDEN => Err(Problem::new(ProblemKind::Denied, format!("{host} does not let us (403)"))),
            StatusCode::NOT_FOUND => Err(Problem::new(ProblemKind::NotFound, format!("{host} has no {path}"))),
            _ if is_page || starts_as_page => {
                let problem = Problem::new(
                    ProblemKind::Login,
                    format!("{host} answers {} with a web page, not with data", status.as_u16()),
                );
                Err(problem.hint("a login proxy, or the URL of something else"))
            }
            // A Prometheus says in the body what is wrong.
            status if status.is_success() || is_data => Ok(Answer { body, ahead }),
            status => Err(Problem::new(ProblemKind::Server, format!("{host} answers {}", status.as_u16()))),
        }
    }
}
