//! What came back from an endpoint: its body, or what is wrong with it as one sentence.

use reqwest::{Response, StatusCode};

use crate::model::{Problem, ProblemKind, clean, shorten};

/// Reads the body of an answer, up to so many bytes, whatever its status: services explain their errors there.
///
/// # Errors
/// A body that is too large, that breaks off, or that is a web page where data was expected: then a login proxy
/// stands before the service.
pub async fn read(mut response: Response, most: usize) -> Result<(StatusCode, Vec<u8>), Problem> {
    let status = response.status();
    let host = response.url().host_str().unwrap_or_default().to_owned();
    if status.is_redirection() {
        let target = response
            .headers()
            .get("location")
            .and_then(|to| to.to_str().ok())
            .unwrap_or_default();
        let target = reqwest::Url::parse(target).ok().and_then(|url| url.host_str().map(str::to_owned));
        let text = match target.filter(|target| *target != host) {
            Some(target) => format!("{host} sends us to {target}: it wants a login"),
            None => format!("{host} sends us elsewhere: it wants a login, or its URL is another"),
        };
        return Err(Problem::new(ProblemKind::Login, text).hint("give it bearer or basic in the configuration"));
    }
    let kind = response
        .headers()
        .get("content-type")
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let page = kind.starts_with("text/html");
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > most => {
                let text = format!("{host} answers with more than {} MiB", most >> 20);
                return Err(Problem::new(ProblemKind::BadAnswer, text).hint("ask for less"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) if error.is_timeout() => {
                return Err(Problem::new(ProblemKind::TimedOut, format!("the answer of {host} does not end")));
            }
            Err(_) => return Err(Problem::new(ProblemKind::BadAnswer, format!("the answer of {host} breaks off"))),
        }
    }
    let looks = body.iter().copied().find(|byte| !byte.is_ascii_whitespace()) == Some(b'<');
    if page || looks {
        let title = title(&body).map(|title| format!(" ({title})")).unwrap_or_default();
        let login = match status {
            StatusCode::OK | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => ProblemKind::Login,
            _ => ProblemKind::BadAnswer,
        };
        let text = format!("{host} answers {} with a web page{title}, not with data", status.as_u16());
        return Err(Problem::new(login, text).hint("a login proxy, or the URL of something else"));
    }
    Ok((status, body))
}

/// What a status says that the service does not explain itself; `None`: it is well.
pub fn mark_of(status: StatusCode, host: &str) -> Option<Problem> {
    let (kind, text) = match status.as_u16() {
        200..=299 => return None,
        401 => (ProblemKind::Login, format!("{host} does not take our credentials (401)")),
        403 => (ProblemKind::Denied, format!("{host} does not let us (403)")),
        404 => (ProblemKind::NotFound, format!("{host} does not have that path (404)")),
        429 => (ProblemKind::Throttled, format!("{host} asks us to slow down (429)")),
        code => (ProblemKind::Server, format!("{host} answers {code}")),
    };
    Some(Problem::new(kind, text))
}

/// The title of a web page.
fn title(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let lower = text.to_ascii_lowercase();
    let start = lower.find("<title")?;
    let start = start + lower.get(start..)?.find('>')? + 1;
    let end = start + lower.get(start..)?.find('<')?;
    let title = clean(text.get(start..end)?.trim()).into_owned();
    (!title.is_empty()).then(|| shorten(&title, 60).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::response::IntoResponse;

    async fn told(reply: fn() -> axum::response::Response, most: usize) -> Result<(StatusCode, Vec<u8>), Problem> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(move || async move { reply() });
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        let client = super::super::client(std::time::Duration::from_secs(5)).unwrap();
        let answer = read(client.get(&url).send().await.unwrap(), most).await;
        server.abort();
        answer
    }

    #[tokio::test]
    async fn a_login_page_a_redirect_and_a_flood_are_said_in_a_sentence() {
        let page = || ([("content-type", "text/html")], "<html><title>Sign in · Okta</title>").into_response();
        let problem = told(page, 1 << 20).await.unwrap_err();
        assert_eq!(
            &*problem.text,
            "127.0.0.1 answers 200 with a web page (Sign in · Okta), not with data"
        );
        assert_eq!(problem.kind, ProblemKind::Login);
        let away = || (StatusCode::FOUND, [("location", "https://login.example.com/x")]).into_response();
        let problem = told(away, 1 << 20).await.unwrap_err();
        assert_eq!(&*problem.text, "127.0.0.1 sends us to login.example.com: it wants a login");
        let flood = || vec![b'1'; 3 << 20].into_response();
        let problem = told(flood, 1 << 20).await.unwrap_err();
        assert_eq!(&*problem.text, "127.0.0.1 answers with more than 1 MiB");
        let error = || (StatusCode::BAD_REQUEST, "{\"error\":1}").into_response();
        assert_eq!(
            told(error, 1 << 20).await.unwrap(),
            (StatusCode::BAD_REQUEST, b"{\"error\":1}".to_vec())
        );
    }
}
