use proptest::prelude::*;
use serde_json::json;

use super::*;

fn masked(mut value: Value) -> Value {
    mask_secret(&mut value);
    value
}

#[test]
fn a_secret_keeps_its_keys_and_sizes_only() {
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": "backend", "annotations": {LAST_APPLIED: "{\"data\":{\"a\":\"aHVudGVyMg==\"}}"}},
        "data": {"url": "cG9zdGdyZXM6Ly91OnBAaC9kYg==", "one": "QQ==", "odd": "%%%", "none": null},
        "stringData": {"plain": "hunter2"},
    });
    let out = masked(secret);
    assert_eq!(out["data"]["url"], "•••••• 19 bytes");
    assert_eq!(out["data"]["one"], "•••••• 1 byte");
    assert_eq!(out["data"]["odd"], "•••••• (not base64)");
    assert_eq!(out["data"]["none"], MASK);
    assert_eq!(out["stringData"]["plain"], "•••••• 7 bytes");
    assert_eq!(out["metadata"]["annotations"][LAST_APPLIED], "•••••• (holds secret values)");
    assert_eq!(masked(out.clone()), out, "masking again changes nothing");
}

#[test]
fn environment_variables_and_keys_are_masked_by_their_names() {
    let out = masked(json!({
        "kind": "Deployment",
        "metadata": {"annotations": {
            LAST_APPLIED: r#"{"spec":{"env":[{"name":"DB_PASSWORD","value":"hunter2"},{"name":"MODE","value":"live"}]}}"#,
            "checksum/secret": "0a1b2c",
        }},
        "spec": {
            "containers": [{
                "image": "repo/oauth-token:1.2.3",
                "args": ["--token", "s3cr3t", "--port", "80", "--db-password=hunter2"],
                "env": [
                    {"name": "DB_PASSWORD", "value": "hunter2"},
                    {"name": "API_TOKEN", "valueFrom": {"secretKeyRef": {"name": "backend-secret", "key": "token"}}},
                    {"name": "PASSWORD_FILE", "value": "/run/secrets/pw"},
                    {"name": "COPY_TOKEN", "value": "$(API_TOKEN)"},
                    {"name": "DATABASE_URL", "value": "postgres://app:hunter2@db:5432/app"},
                ],
            }],
            "imagePullSecrets": [{"name": "registry"}],
            "volumes": [{"secret": {"secretName": "backend-secret"}}],
            "automountServiceAccountToken": false,
            "adminPassword": 12345,
            "secrets": ["names-of-secrets"],
            "passwords": ["hunter2"],
        }
    }));
    let text = out.to_string();
    assert!(
        !text.contains("hunter2") && !text.contains("s3cr3t") && !text.contains("12345"),
        "{text}"
    );
    for kept in [
        "repo/oauth-token:1.2.3",
        "/run/secrets/pw",
        "$(API_TOKEN)",
        "postgres://app:••••••@db:5432/app",
        "\"secretName\":\"backend-secret\"",
        "names-of-secrets",
        "\"checksum/secret\":\"0a1b2c\"",
        r#"\"value\":\"live\""#,
        "\"--port\",\"80\"",
        "\"key\":\"token\"",
    ] {
        assert!(text.contains(kept), "{kept} is missing in {text}");
    }
    assert_eq!(masked(out.clone()), out);
}

#[test]
fn config_maps_are_masked_by_key_and_by_content() {
    let out = masked(json!({
        "kind": "ConfigMap",
        "data": {
            "LOG_LEVEL": "info",
            "SMTP_PASSWORD": "hunter2",
            "application.properties": "server.port=8080\ndb.password=hunter2 with & blanks\nname=x",
            "values.yaml": "db:\n  password: hunter2 and more\n  user: app\nenv:\n  - name: API_TOKEN\n    value: hunter2\n",
            "config.json": "{\"a\": {\"apiKey\" : \"hunter2\", \"port\": 80}}",
        },
        "binaryData": {"keystore": "aHVudGVyMg=="},
    }));
    let text = out.to_string();
    assert!(
        !text.contains("hunter2") && !text.contains("blanks") && !text.contains("more"),
        "{text}"
    );
    assert_eq!(out["data"]["LOG_LEVEL"], "info");
    assert_eq!(out["binaryData"]["keystore"], "•••••• 7 bytes");
    assert_eq!(
        out["data"]["application.properties"],
        "server.port=8080\ndb.password=••••••\nname=x"
    );
    assert!(out["data"]["config.json"].as_str().unwrap().contains("\"port\": 80"));
    assert_eq!(masked(out.clone()), out);
}

#[test]
fn what_was_a_name_or_a_flag_only_before_it_was_masked_is_none() {
    for value in [
        json!(["--<token>-----BEGIN PRIVATE KEY-----", 0]),
        json!({"name": "token=secret", "value": "plain"}),
    ] {
        let once = masked(value);
        assert_eq!(masked(once.clone()), once);
    }
}

#[test]
fn a_secret_inside_another_object_is_still_a_secret() {
    let out = masked(json!({"kind": "Template", "objects": [{"kind": "Secret", "data": {"a": "aHVudGVyMg=="}}]}));
    assert_eq!(out["objects"][0]["data"]["a"], "•••••• 7 bytes");
}

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl_-x";

#[test]
fn text_loses_its_secrets_and_nothing_else() {
    let jwt_line = format!("got {JWT} from x");
    for (text, want) in [
        ("GET /api/items/621 200 22ms", "GET /api/items/621 200 22ms"),
        ("connect postgres://app:p@ss@db:5432/x", "connect postgres://app:••••••@db:5432/x"),
        ("redis://:hunter2@redis:6379", "redis://:••••••@redis:6379"),
        ("http://backend:8080/a@b?x=1", "http://backend:8080/a@b?x=1"),
        (jwt_line.as_str(), "got •••••• from x"),
        ("id AKIAIOSFODNN7EXAMPLE used", "id •••••• used"),
        (
            "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
            "aws_secret_access_key = ••••••",
        ),
        ("Authorization: Bearer abc123def456", "Authorization: Bearer ••••••"),
        ("authorization: Basic dXNlcjpwYXNz", "authorization: Basic ••••••"),
        ("curl -H 'X-Api-Key: 0123456789'", "curl -H 'X-Api-Key: ••••••'"),
        (r#"{"password":"a\"b","user":"u"}"#, r#"{"password":"••••••","user":"u"}"#),
        (
            r#"{"m":"{\"token\":\"abc\",\"n\":1}"}"#,
            r#"{"m":"{\"token\":\"••••••\",\"n\":1}"}"#,
        ),
        ("POST /login?user=u&password=p&x=1", "POST /login?user=u&password=••••••&x=1"),
        ("x=password=hunter2", "x=password=••••••"),
        ("mysql --password hunter2 --port 3306", "mysql --password •••••• --port 3306"),
        ("password: hunter2", "password: ••••••"),
        ("level=info token=abc123 user=5", "level=info token=•••••• user=5"),
        ("<password>hunter2</password>", "<password>••••••</password>"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY----- after",
            "•••••• after",
        ),
        ("-----BEGIN PRIVATE KEY-----\\nMIIE cut", "••••••"),
        ("push ghp_0123456789abcdefghijABCDEFGHIJ456789", "push ••••••"),
        (
            "https://hooks.slack.com/services/T0/B0/xyz",
            "https://hooks.slack.com/services/••••••",
        ),
        ("Cookie: sid=abc123; theme=dark", "Cookie: ••••••"),
        ("set-cookie: sid=abc123; Path=/; HttpOnly", "set-cookie: ••••••"),
        (r#"{"cookie":"sid=abc123; a=b","n":1}"#, r#"{"cookie":"••••••","n":1}"#),
        (
            r#"{"set-cookie":["sid=abc123; Path=/","x=y7; HttpOnly"]}"#,
            r#"{"set-cookie":["••••••","x=••••••; HttpOnly"]}"#,
        ),
        ("stripe rk_live_51Hxxxxxxxxxxxx used", "stripe •••••• used"),
        ("hook whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "hook ••••••"),
        ("github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ", "••••••"),
        ("xapp-1-A0123456789-0123456789012-abcdef", "••••••"),
        ("glpat-abcdefghij0123456789", "••••••"),
        ("AKIAIOSFODNN7EXAMPLE wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY x", "•••••• •••••• x"),
        ("got IQoJb3JpZ2luX2VjEHYaCWV1LXdlc3QtMyJHMEUCIQD end", "got •••••• end"),
        ("sk-proj-abcdefghij0123456789", "••••••"),
        ("SG.abcdefghij0123456789.abcdefghij0123456789", "••••••"),
        ("a task-list and disk-01, risk-averse", "a task-list and disk-01, risk-averse"),
        ("cookies are enabled", "cookies are enabled"),
        (
            "/x?X-Amz-Date=1&X-Amz-Signature=abcdef0123",
            "/x?X-Amz-Date=1&X-Amz-Signature=••••••",
        ),
    ] {
        assert_eq!(mask_text(text), want);
    }
}

#[test]
fn messages_that_name_secrets_stay_readable() {
    for text in [
        r#"MountVolume.SetUp failed for volume "default-token-x9" : secret "backend-secrets" not found"#,
        r#"secrets "backend-secret" is forbidden: User "x" cannot get resource "secrets" in API group """#,
        r#"Successfully pulled image "registry/vault-secrets-webhook:1.2" in 3.1s"#,
        "couldn't find key password in Secret solia/backend",
        "invalid token: expected three segments",
        "not authorized to perform: secretsmanager:GetSecretValue on resource: arn:aws:secretsmanager:eu-west-3:123456789012:secret:db-AbCdEf",
        "failed to get secret: secret not found",
        "dial tcp: lookup token-service:8080: no such host",
        "error in secret/backend: not found",
        "token expired",
        "a bearer authentication scheme",
    ] {
        assert_eq!(mask_text(text), text);
    }
}

#[test]
fn a_private_key_is_hidden_over_all_its_lines_and_not_beyond() {
    let mut mask = LineMask::default();
    let lines = [
        "loading",
        "-----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkq",
        "INFO another thread says so.",
        "hkiG9w==",
        "-----END PRIVATE KEY-----",
        "loaded",
    ];
    let out: Vec<_> = lines.iter().map(|l| mask.mask(l).into_owned()).collect();
    assert_eq!(out[0], "loading");
    assert_eq!(out[2], MASK);
    assert_eq!(out[3], "INFO another thread says so.");
    assert_eq!(out[4], MASK);
    assert_eq!(out[6], "loaded");
    assert!(!out.concat().contains("MII"));
}

#[test]
fn the_patterns_of_the_user_are_masked_too() {
    let mask = Mask::new(&[r"cust-\d+", "pin (\\d{4})", "(", "x*"]);
    assert_eq!(
        mask.text("cust-17 typed pin 1234, token=abc1"),
        "•••••• typed pin ••••••, token=••••••"
    );
    assert_eq!(mask.text("nothing here"), "nothing here");
    let mut lines = LineMask::with(&mask);
    assert_eq!(lines.mask("for cust-9"), "for ••••••");
    let greedy = Mask::new(&[".", "•+", r"\S+ "]);
    let once = greedy.text("a b").into_owned();
    assert_eq!(greedy.text(&once), once);
}

/// Text made of the pieces that the rules look at, so that they meet in every order.
fn tricky() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "password",
            "token",
            "=",
            ":",
            ": ",
            " ",
            "\n",
            "\"",
            "'",
            "\\\"",
            "://",
            "u:",
            "@",
            "h",
            "eyJabcdefghi.abcdefg",
            "Bearer ",
            "authorization",
            "--",
            "secret",
            "-----BEGIN PRIVATE KEY-----",
            "-----END PRIVATE KEY-----",
            "name",
            "value",
            ",",
            "{",
            "}",
            "&",
            "<token>",
            "</",
            "AKIAIOSFODNN7EXAMPLE",
            MASK,
            "hunter2",
            "bytes",
            "é",
            "- ",
            "\\",
            "12 bytes",
            "api_key",
            "Cookie: ",
            "set-cookie",
            "a=b; ",
            "; HttpOnly",
            "[",
            "sk-",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ])
        .prop_map(String::from),
        "[a-z0-9]{1,4}",
    ];
    prop::collection::vec(piece, 0..14).prop_map(|p| p.concat())
}

fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        tricky(),
        prop::sample::select(vec![
            "kind",
            "data",
            "stringData",
            "name",
            "value",
            "metadata",
            "annotations",
            "password",
            LAST_APPLIED
        ])
        .prop_map(String::from)
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        Just(json!("Secret")),
        tricky().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_masked_once_and_for_all(text in prop_oneof![tricky(), any::<String>()]) {
        let once = mask_text(&text).into_owned();
        prop_assert_eq!(mask_text(&once), once.as_str());
    }

    #[test]
    fn any_text_is_masked_once_and_for_all_by_the_user(text in tricky(), pattern in prop::sample::select(vec![
        r"\d+", r"[a-z]+", "hunter2", "u:(.)", r"\w+=(\w*)", "é",
    ])) {
        let mask = Mask::new(&[pattern]);
        let once = mask.text(&text).into_owned();
        prop_assert_eq!(mask.text(&once), once.as_str());
    }

    #[test]
    fn any_object_is_masked_once_and_for_all(value in any_json()) {
        let once = masked(value);
        prop_assert_eq!(masked(once.clone()), once);
    }

    #[test]
    fn no_value_of_a_secret_survives(value in "[a-zA-Z0-9]{6,40}", key in "[a-z.]{1,12}") {
        let encoded = base64::engine::general_purpose::STANDARD.encode(&value);
        let applied = json!({"kind": "Secret", "data": {&key: &encoded}}).to_string();
        let out = masked(json!({
            "kind": "Secret", "data": {&key: &encoded}, "stringData": {&key: &value},
            "metadata": {"annotations": {LAST_APPLIED: applied}},
        })).to_string();
        prop_assert!(!out.contains(&encoded));
        prop_assert!(!out.replace(&key, "").contains(&value));
    }

    #[test]
    fn a_password_in_any_usual_place_is_gone(secret in "[A-Za-z]{4}[0-9]{2}[A-Za-z0-9]{2,20}", place in 0..7_usize) {
        let text = match place {
            0 => format!("db.password={secret}"),
            1 => format!("x {{\"apiKey\": \"{secret}\"}} y"),
            2 => format!("amqp://u:{secret}@host/v"),
            3 => format!("Authorization: Bearer {secret}"),
            4 => format!("a\n  clientSecret: {secret}\nb"),
            5 => format!("run --token {secret} --v"),
            _ => format!("PGPASSWORD='{secret}' psql"),
        };
        prop_assert!(!mask_text(&text).contains(&secret), "{}", mask_text(&text));
    }
}

#[test]
fn the_patterns_of_the_user_hide_what_they_mean_in_objects_too() {
    let mask = Mask::new(&[r"cust-\d+"]);
    let mut document = json!({
        "kind": "Pod",
        "metadata": {"annotations": {"owner": "of cust-42"}},
        "spec": {"containers": [{"args": ["--for", "cust-7"], "env": [{"name": "DB_PASSWORD", "value": "hunter2"}]}]},
    });
    mask.document(&mut document);
    let text = document.to_string();
    assert!(
        !text.contains("cust-42") && !text.contains("cust-7") && !text.contains("hunter2"),
        "{text}"
    );
    assert_eq!(document["metadata"]["annotations"]["owner"], format!("of {MASK}"));
}
