//! Which credentials CloudWatch is asked with: `qd config check` before the simulated service, which sees who asks.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use axum::routing::{get, put};
use http::StatusCode;

use super::Run;
use crate::contract::cloudwatch::{Cloud, cloud};

/// A service in a runtime of its own: the test waits for another process.
struct Service {
    runtime: tokio::runtime::Runtime,
    cloud: Cloud,
}

fn service() -> Service {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let cloud = runtime.block_on(cloud());
    Service { runtime, cloud }
}

impl Service {
    /// Runs the check in this home with this AWS configuration; the report, and the access keys that were used.
    fn check(&self, home: &Path, place: &str, aws: &str, variables: &[(&str, &str)]) -> (String, Vec<String>) {
        std::fs::create_dir_all(home.join(".aws")).unwrap();
        std::fs::write(home.join(".aws/config"), aws).unwrap();
        let file = home.join("qd.toml");
        std::fs::write(&file, format!("[[environment]]\nname = \"lab\"\ncloudwatch = {{ {place} }}\n")).unwrap();
        let mut run = Run::new(home, &["config", "check", "--config", file.to_str().unwrap(), "--timeout", "20"]);
        for (name, value) in variables {
            run = run.variable(name, value);
        }
        let (_, out, err) = run.output(home);
        assert_eq!(err, "");
        let took = regex::Regex::new(r"\d+ ms").unwrap();
        let key = |text: &str| {
            text.split_once("Credential=")
                .map(|(_, rest)| rest.split('/').next().unwrap().to_owned())
        };
        let keys = self.cloud.desk().requests();
        let keys = keys
            .iter()
            .filter_map(|request| key(request.headers.get("authorization")?.to_str().ok()?));
        (took.replace(out.trim_end(), "N ms").into_owned(), keys.collect())
    }

    fn here(&self) -> String {
        format!("region = \"eu-west-3\", endpoint_url = \"{}\"", self.cloud.place().endpoint_url)
    }
}

const KEYS: &str = "[profile base]\naws_access_key_id = AKIDBASE\naws_secret_access_key = secret\n";

#[test]
fn a_profile_that_is_named_is_meant_whatever_the_variables_say() {
    let (service, home) = (service(), tempfile::tempdir().unwrap());
    let variables = [("AWS_ACCESS_KEY_ID", "AKIDVARIABLE"), ("AWS_SECRET_ACCESS_KEY", "secret")];
    let named = format!("profile = \"base\", {}", service.here());
    let (report, keys) = service.check(home.path(), &named, KEYS, &variables);
    assert_eq!(report, "lab  cloudwatch  ok  base/eu-west-3, N ms");
    assert_eq!(keys, ["AKIDBASE"]);
    let (_, keys) = service.check(home.path(), &service.here(), KEYS, &variables);
    assert_eq!(keys.last().unwrap(), "AKIDVARIABLE");
    let (_, keys) = service.check(home.path(), &service.here(), KEYS, &[("AWS_PROFILE", "base")]);
    assert_eq!(keys.last().unwrap(), "AKIDBASE");
    let (_, keys) = service.check(home.path(), &service.here(), "", &[]);
    assert_eq!(keys.last().unwrap(), "quarterdeck", "a stand-in takes any");
}

#[test]
fn without_credentials_a_sentence_says_what_to_do() {
    let (service, home) = (service(), tempfile::tempdir().unwrap());
    let sso = "[profile corp]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = oncall\nregion = eu-west-3\n\
               [sso-session corp]\nsso_region = eu-west-3\nsso_start_url = https://corp.awsapps.com/start\n\
               sso_registration_scopes = sso:account:access\n";
    for (profile, aws, sentence) in [
        (
            "corp",
            sso,
            "login needed  there is no SSO session for profile corp (:login, or aws sso login --profile corp)",
        ),
        (
            "nobody",
            KEYS,
            "misconfigured  there is no profile nobody in the AWS configuration (see ~/.aws/config, or `profile` of cloudwatch in the \
             configuration)",
        ),
    ] {
        let place = format!("profile = \"{profile}\", {}", service.here());
        let (report, keys) = service.check(home.path(), &place, aws, &[]);
        assert_eq!(report, format!("lab  cloudwatch  {sentence}"));
        assert!(keys.is_empty());
    }
    let cache = home.path().join(".aws/sso/cache");
    std::fs::create_dir_all(&cache).unwrap();
    let token =
        r#"{"accessToken": "x", "expiresAt": "2020-01-01T00:00:00Z", "region": "eu-west-3", "startUrl": "https://corp.awsapps.com/start"}"#;
    // Named by the SHA-1 of the session's name.
    std::fs::write(cache.join("ee0bfd2552fbd840c02cc48b6e823320543c450f.json"), token).unwrap();
    let (report, _) = service.check(home.path(), &format!("profile = \"corp\", {}", service.here()), sso, &[]);
    assert_eq!(
        report,
        "lab  cloudwatch  login needed  the SSO session of profile corp has expired (:login, or aws sso login --profile corp)"
    );
    let address = service.cloud.place().endpoint_url;
    let variables = [("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", address.as_str())];
    let (report, _) = service.check(home.path(), "region = \"eu-west-3\"", "", &variables);
    assert_eq!(
        report,
        "lab  cloudwatch  login needed  no AWS credentials for the default profile (:login, or aws sso login)"
    );
}

/// The metadata of an instance with a role.
fn instance(runtime: &tokio::runtime::Runtime) -> SocketAddr {
    const CREDENTIALS: &str = r#"{"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "ASIAINSTANCE", "SecretAccessKey": "secret",
        "Token": "token", "LastUpdated": "2026-11-28T00:00:00Z", "Expiration": "2046-11-28T00:00:00Z"}"#;
    let token = || async { ([("x-aws-ec2-metadata-token-ttl-seconds", "21600")], "token") };
    let routes = Router::new()
        .route("/latest/api/token", put(token))
        .route("/latest/meta-data/iam/security-credentials/", get(|| async { "oncall" }))
        .route("/latest/meta-data/iam/security-credentials/oncall", get(|| async { CREDENTIALS }))
        .fallback(|| async { StatusCode::NOT_FOUND });
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    })
}

#[test]
fn on_an_instance_its_role_is_asked_for() {
    let (service, home) = (service(), tempfile::tempdir().unwrap());
    let metadata = format!("http://{}", instance(&service.runtime));
    let address = service.cloud.place().endpoint_url;
    let variables = [
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", address.as_str()),
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.as_str()),
    ];
    let (report, keys) = service.check(home.path(), "region = \"eu-west-3\"", "", &variables);
    assert_eq!(report, "lab  cloudwatch  ok  eu-west-3, N ms");
    assert_eq!(keys, ["ASIAINSTANCE"]);
}

/// Roles that a real STS hands out, before the service that sees who asks. `sts` is its address.
pub fn roles(sts: &str) {
    let (service, home) = (service(), tempfile::tempdir().unwrap());
    let deputy =
        format!("{KEYS}[profile deputy]\nrole_arn = arn:aws:iam::123456789012:role/oncall\nsource_profile = base\nregion = eu-west-3\n");
    let place = format!("profile = \"deputy\", {}", service.here());
    let (report, keys) = service.check(home.path(), &place, &deputy, &[("AWS_ENDPOINT_URL_STS", sts)]);
    assert_eq!(report, "lab  cloudwatch  ok  deputy/eu-west-3, N ms");
    assert!(
        keys.last().unwrap().starts_with("ASIA") || keys.last().unwrap().starts_with("LSIA"),
        "{keys:?}"
    );
    let token = home.path().join("token");
    std::fs::write(&token, "a.b.c").unwrap();
    let variables = [
        ("AWS_ENDPOINT_URL_STS", sts),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().unwrap()),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/pod"),
        ("AWS_ROLE_SESSION_NAME", "qd"),
    ];
    let before = keys.len();
    let (report, keys) = service.check(home.path(), &service.here(), "", &variables);
    assert!(report.starts_with("lab  cloudwatch  ok"), "{report}");
    assert!(keys.len() > before && keys.last().unwrap() != "quarterdeck", "{keys:?}");
}

/// What is there is printed, and that is all: a group that nobody follows has an end.
#[test]
fn the_lines_of_groups_are_printed_by_pattern() {
    let service = service();
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("qd.toml");
    let here = service.here();
    std::fs::write(&file, format!("[[environment]]\nname = \"lab\"\ncloudwatch = {{ {here} }}\n")).unwrap();
    let logs =
        |group: &str| Run::new(home.path(), &["logs", "--config", file.to_str().unwrap(), "--since", "2m", group]).output(home.path());
    let (code, out, err) = logs("cloudwatch:/solia/*/backend");
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.lines().count() > 100 && out.contains("request completed"), "{out}");
    let (code, out, err) = logs("cloudwatch:/nobody/");
    assert_eq!((code, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("no log group fits /nobody/"), "{err}");
}
