//! What the SDK says went wrong, as one plain sentence. Nothing here prints an error's debug form.

use std::error::Error;

use aws_sdk_cloudwatchlogs::config::http::HttpResponse;
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

use crate::config::CloudWatch;
use crate::model::{Problem, ProblemKind};
use crate::source::http::causes;

/// What was asked, of whom.
pub(super) struct Asked<'a> {
    /// The right that it needs: `logs:FilterLogEvents`.
    pub action: &'static str,
    /// The log group; empty where none is named.
    pub on: &'a str,
    pub place: &'a CloudWatch,
}

/// A failed question.
pub(super) fn of<E>(error: &SdkError<E, HttpResponse>, asked: &Asked<'_>) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let raw = error.raw_response();
    let body = raw.and_then(|raw| raw.body().bytes()).unwrap_or_default();
    let html = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<');
    if html {
        return not_amazon("a web page");
    }
    let status = raw.map(|raw| raw.status().as_u16());
    explain(error, status, asked)
}

/// A session that broke off.
pub(super) fn of_stream<E, R>(error: &SdkError<E, R>, asked: &Asked<'_>) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
{
    explain(error, None, asked)
}

fn explain<E, R>(error: &SdkError<E, R>, status: Option<u16>, asked: &Asked<'_>) -> Problem
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug + 'static,
{
    match error {
        SdkError::TimeoutError(_) => Problem::new(ProblemKind::TimedOut, format!("no answer from {} in time", host(asked.place))),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            Problem::new(ProblemKind::TimedOut, format!("no answer from {} in time", host(asked.place)))
        }
        SdkError::DispatchFailure(_) | SdkError::ConstructionFailure(_) => undelivered(error, asked),
        SdkError::ServiceError(service) => match service.err().meta().code() {
            Some(code) => said(code, service.err().meta().message().unwrap_or_default(), asked),
            None => match status {
                Some(status @ 500..) => Problem::new(ProblemKind::Server, format!("{} answered HTTP {status}", host(asked.place))),
                _ => not_amazon("something"),
            },
        },
        // The connection broke inside an answer, or the answer is no answer.
        _ if causes(error).any(|cause| cause.is::<std::io::Error>() || cause.to_string().contains("connection")) => {
            Problem::new(ProblemKind::Unreachable, format!("the connection to {} broke", host(asked.place)))
        }
        _ => not_amazon("something"),
    }
}

fn not_amazon(what: &str) -> Problem {
    Problem::new(ProblemKind::BadAnswer, format!("{what} answered that is not CloudWatch"))
        .hint("is it a proxy, a login page or another service?")
}

/// The refusals that the API knows.
fn said(code: &str, message: &str, asked: &Asked<'_>) -> Problem {
    let Asked { action, on, place } = asked;
    // `com.amazonaws.logs#ThrottlingException`, `ThrottlingException:http://…`
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    match code {
        "ThrottlingException" | "Throttling" | "ThrottledException" | "RequestLimitExceeded" | "TooManyRequestsException" => {
            Problem::new(ProblemKind::Throttled, format!("CloudWatch asks to slow down with {action}"))
        }
        "LimitExceededException" => Problem::new(
            ProblemKind::Throttled,
            format!("CloudWatch allows no more {action} at the same time"),
        ),
        "ExpiredTokenException" | "ExpiredToken" | "RequestExpired" | "TokenRefreshRequired" => {
            login(format!("the AWS session of {} has expired", who(place)), place)
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => login(format!("AWS does not accept the credentials of {}", who(place)), place),
        "AccessDeniedException" | "AccessDenied" | "UnauthorizedOperation" | "NotAuthorizedException" => {
            let as_whom = principal(message).map(|name| format!(" as {name}")).unwrap_or_default();
            let on = if on.is_empty() { String::new() } else { format!(" on {on}") };
            Problem::new(ProblemKind::Denied, format!("{action} is not allowed{on}{as_whom}"))
        }
        "ResourceNotFoundException" if !on.is_empty() && !message.contains("query") => {
            Problem::new(ProblemKind::NotFound, format!("there is no log group {on} in {}", region(place)))
        }
        "MalformedQueryException" => Problem::new(ProblemKind::Config, format!("the query is not understood: {}", brief(message))),
        "InvalidParameterException" | "ValidationException" => Problem::new(
            ProblemKind::Config,
            format!("CloudWatch does not take the question: {}", brief(message)),
        ),
        "InvalidOperationException" => Problem::new(
            ProblemKind::Config,
            format!("CloudWatch does not do {action} here: {}", brief(message)),
        )
        .hint("groups of the Infrequent Access class are read through Insights only"),
        _ => {
            let text = [code, brief(message)]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>();
            Problem::new(ProblemKind::Server, format!("CloudWatch: {}", text.join(": ")))
        }
    }
}

/// What never reached CloudWatch: no credentials, no way there.
fn undelivered<E, R>(error: &SdkError<E, R>, asked: &Asked<'_>) -> Problem
where
    E: Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let place = asked.place;
    let words: Vec<String> = causes(error).map(|cause| cause.to_string().to_lowercase()).collect();
    let any = |parts: &[&str]| words.iter().any(|text| parts.iter().any(|part| text.contains(part)));
    let io = || causes(error).find_map(|cause| cause.downcast_ref::<std::io::Error>());
    if !place.profile.is_empty() && any(&["was not defined", "no profiles were defined"]) {
        return Problem::new(ProblemKind::Config, format!("there is no {} in the AWS configuration", who(place)))
            .hint("see ~/.aws/config, or `profile` of cloudwatch in the configuration");
    }
    if any(&["sso token", "sso session", "sso credential", "sso oidc"]) {
        return match any(&["expired"]) {
            true => login(format!("the SSO session of {} has expired", who(place)), place),
            false => login(format!("there is no SSO session for {}", who(place)), place),
        };
    }
    if any(&["credential", "identity", "imds", "web identity", "assume"]) {
        return login(format!("no AWS credentials for {}", who(place)), place);
    }
    if any(&["region"]) && matches!(error, SdkError::ConstructionFailure(_)) {
        return Problem::new(ProblemKind::Config, "no AWS region is known").hint("add region to cloudwatch in the configuration");
    }
    let host = host(place);
    if io().is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
        return Problem::new(ProblemKind::Unreachable, format!("connection refused by {host}"));
    }
    if any(&["dns", "resolve", "lookup"]) {
        return Problem::new(ProblemKind::Unreachable, format!("no such host: {host}")).hint("check the name, the VPN and the resolver");
    }
    if any(&["certificate", "tls", "handshake"]) {
        return Problem::new(ProblemKind::Tls, format!("the TLS connection to {host} failed"));
    }
    Problem::new(ProblemKind::Unreachable, format!("no connection to {host}"))
}

fn login(text: String, place: &CloudWatch) -> Problem {
    let profile = match place.profile.as_str() {
        "" => String::new(),
        profile => format!(" --profile {profile}"),
    };
    Problem::new(ProblemKind::Login, text).hint(format!(":login, or aws sso login{profile}"))
}

/// `profile solia-prod`, `the default profile`
fn who(place: &CloudWatch) -> String {
    match place.profile.as_str() {
        "" => "the default profile".into(),
        profile => format!("profile {profile}"),
    }
}

fn region(place: &CloudWatch) -> &str {
    match place.region.as_str() {
        "" => host(place),
        region => region,
    }
}

/// The host as a person knows it.
fn host(place: &CloudWatch) -> &str {
    match place.endpoint_url.as_str() {
        "" if place.region.is_empty() => "CloudWatch",
        "" => &place.region,
        url => {
            let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
            rest.split('/').next().unwrap_or(rest)
        }
    }
}

/// `user/oncall` out of `User: arn:aws:iam::123456789012:user/oncall is not authorized to perform: …`
fn principal(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("User: ")?;
    let name = rest.split_whitespace().next()?;
    Some(name.rsplit(':').next().unwrap_or(name)).filter(|name| !name.is_empty())
}

/// A message without its ends.
fn brief(message: &str) -> &str {
    message.trim().trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_plain_sentences_with_what_to_do() {
        let place = CloudWatch {
            region: "eu-west-3".into(),
            profile: "solia-prod".into(),
            ..CloudWatch::default()
        };
        let asked = Asked {
            action: "logs:FilterLogEvents",
            on: "/solia/production/backend",
            place: &place,
        };
        let denial = "User: arn:aws:iam::123456789012:user/oncall is not authorized to perform: logs:FilterLogEvents";
        for (code, message, kind, text) in [
            (
                "ThrottlingException",
                "Rate exceeded",
                ProblemKind::Throttled,
                "CloudWatch asks to slow down with logs:FilterLogEvents",
            ),
            (
                "com.amazonaws.logs#ExpiredTokenException",
                "",
                ProblemKind::Login,
                "the AWS session of profile solia-prod has expired",
            ),
            (
                "AccessDeniedException",
                denial,
                ProblemKind::Denied,
                "logs:FilterLogEvents is not allowed on /solia/production/backend as user/oncall",
            ),
            (
                "ResourceNotFoundException",
                "The specified log group does not exist.",
                ProblemKind::NotFound,
                "there is no log group /solia/production/backend in eu-west-3",
            ),
            ("NewException", "What.", ProblemKind::Server, "CloudWatch: NewException: What"),
        ] {
            let problem = said(code, message, &asked);
            assert_eq!((problem.kind, &*problem.text), (kind, text));
        }
        let expired = said("ExpiredToken", "", &asked);
        assert_eq!(&*expired.hint, ":login, or aws sso login --profile solia-prod");
    }
}
