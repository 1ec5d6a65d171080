//! When credentials end, where they say so themselves, and how that reads in a sentence.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use x509_parser::pem::Pem;

use crate::model::Time;

/// The `exp` claim of a bearer token that is a JWT; never for any other token. The signature is not
/// looked at: this only tells a person when to expect the end.
pub fn of_token(token: &str) -> Time {
    let exp = || {
        let mut parts = token.trim().split('.');
        let (_, claims, _) = (parts.next()?, parts.next()?, parts.next()?);
        let claims = URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
        let claims: serde_json::Value = serde_json::from_slice(&claims).ok()?;
        let exp = claims.get("exp")?;
        exp.as_i64().or_else(|| exp.as_f64().map(|f| f as i64))
    };
    Time(exp().filter(|s| *s > 0).unwrap_or(0))
}

/// The end of the first certificate in PEM text; never if there is none that can be read.
pub fn of_certificate(pem: &[u8]) -> Time {
    let first = Pem::iter_from_buffer(pem).flatten().find(|p| p.label == "CERTIFICATE");
    let end = first.and_then(|p| p.parse_x509().ok().map(|c| c.validity().not_after.timestamp()));
    Time(end.unwrap_or(0))
}

/// The earlier of two ends, where a missing one does not count.
pub fn earlier(a: Time, b: Time) -> Time {
    match (a.is_known(), b.is_known()) {
        (true, true) => a.min(b),
        (true, false) => a,
        _ => b,
    }
}

/// `03:04` for a moment of the last or next hours, `2026-11-23 03:04` for one further away; UTC.
pub fn clock(at: Time, now: Time) -> String {
    let near = (at.0 - now.0).abs() < 12 * 3600;
    let format = if near { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    jiff::Timestamp::from_second(at.0).map_or_else(|_| "?".into(), |t| t.strftime(format).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwt_tells_its_end_and_other_tokens_do_not() {
        let jwt = |claims: &str| format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(of_token(&jwt(r#"{"exp":1700000000,"sub":"x"}"#)), Time(1_700_000_000));
        assert_eq!(of_token(&jwt(r#"{"exp":1700000000.5}"#)), Time(1_700_000_000));
        for token in [
            "",
            "opaque",
            "k8s-aws-v1.aHR0cHM",
            "a.b.c",
            &jwt(r#"{"exp":"soon"}"#),
            &jwt("{}"),
            &jwt(r#"{"exp":-5}"#),
        ] {
            assert_eq!(of_token(token), Time::NEVER, "{token}");
        }
    }

    #[test]
    fn a_certificate_tells_its_end() {
        let mut params = rcgen::CertificateParams::new(vec!["admin".to_owned()]).unwrap();
        params.not_after = rcgen::date_time_ymd(2031, 2, 3);
        let key = rcgen::KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        assert_eq!(of_certificate(pem.as_bytes()), Time::parse("2031-02-03T00:00:00Z"));
        // A key before the certificate, as some tools write them into one file.
        let both = format!("{}{pem}", key.serialize_pem());
        assert_eq!(of_certificate(both.as_bytes()), Time::parse("2031-02-03T00:00:00Z"));
        assert_eq!(
            of_certificate(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
            Time::NEVER
        );
        assert_eq!(of_certificate(b"garbage"), Time::NEVER);
    }

    #[test]
    fn the_end_reads_short_when_it_is_near() {
        let at = Time::parse("2026-11-23T03:04:05Z");
        assert_eq!(clock(at, at + 3600), "03:04");
        assert_eq!(clock(at, at + 86_400), "2026-11-23 03:04");
        assert_eq!(earlier(Time::NEVER, at), at);
        assert_eq!(earlier(at + 5, at), at);
    }
}
