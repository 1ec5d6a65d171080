//! An address, fetched as `curl` would.

use std::time::Duration;

use reqwest::{Client, Method};

use super::shown;
use crate::action::ask::{Fetch, Heard};
use crate::model::{Problem, ProblemKind};
use crate::source::http::explain;

/// How long an answer may take where nobody says.
const PATIENCE: Duration = Duration::from_secs(10);
/// What is read of an answer (bytes).
const MOST: usize = 512 << 10;

pub async fn fetch(what: &Fetch) -> Result<Heard, Problem> {
    let url = match what.url.contains("://") {
        true => what.url.clone(),
        false => format!("http://{}", what.url),
    };
    let redirect = match what.follow {
        true => reqwest::redirect::Policy::limited(10),
        false => reqwest::redirect::Policy::none(),
    };
    let patience = what.timeout.map_or(PATIENCE, Duration::from_secs);
    let client = Client::builder()
        .redirect(redirect)
        .user_agent(concat!("quarterdeck/", env!("CARGO_PKG_VERSION")))
        .tls_danger_accept_invalid_certs(what.insecure)
        .timeout(patience)
        .build()
        .map_err(|error| Problem::new(ProblemKind::Tls, format!("no HTTPS client: {error}")))?;
    let method = if what.head { Method::HEAD } else { Method::GET };
    let mut request = client.request(method, &url);
    for (name, value) in &what.headers {
        request = request.header(name, value);
    }
    let mut response = match request.send().await {
        Ok(response) => response,
        // An answer, too: the service cannot be reached. The codes are curl's.
        Err(error) => {
            let problem = explain(&error, &url);
            return Ok(Heard {
                exit: Some(if error.is_timeout() { 28 } else { 7 }),
                stdout: write_out(&what.write_out, 0),
                stderr: problem.text.to_string(),
                ..Heard::default()
            });
        }
    };
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Ok(Some(piece)) = response.chunk().await {
        body.extend_from_slice(&piece);
        if body.len() > MOST {
            break;
        }
    }
    let failed = what.fail && status >= 400;
    let mut stdout = String::new();
    if what.body && !failed {
        stdout = shown(&body);
    }
    stdout.push_str(&write_out(&what.write_out, status));
    Ok(Heard {
        exit: Some(if failed { 22 } else { 0 }),
        stdout,
        stderr: if failed { format!("the answer is {status}") } else { String::new() },
        status: Some(status),
        ..Heard::default()
    })
}

fn write_out(template: &str, status: u16) -> String {
    let code = format!("{status:03}");
    template
        .replace("%{http_code}", &code)
        .replace("%{response_code}", &code)
        .replace("\\n", "\n")
}
