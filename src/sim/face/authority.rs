//! A certificate authority that lives as long as the simulation: kubectl sends no credentials over plain HTTP.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// Keys or certificates could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsFault {
    #[error("the simulation's certificates cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("the simulation's certificates cannot be used: {0}")]
    Tls(#[from] rustls::Error),
}

/// A certificate authority, and the certificate that it gave to the servers on loopback.
#[derive(Clone)]
pub struct Authority {
    pem: String,
    config: Arc<rustls::ServerConfig>,
}

impl Authority {
    /// Makes new keys, and certificates for `127.0.0.1` and `localhost`.
    ///
    /// # Errors
    /// The cryptography library refuses, which it has no reason to.
    pub fn new() -> Result<Self, TlsFault> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.distinguished_name.push(DnType::CommonName, "simulated platform");
        let pem = params.self_signed(&key)?.pem();
        let issuer = Issuer::new(params, key);

        let server_key = KeyPair::generate()?;
        let mut server = CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()])?;
        server.distinguished_name.push(DnType::CommonName, "localhost");
        server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        server.use_authority_key_identifier_extension = true;
        let certificate: CertificateDer<'static> = server.signed_by(&server_key, &issuer)?.der().clone();
        let server_key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(server_key.serialize_der()));

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], server_key)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self {
            pem,
            config: Arc::new(config),
        })
    }

    /// The authority's certificate, for the `certificate-authority-data` of a kubeconfig (before base64).
    pub fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn config(&self) -> Arc<rustls::ServerConfig> {
        Arc::clone(&self.config)
    }
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Authority")
    }
}
