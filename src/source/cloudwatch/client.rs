//! The client of one place: its region, its credentials, and how long it waits.

use std::net::IpAddr;
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::config::{Builder, Credentials, Region, StalledStreamProtectionConfig};

use crate::config::CloudWatch;

/// To connect; for an attempt; for a question with its repeats.
const LIMITS: (Duration, Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(20), Duration::from_secs(45));
/// What a stand-in is signed for where nothing says a region.
const ANY_REGION: &str = "us-east-1";

/// A client with the credentials of the place: those of its profile, else of the usual chain (variables, profile, web
/// identity, container, instance). Nothing is asked yet; a profile that is not there is told with the first question.
pub async fn connect(place: &CloudWatch) -> Client {
    let region = Some(place.region.as_str()).filter(|region| !region.is_empty());
    let mut of_profile = ProfileFileRegionProvider::builder();
    if !place.profile.is_empty() {
        of_profile = of_profile.profile_name(&place.profile);
    }
    // The instance's region would be asked over the network: whoever means it writes it down.
    let region = RegionProviderChain::first_try(region.map(|region| Region::new(region.to_owned())))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(of_profile.build())
        .or_else(Region::new(ANY_REGION));
    let region = region.region().await;
    let (connect, attempt, whole) = LIMITS;
    let limits = TimeoutConfig::builder()
        .connect_timeout(connect)
        .operation_attempt_timeout(attempt)
        .operation_timeout(whole);
    // Throttling is honoured, and told, by those who ask: the client itself repeats only what broke on the way.
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .region(region.clone())
        .timeout_config(limits.build())
        .retry_config(RetryConfig::standard().with_max_attempts(2));
    if place.profile.is_empty() && is_here(&place.endpoint_url) {
        // A stand-in on this machine takes any credentials, also where there are none; an instance's are not for it.
        let configured = ProviderConfig::without_region().with_region(region);
        let variables = CredentialsProviderChain::first_try("Environment", EnvironmentVariableCredentialsProvider::new());
        let profile = ProfileFileCredentialsProvider::builder().configure(&configured).build();
        let identity = WebIdentityTokenCredentialsProvider::builder().configure(&configured).build();
        let any = Credentials::new("quarterdeck", "quarterdeck", None, None, "stand-in");
        let chain = variables.or_else("Profile", profile).or_else("WebIdentityToken", identity);
        loader = loader.credentials_provider(chain.or_else("StandIn", any));
    } else if !place.profile.is_empty() {
        // A profile that is named is meant, whatever the variables say.
        let provider = ProfileFileCredentialsProvider::builder()
            .profile_name(&place.profile)
            .configure(&ProviderConfig::without_region().with_region(region));
        loader = loader.profile_name(&place.profile).credentials_provider(provider.build());
    }
    let mut config = Builder::from(&loader.load().await)
        // A session without events is no stall; silence is looked after where the session is read.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if !place.endpoint_url.is_empty() {
        // For the logs alone: the credentials come from where they always do.
        config = config.endpoint_url(&place.endpoint_url);
    }
    Client::from_conf(config.build())
}

/// The address of a Live Tail without the prefix that the client puts before the host, where that host cannot exist: the
/// place is an address of its own or this machine. `None`: it is right as it is.
pub(super) fn without_prefix(uri: &str, place: &CloudWatch) -> Option<String> {
    let (scheme, rest) = uri.split_once("://stream-")?;
    let without = format!("{scheme}://{rest}");
    // An address of numbers, too, has no names below it.
    let numbers = reqwest::Url::parse(&without).is_ok_and(|url| url.host_str().is_some_and(|host| host.parse::<IpAddr>().is_ok()));
    (numbers || is_here(&without) || !place.endpoint_url.is_empty()).then_some(without)
}

/// Whether a URL leads to this machine.
fn is_here(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_of_ones_own_has_no_prefix_and_amazons_keeps_it() {
        let amazon = CloudWatch::default();
        let own = CloudWatch {
            endpoint_url: "https://logs.proxy.test".into(),
            ..CloudWatch::default()
        };
        let at = |uri, place| without_prefix(uri, place);
        assert_eq!(at("https://stream-logs.eu-west-3.amazonaws.com/", &amazon), None);
        assert_eq!(
            at("http://stream-127.0.0.1:4600/", &amazon).as_deref(),
            Some("http://127.0.0.1:4600/")
        );
        assert_eq!(
            at("https://stream-logs.proxy.test/", &own).as_deref(),
            Some("https://logs.proxy.test/")
        );
        assert_eq!(at("https://logs.proxy.test/", &own), None);
    }
}
