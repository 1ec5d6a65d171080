//! TLS with a look at the certificate: what it says is kept also where it is refused, so that the refusal can be named.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::config::probe::Tls;
use crate::model::{Certificate, Problem, ProblemKind, Time, clean, shorten};

/// The most names of a certificate that are kept.
const NAMES: usize = 20;

/// Whom this machine trusts, read once.
#[derive(Debug, Default)]
pub struct Trust {
    own: OnceLock<Arc<RootCertStore>>,
}

impl Trust {
    /// The machine's authorities.
    async fn own(self: &Arc<Self>) -> Arc<RootCertStore> {
        let this = self.clone();
        let read = move || {
            let read = || {
                let mut roots = RootCertStore::empty();
                roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
                Arc::new(roots)
            };
            this.own.get_or_init(read).clone()
        };
        match self.own.get() {
            Some(own) => own.clone(),
            None => tokio::task::spawn_blocking(read)
                .await
                .unwrap_or_else(|_| Arc::new(RootCertStore::empty())),
        }
    }

    /// Authorities for a probe: the machine's, and those of the file that it names.
    async fn roots(self: &Arc<Self>, tls: &Tls) -> Result<Arc<RootCertStore>, Problem> {
        let own = self.own().await;
        let Some(path) = &tls.ca else { return Ok(own) };
        let mut roots = (*own).clone();
        add(&mut roots, path)?;
        Ok(Arc::new(roots))
    }
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), Problem> {
    let wrong = |why: String| {
        let text = format!("{}: {why}", path.display());
        Problem::new(ProblemKind::Config, text).hint("tls.ca names a PEM file with the authorities to trust")
    };
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let certificates = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|_| wrong("not PEM".into()))?;
    match roots.add_parsable_certificates(certificates) {
        (0, _) => Err(wrong("no certificate in it".into())),
        _ => Ok(()),
    }
}

/// What was seen of the other side's certificate.
pub(super) type Shown = Arc<Mutex<Option<Certificate>>>;

/// The settings for one handshake, and where the certificate will be found after it.
pub(super) async fn settings(trust: &Arc<Trust>, tls: &Tls) -> Result<(Arc<ClientConfig>, Shown), Problem> {
    let roots = trust.roots(tls).await?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let inner = match roots.is_empty() {
        true => None,
        false => WebPkiServerVerifier::builder_with_provider(roots, provider.clone()).build().ok(),
    };
    let shown = Shown::default();
    let looker = Looker {
        inner,
        schemes: provider.signature_verification_algorithms.supported_schemes(),
        algorithms: provider.signature_verification_algorithms,
        is_lax: tls.insecure,
        shown: shown.clone(),
    };
    let wrong = |error: rustls::Error| Problem::new(ProblemKind::Tls, format!("no TLS here: {error}"));
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(looker))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((Arc::new(config), shown))
}

/// Verifies as usual, and keeps what it saw.
#[derive(Debug)]
struct Looker {
    /// `None` where this machine trusts nobody.
    inner: Option<Arc<WebPkiServerVerifier>>,
    schemes: Vec<SignatureScheme>,
    algorithms: rustls::crypto::WebPkiSupportedAlgorithms,
    /// Whether any certificate will do.
    is_lax: bool,
    shown: Shown,
}

impl ServerCertVerifier for Looker {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verified = match &self.inner {
            Some(inner) => inner.verify_server_cert(end_entity, intermediates, server_name, ocsp, now),
            None => Err(rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        let mut certificate = read(end_entity);
        if let Err(error) = &verified {
            certificate.fault = Some(fault(error, &certificate, &server_name.to_str()).into());
        }
        if let Ok(mut shown) = self.shown.lock() {
            *shown = Some(certificate);
        }
        match verified {
            Err(_) if self.is_lax => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}

/// What a certificate says.
fn read(der: &CertificateDer<'_>) -> Certificate {
    let Ok((_, parsed)) = X509Certificate::from_der(der) else {
        return Certificate::default();
    };
    let text = |name: &x509_parser::x509::X509Name<'_>| -> Box<str> {
        let common = name.iter_common_name().next().and_then(|name| name.as_str().ok());
        let text = common.map_or_else(|| name.to_string(), str::to_owned);
        clean(&shorten(&text, 120)).into_owned().into()
    };
    let names = parsed.subject_alternative_name().ok().flatten();
    let names = names.iter().flat_map(|extension| &extension.value.general_names);
    let names = names.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(clean(&shorten(name, 120)).into_owned().into()),
        GeneralName::IPAddress(bytes) => address(bytes),
        _ => None,
    });
    Certificate {
        subject: text(parsed.subject()),
        issuer: match parsed.subject() == parsed.issuer() {
            true => "itself".into(),
            false => text(parsed.issuer()),
        },
        names: names.take(NAMES).collect(),
        from: Time(parsed.validity().not_before.timestamp()),
        until: Time(parsed.validity().not_after.timestamp()),
        fault: None,
    }
}

fn address(bytes: &[u8]) -> Option<Box<str>> {
    let v4: Option<[u8; 4]> = bytes.try_into().ok();
    let v6: Option<[u8; 16]> = bytes.try_into().ok();
    let address = v4.map(std::net::IpAddr::from).or(v6.map(std::net::IpAddr::from))?;
    Some(address.to_string().into())
}

/// What is wrong with a certificate, in words that say what to do about it.
fn fault(error: &rustls::Error, certificate: &Certificate, host: &str) -> String {
    let day = |time: Time| time.to_string().get(..10).unwrap_or_default().to_owned();
    let rustls::Error::InvalidCertificate(error) = error else {
        return error.to_string();
    };
    let itself = &*certificate.issuer == "itself";
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => format!("it expired on {}", day(certificate.until)),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("it is not valid before {}", day(certificate.from))
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => match certificate.names.as_slice() {
            [] => format!("it names no host, and {host} was asked"),
            names => format!("it is for {}, not for {host}", names.join(", ")),
        },
        CertificateError::UnknownIssuer if itself => "it is self-signed".into(),
        CertificateError::UnknownIssuer => format!("its issuer, {}, is not trusted here", certificate.issuer),
        CertificateError::Revoked => "it was revoked".into(),
        // A self-signed one often says that it is an authority, and is refused for that first.
        _ if itself => "it is self-signed".into(),
        other => format!("it is not acceptable: {other}"),
    }
}

/// Why a handshake failed. The certificate says more than the error, where it is the reason.
pub(super) fn explain(error: &std::io::Error, shown: &Shown, at: &str) -> Problem {
    let refused = shown
        .lock()
        .ok()
        .and_then(|shown| shown.as_ref().and_then(|shown| shown.fault.clone()));
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let text = match (inner, refused) {
        (Some(rustls::Error::InvalidCertificate(_)), Some(fault)) => format!("the certificate of {at} is refused: {fault}"),
        (Some(rustls::Error::InvalidMessage(_)), _) => format!("{at} does not speak TLS (is it http?)"),
        (Some(rustls::Error::PeerIncompatible(_)), _) => format!("{at} offers no TLS that is still safe (1.2 or 1.3)"),
        (Some(rustls::Error::AlertReceived(alert)), _) => match alert {
            rustls::AlertDescription::ProtocolVersion => format!("{at} offers no TLS that is still safe (1.2 or 1.3)"),
            rustls::AlertDescription::HandshakeFailure => format!("{at} has no cipher or version of TLS in common with us"),
            rustls::AlertDescription::CertificateRequired | rustls::AlertDescription::AccessDenied => {
                format!("{at} asks for a client certificate")
            }
            rustls::AlertDescription::UnrecognisedName => format!("{at} does not know this host name"),
            other => format!("{at} refused the TLS handshake: {other:?}"),
        },
        (Some(other), _) => format!("TLS with {at} failed: {other}"),
        (None, _) if error.kind() == std::io::ErrorKind::UnexpectedEof => format!("{at} hung up during the TLS handshake"),
        (None, _) => format!("TLS with {at} failed: {error}"),
    };
    Problem::new(ProblemKind::Tls, text)
}
