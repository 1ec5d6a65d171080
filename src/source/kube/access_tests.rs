//! From a kubeconfig to a real connection: what is told when TLS or the address is wrong, what
//! counts as a credential.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;

use super::*;
use crate::source::kube::client::{self, Compression};
use crate::source::kube::{discovery, fault};

/// A TLS server for one name whose certificate is its own authority; it only shakes hands.
fn server(name: &str, end: i32) -> (SocketAddr, String) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(end, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], secret)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (mut tls, mut stream) = (rustls::ServerConnection::new(config.clone()).unwrap(), stream);
            let _ = rustls::Stream::new(&mut tls, &mut stream).read(&mut [0; 64]);
        }
    });
    (address, certificate.pem())
}

fn cluster(server: String, authority: &str) -> Cluster {
    Cluster {
        server: Some(server),
        certificate_authority_data: (!authority.is_empty()).then(|| STANDARD.encode(authority)),
        ..Cluster::default()
    }
}

fn target(cluster: Cluster, user: AuthInfo) -> Target {
    Target {
        cluster,
        user,
        user_name: "u".into(),
        cluster_name: "c".into(),
        context_name: "x".into(),
    }
}

async fn told(cluster: Cluster) -> String {
    let access = of_target(target(cluster, AuthInfo::default())).await.ok().unwrap();
    let client = client::build(&access, Compression::On).unwrap();
    let problem = discovery::version(&client, Duration::from_secs(20)).await.unwrap_err();
    fault::at(problem, "k").to_string()
}

#[tokio::test]
async fn failures_to_connect_are_told_apart() {
    let ((address, own), (_, other), (_, namesake)) = (server("127.0.0.1", 2040), server("other", 2040), server("127.0.0.1", 2040));
    let url = format!("https://{address}");
    assert_eq!(
        told(cluster(url.clone(), &other)).await,
        "k: the server's certificate is signed by an unknown authority (certificate-authority in the kubeconfig?)"
    );
    // A cluster that was made anew under the same name.
    assert_eq!(
        told(cluster(url.clone(), &namesake)).await,
        "k: the server's certificate has a bad signature (certificate-authority of another cluster?)"
    );
    let misnamed = Cluster {
        tls_server_name: Some("kubernetes".into()),
        ..cluster(url, &own)
    };
    assert_eq!(
        told(misnamed).await,
        "k: the server's certificate is for 127.0.0.1, not for kubernetes (tls-server-name?)"
    );
    let (expired, authority) = server("127.0.0.1", 2021);
    assert_eq!(
        told(cluster(format!("https://{expired}"), &authority)).await,
        "k: the server's certificate expired on 2021-01-01"
    );

    // A port where nobody listens, one that speaks plain HTTP, and a name that cannot exist.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(told(cluster(format!("https://{free}"), &own)).await, "connection refused by k");
    let plain = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = plain.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(plain, axum::Router::new().fallback(|| async { "<html>" })).await });
    assert_eq!(
        told(cluster(format!("https://{address}"), &own)).await,
        "k: the server does not speak TLS here (http:// instead of https://, or another port?)"
    );
    let html = "k: the server answered HTML, not Kubernetes JSON (is the URL a proxy or a login page?)";
    assert_eq!(told(cluster(format!("http://{address}"), "")).await, html);
    assert_eq!(
        told(cluster("https://k.invalid".into(), &own)).await,
        "k cannot be resolved (VPN or DNS?)"
    );
}

#[tokio::test]
async fn a_trusted_server_gets_as_far_as_http() {
    let (address, own) = server("kubernetes", 2040);
    let good = Cluster {
        tls_server_name: Some("kubernetes".into()),
        ..cluster(format!("https://{address}"), &own)
    };
    assert_eq!(told(good).await, "k: the connection was cut", "the handshake itself succeeds");
}

#[tokio::test]
async fn credentials_are_settled_from_data_and_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        Some(path.display().to_string())
    };
    let here = || cluster("k.example:6443".into(), "");
    let mut user = AuthInfo {
        token_file: file("token", "abc\n"),
        ..AuthInfo::default()
    };
    let (kind, _) = settle(&mut user, &here()).await.unwrap();
    assert_eq!(
        (kind, exposed_token(&user).as_deref()),
        (CredentialKind::Token, Some("abc")),
        "a line end is no part of a token"
    );

    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["u".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2031, 1, 1);
    let pem = params.self_signed(&key).unwrap().pem();
    let user = AuthInfo {
        client_certificate: file("crt", &pem),
        client_key: file("key", &key.serialize_pem()),
        ..AuthInfo::default()
    };
    let access = of_target(target(here(), user.clone())).await.ok().unwrap();
    assert_eq!(
        (access.credential, access.expires),
        (CredentialKind::Certificate, Time::parse("2031-01-01T00:00:00Z"))
    );
    assert_eq!(
        (&*access.host, access.config.cluster_url.scheme_str()),
        ("k.example:6443", Some("http"))
    );
    client::build(&access, Compression::On).unwrap();

    let fails = async |user: AuthInfo| settle(&mut user.clone(), &here()).await.unwrap_err().to_string();
    let keyless = AuthInfo {
        client_key: None,
        ..user.clone()
    };
    assert_eq!(fails(keyless).await, "the kubeconfig has a client-certificate but no client-key");
    let gone = AuthInfo {
        client_key: Some("/nonexistent/key".into()),
        ..user
    };
    assert_eq!(fails(gone).await, "cannot read the client-key /nonexistent/key: it does not exist");
    let legacy = serde_json::from_str(r#"{"auth-provider": {"name": "gcp"}}"#).unwrap();
    assert!(
        fails(legacy)
            .await
            .starts_with("the kubeconfig's auth-provider gcp is not supported")
    );
}
