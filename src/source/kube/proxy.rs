//! Which proxy a connection goes through: the kubeconfig's, else the environment's unless `NO_PROXY`
//! names the server, as kubectl decides it.

use std::net::IpAddr;

use http::Uri;

use crate::model::{Problem, ProblemKind};

/// The proxy variables of the environment (lower case wins over nothing, upper case over lower).
#[derive(Clone, Debug, Default)]
pub struct ProxyEnv {
    pub https: String,
    pub http: String,
    /// Comma-separated hosts, domains (`.example.org`), addresses and networks (`10.0.0.0/8`), or `*`.
    pub none: String,
}

impl ProxyEnv {
    /// Reads the variables of this process.
    pub fn read() -> Self {
        let var = |name: &str| {
            [name.to_owned(), name.to_lowercase()]
                .iter()
                .find_map(|n| std::env::var(n).ok().filter(|v| !v.trim().is_empty()))
                .unwrap_or_default()
        };
        Self {
            https: var("HTTPS_PROXY"),
            http: var("HTTP_PROXY"),
            none: var("NO_PROXY"),
        }
    }
}

/// The proxy for a server; `configured` is the cluster's `proxy-url` and counts before all else.
///
/// # Errors
/// The URL of the proxy cannot be read, or is of a kind that is not supported.
pub fn choose(server: &Uri, configured: Option<&str>, env: &ProxyEnv) -> Result<Option<Uri>, Problem> {
    let (text, origin) = match configured.filter(|p| !p.is_empty()) {
        Some(text) => (text, "proxy-url of the kubeconfig"),
        None if is_exempt(server, &env.none) => return Ok(None),
        None if server.scheme_str() == Some("http") => (env.http.as_str(), "HTTP_PROXY"),
        None => (env.https.as_str(), "HTTPS_PROXY"),
    };
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    // The text may hold a password, so it is never shown.
    let bad = |what: &str| Problem::new(ProblemKind::Config, format!("{origin} {what}")).hint("http://, https:// or socks5://");
    let full = match text.split_once("://") {
        None => format!("http://{text}"),
        // The client always lets a SOCKS proxy resolve names.
        Some(("socks5h", rest)) => format!("socks5://{rest}"),
        Some(_) => text.to_owned(),
    };
    let uri: Uri = full.parse().map_err(|_| bad("is not a URL"))?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some() => Ok(Some(uri)),
        _ => Err(bad("is not a proxy that can be used")),
    }
}

/// Whether `NO_PROXY` covers the server. This machine is never reached through a proxy.
fn is_exempt(server: &Uri, none: &str) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).to_lowercase();
    let address = host.parse::<IpAddr>().ok();
    if host == "localhost" || address.is_some_and(|a| a.is_loopback()) {
        return true;
    }
    let port = server
        .port_u16()
        .unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    none.split(',').map(|rule| rule.trim().to_lowercase()).any(|rule| {
        if rule.is_empty() {
            return false;
        }
        if rule == "*" {
            return true;
        }
        if let (Some((network, bits)), Some(address)) = (rule.split_once('/'), address) {
            return network.parse().is_ok_and(|n| bits.parse().is_ok_and(|b| contains(n, b, address)));
        }
        if let Ok(exempt) = rule.trim_matches(['[', ']']).parse::<IpAddr>() {
            return address == Some(exempt);
        }
        let (name, only) = match rule.rsplit_once(':') {
            Some((name, only)) => (name, only.parse::<u16>().ok()),
            None => (rule.as_str(), None),
        };
        if only.is_some_and(|p| p != port) {
            return false;
        }
        match name.strip_prefix("*.").or_else(|| name.strip_prefix('.')) {
            Some(domain) => host.strip_suffix(domain).is_some_and(|h| h.ends_with('.')),
            None => host == name || host.strip_suffix(name).is_some_and(|h| h.ends_with('.')),
        }
    })
}

fn contains(network: IpAddr, bits: u32, address: IpAddr) -> bool {
    match (network, address) {
        (IpAddr::V4(n), IpAddr::V4(a)) if bits <= 32 => (n.to_bits() ^ a.to_bits()).leading_zeros() >= bits,
        (IpAddr::V6(n), IpAddr::V6(a)) if bits <= 128 => (n.to_bits() ^ a.to_bits()).leading_zeros() >= bits,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_proxy_is_chosen() {
        let env = |none: &str| ProxyEnv {
            https: "proxy:3128".into(),
            http: String::new(),
            none: none.into(),
        };
        let table = [
            ("https://k.example.org", None, "", Some("http://proxy:3128/")),
            ("http://k.example.org", None, "", None),
            ("https://127.0.0.1:6443", None, "", None),
            ("https://[::1]:6443", None, "", None),
            ("https://k.example.org", Some("socks5h://s:1080"), "*", Some("socks5://s:1080/")),
            ("https://k.example.org", None, "*", None),
            ("https://k.example.org", None, "a.org, example.org,", None),
            ("https://k.example.org", None, ".example.org", None),
            ("https://example.org", None, ".example.org", Some("http://proxy:3128/")),
            ("https://kexample.org", None, "example.org", Some("http://proxy:3128/")),
            ("https://k.example.org:6443", None, "k.example.org:443", Some("http://proxy:3128/")),
            ("https://10.1.2.3:6443", None, "10.0.0.0/8", None),
            ("https://11.1.2.3:6443", None, "10.0.0.0/8,11.1.2.4", Some("http://proxy:3128/")),
            ("https://[fd00::5]", None, "fd00::/8", None),
        ];
        for (server, configured, none, proxy) in table {
            let chosen = choose(&server.parse().unwrap(), configured, &env(none)).unwrap();
            assert_eq!(chosen.map(|u| u.to_string()).as_deref(), proxy, "{server} {none}");
        }
        let server = "https://k.example.org".parse().unwrap();
        let problem = choose(&server, Some("ftp://user:secret@x"), &env("")).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Config);
        assert!(!problem.to_string().contains("secret"));
    }
}
